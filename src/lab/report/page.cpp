#include "lab/report/page.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "base/error.hpp"
#include "base/json.hpp"
#include "lab/report/embedded_page.hpp"
#include "lab/report/table.hpp"

namespace ftl::lab::report {
namespace {

constexpr std::size_t kRecipeTexts = 20;  // shown in full, different ones

// Six digits are more than a chart shows; a thousand runs in full would be some megabytes more.
Json rounded(double value) {
  if (!std::isfinite(value)) return nullptr;
  return std::stod(fmt::format("{:.6g}", value));
}

Json json_of(const Sample& sample) {
  Json values = Json::array();
  for (const double value : sample.values) values.push_back(rounded(value));
  return {{"mean", rounded(sample.mean)},
          {"std", rounded(sample.std)},
          {"ci95", rounded(sample.ci95)},
          {"values", values}};
}

Json json_of(const Difference& difference) {
  return {{"mean", rounded(difference.mean)}, {"ci95", rounded(difference.ci95)}};
}

Json curve_json(const RunFolder& run) {
  Json epochs = Json::array(), seconds = Json::array();
  for (const EpochFigures& epoch : run.curve) {
    epochs.push_back(rounded(epoch.epoch));
    seconds.push_back(rounded(epoch.seconds));
  }
  Json curve{{"epoch", epochs}, {"seconds", seconds}};
  for (const Metric& metric : metrics()) {
    Json mean = Json::array(), low = Json::array(), high = Json::array();
    bool known = false;
    for (const EpochFigures& epoch : run.curve) {
      const Band& band = epoch.*metric.figure;
      known = known || std::isfinite(band.mean);
      mean.push_back(rounded(band.mean));
      low.push_back(rounded(band.low));
      high.push_back(rounded(band.high));
    }
    if (known) curve[std::string(metric.key)] = {{"mean", mean}, {"low", low}, {"high", high}};
  }
  return curve;
}

Json json_of(const RunFolder& run) {
  return {{"label", run.label},
          {"folder", run.folder.string()},
          {"recipe", run.recipe},
          {"finished", run.finished},
          {"dataset", run.dataset},
          {"evaluated_on", run.evaluated_on},
          {"runs", run.runs},
          {"failed_runs", run.failed_runs},
          {"seeds", run.seeds},
          {"accuracy", json_of(run.accuracy)},
          {"seconds",
           {{"load", rounded(run.seconds.load)},
            {"init", rounded(run.seconds.init)},
            {"train", rounded(run.seconds.train)},
            {"eval", rounded(run.seconds.eval)}}},
          {"flop_per_run", rounded(run.flop_per_run)},
          {"curve", curve_json(run)}};
}

Json cell_json(const ReportedExperiment& experiment, std::size_t index) {
  const ExperimentCell& cell = experiment.plan.cells[index];
  Json json{{"name", cell.name},
            {"settings", Json(cell.settings)},
            {"coordinates", cell.coordinates},
            {"baseline", cell.baseline},
            {"run", nullptr}};
  if (experiment.runs[index]) json["run"] = *experiment.runs[index];
  if (const auto& difference = experiment.differences[index]) {
    json["difference"] = json_of(difference->accuracy);
    json["seconds_difference"] = json_of(difference->train_seconds);
  }
  return json;
}

Json json_of(const PowerLaw& law) {
  return {{"floor", rounded(law.floor)},
          {"scale", rounded(law.scale)},
          {"exponent", rounded(law.exponent)},
          {"residual", rounded(law.residual)},
          {"points", law.points}};
}

Json json_of(const ReportedExperiment& experiment) {
  Json axes = Json::array(), cells = Json::array();
  for (const ExperimentAxis& axis : experiment.plan.axes) {
    axes.push_back({{"key", axis.key},
                    {"label", axis.label},
                    {"values", axis.values},
                    {"logarithmic", axis.logarithmic}});
  }
  for (std::size_t cell = 0; cell < experiment.plan.cells.size(); ++cell) {
    cells.push_back(cell_json(experiment, cell));
  }
  return {{"label", experiment.label},
          {"folder", experiment.folder.string()},
          {"kind", experiment.plan.kind},
          {"recipe", experiment.plan.recipe},
          {"law", experiment.law ? json_of(*experiment.law) : Json(nullptr)},
          {"axes", axes},
          {"cells", cells}};
}

// The loss and accuracy of each epoch by age, of the best run that has measured it.
Json forgetting_json(const Report& report) {
  const RunFolder* run = forgetting_run(report);
  if (run == nullptr) return nullptr;
  Json epochs = Json::array();
  for (const train::ForgettingRecord& record : run->forgetting) {
    Json loss = Json::array(), accuracy = Json::array();
    for (const train::GroupScore& score : record.by_age) {
      loss.push_back(rounded(score.loss));
      accuracy.push_back(rounded(score.accuracy));
    }
    epochs.push_back(
        {{"epoch", rounded(record.epoch)},
         {"loss", loss},
         {"accuracy", accuracy},
         {"unseen", {{"loss", rounded(record.unseen.loss)}, {"accuracy", rounded(record.unseen.accuracy)}}}});
  }
  return {{"run", run->label}, {"epochs", epochs}};
}

std::string base64(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // ends in a zero, too
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

Json json_of(const Predictions& predictions) {
  Json wrong = Json::array();
  for (const WrongPicture& picture : predictions.most_confidently_wrong) {
    wrong.push_back({{"index", picture.index},
                     {"truth", picture.truth},
                     {"predicted", picture.predicted},
                     {"confidence", rounded(picture.confidence)},
                     {"image", "data:image/png;base64," + base64(picture.png)}});
  }
  return {{"checkpoint", predictions.checkpoint},
          {"dataset", predictions.dataset},
          {"pictures", predictions.pictures},
          {"accuracy", rounded(predictions.accuracy)},
          {"classes", predictions.class_names},
          {"confusion", predictions.confusion},
          {"wrong", wrong}};
}

const char* name(Unit unit) {
  constexpr std::array<const char*, 6> kNames{"text", "count", "fraction", "points", "number", "seconds"};
  return kNames[static_cast<std::size_t>(unit)];
}

Json json_of(const Table& table) {
  Json columns = Json::array(), rows = Json::array();
  for (const Column& column : table.columns) {
    columns.push_back({{"key", column.key}, {"title", column.title}, {"unit", name(column.unit)}});
  }
  for (const std::vector<Field>& row : table.rows) {
    Json& fields = rows.emplace_back(Json::array());
    for (const Field& field : row) {
      const auto* text = std::get_if<std::string>(&field);
      fields.push_back(text != nullptr ? Json(*text) : rounded(std::get<double>(field)));
    }
  }
  return {{"key", table.key}, {"title", table.title}, {"columns", columns}, {"rows", rows}};
}

// The different texts of recipes, with the first run that has each; a sweep's cells are told apart by their
// settings already.
Json recipes_json(const Report& report) {
  Json recipes = Json::array();
  std::set<std::string> seen;
  for (const RunFolder& run : report.runs) {
    if (seen.size() == kRecipeTexts) break;
    if (seen.insert(run.recipe_toml).second) {
      recipes.push_back({{"run", run.label}, {"toml", run.recipe_toml}});
    }
  }
  return recipes;
}

// The different environments, with how many runs were made in each.
Json environments_json(const Report& report) {
  std::vector<std::pair<std::vector<std::pair<std::string, std::string>>, int>> found;
  for (const RunFolder& run : report.runs) {
    auto same = std::ranges::find(found, run.environment, [](const auto& entry) { return entry.first; });
    if (same == found.end()) same = found.insert(found.end(), {run.environment, 0});
    ++same->second;
  }
  Json environments = Json::array();
  for (const auto& [environment, runs] : found) {
    Json values = Json::object();
    for (const auto& [key, value] : environment) values[key] = value;
    environments.push_back({{"runs", runs}, {"values", values}});
  }
  return environments;
}

void replace(std::string& text, std::string_view mark, std::string_view with) {
  text.replace(text.find(mark), mark.size(), with);
}

}  // namespace

std::string page_data(const Report& report) {
  Json json{{"format", "ftl-report"},          {"version", 1},
            {"runs", Json::array()},           {"experiments", Json::array()},
            {"metrics", Json::array()},        {"tables", Json::array()},
            {"predictions", nullptr},          {"predictions_missing", report.predictions_missing},
            {"recipes", recipes_json(report)}, {"environments", environments_json(report)}};
  for (const RunFolder& run : report.runs) json["runs"].push_back(json_of(run));
  for (const ReportedExperiment& experiment : report.experiments) {
    json["experiments"].push_back(json_of(experiment));
  }
  for (const Metric& metric : metrics()) {
    json["metrics"].push_back({{"key", metric.key}, {"title", metric.title}});
  }
  json["forgetting"] = forgetting_json(report);
  for (const Table& table : tables_of(report)) json["tables"].push_back(json_of(table));
  if (report.predictions) json["predictions"] = json_of(*report.predictions);
  // Names of folders need not be UTF-8; JSON must be.
  return json.text();
}

std::string page(const Report& report) {
  const EmbeddedPage parts = embedded_page();
  if (parts.chart_js.empty()) {
    throw RunError(
        "this ftl was built without Chart.js, which draws the page (Debian: libjs-chart.js); "
        "--text and --csv work without it");
  }
  std::string data = page_data(report);
  // "</script>" or "<!--" in a name must not end or change the element that the data is in.
  for (std::size_t at = 0; (at = data.find('<', at)) != std::string::npos;) data.replace(at, 1, "\\u003c");
  std::string html(parts.html);
  // The data last: it may hold anything.
  replace(html, "{{style}}", parts.style);
  replace(html, "{{library}}", parts.chart_js);
  replace(html, "{{script}}", parts.script);
  replace(html, "{{data}}", data);
  return html;
}

}  // namespace ftl::lab::report
