#include "lab/experiment_results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/json_file.hpp"
#include "lab/csv.hpp"
#include "lab/randomized_blocks.hpp"
#include "lab/sample_json.hpp"

namespace ftl::lab {
namespace {

std::string fields(const Sample& sample) {
  return fmt::format(",{},{},{}", csv_field(sample.mean), csv_field(sample.std), csv_field(sample.ci95));
}

std::string fields(const Difference& difference) {
  return fmt::format(",{},{}", csv_field(difference.mean), csv_field(difference.ci95));
}

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr Difference kUnknown{kNone, kNone, kNone, kNone, kNone};

// A figure of the runs that did not fail, by seed.
using BySeed = std::map<std::uint64_t, double>;
using Figure = double (*)(const train::RunResult&);

BySeed by_seed(const std::vector<train::RunResult>& runs, Figure figure) {
  BySeed values;
  for (const train::RunResult& run : runs) {
    if (!run.failed) values[run.seed] = figure(run);
  }
  return values;
}

// Rows over the seeds that all of them have.
std::vector<std::vector<double>> table_of(const std::vector<BySeed>& all) {
  std::vector<std::vector<double>> rows(all.size());
  if (all.empty()) return rows;
  for (const auto& [seed, ignored] : all.front()) {
    if (!std::ranges::all_of(all, [of = seed](const BySeed& values) { return values.contains(of); }))
      continue;
    for (std::size_t row = 0; row < all.size(); ++row) rows[row].push_back(all[row].at(seed));
  }
  return rows;
}

// Of the cells in which no run failed, for a trick that is missed may make runs fail; of what all cells have
// where there are no two such cells.
ResidualNoise noise_of(const std::vector<CellResult>& results, Figure figure) {
  std::vector<BySeed> complete, all;
  for (const CellResult& result : results) {
    const BySeed values = by_seed(result.runs, figure);
    if (values.size() == result.runs.size()) complete.push_back(values);
    if (!values.empty()) all.push_back(values);
  }
  return residual_noise(table_of(complete.size() > 1 ? complete : all));
}

Difference difference_of(const CellResult& cell, const CellResult& reference, Figure figure,
                         const ResidualNoise& noise) {
  const auto pairs = table_of({by_seed(cell.runs, figure), by_seed(reference.runs, figure)});
  return difference_with_noise(pairs[0], pairs[1], noise);
}

// Null where the cell is compared with none.
const CellResult* reference_of(const ExperimentDescription& description, const ExperimentCell& cell,
                               const std::vector<CellResult>& results) {
  const bool step_by_step = description.kind == kCumulativeKind;
  const ExperimentCell* wanted = nullptr;
  for (const ExperimentCell& other : description.cells) {
    const bool itself = other.folder == cell.folder;
    if (itself && (step_by_step || other.baseline)) break;
    if (!itself && (step_by_step || other.baseline)) wanted = &other;
  }
  if (wanted == nullptr) return nullptr;
  const auto found =
      std::ranges::find(results, wanted->folder, [](const CellResult& result) { return result.cell.folder; });
  return found == results.end() ? nullptr : &*found;
}

void add_differences(const ExperimentDescription& description, std::vector<CellResult>& results) {
  const Figure accuracy = [](const train::RunResult& run) { return run.accuracy; };
  const Figure seconds = [](const train::RunResult& run) { return run.seconds.train; };
  const ResidualNoise accuracy_noise = noise_of(results, accuracy);
  const ResidualNoise seconds_noise = noise_of(results, seconds);
  for (CellResult& result : results) {
    const CellResult* reference = reference_of(description, result.cell, results);
    if (reference == nullptr) continue;
    result.difference = {difference_of(result, *reference, accuracy, accuracy_noise),
                         difference_of(result, *reference, seconds, seconds_noise)};
  }
}

}  // namespace

std::vector<CellResult> load_results(const std::filesystem::path& folder,
                                     const ExperimentDescription& description) {
  std::vector<CellResult> results;
  for (const ExperimentCell& cell : description.cells) {
    if (auto runs = load_cell(folder / cell.folder, description.runs)) {
      results.push_back({.cell = cell, .runs = *runs, .figures = figures_of(*runs)});
    }
  }
  add_differences(description, results);
  return results;
}

double accuracy_to_rank(const CellResult& result) {
  const double mean = result.figures.accuracy.mean;
  return std::isnan(mean) ? -std::numeric_limits<double>::infinity() : mean;
}

const CellResult* best_cell(const std::vector<CellResult>& results) {
  const auto best = std::ranges::max_element(results, {}, accuracy_to_rank);
  return best == results.end() || best->figures.accuracy.values.empty() ? nullptr : &*best;
}

double mean_flop(const std::vector<train::RunResult>& runs) {
  double sum = 0;
  int count = 0;
  for (const train::RunResult& run : runs) {
    if (run.failed) continue;
    sum += run.flop;
    ++count;
  }
  return sum / count;
}

std::string results_json(const std::filesystem::path& folder, const ExperimentDescription& description,
                         const std::vector<CellResult>& results) {
  Json json = Json::parse(to_json(description));
  json["folder"] = folder.string();
  for (std::size_t i = 0; i < results.size(); ++i) {
    Json& cell = json["cells"][i];
    cell["accuracy"] = json_of(results[i].figures.accuracy);
    cell["seconds"] = json_of(results[i].figures.train_seconds);
    cell["flop"] = mean_flop(results[i].runs);
    cell["failed_runs"] = results[i].figures.failed;
    if (const auto& difference = results[i].difference) {
      cell["difference"] = {{"accuracy", json_of(difference->accuracy)},
                            {"seconds", json_of(difference->train_seconds)}};
    }
  }
  return json_text(json);
}

std::string results_csv(const ExperimentDescription& description, const std::vector<CellResult>& results) {
  std::string text = "cell";
  for (const ExperimentAxis& axis : description.axes) text += "," + csv_field(axis.label);
  text +=
      ",runs,failed,flop,accuracy_mean,accuracy_std,accuracy_ci95,accuracy_difference,"
      "accuracy_difference_ci95,seconds_mean,seconds_std,seconds_ci95,seconds_difference,"
      "seconds_difference_ci95\n";
  for (const CellResult& result : results) {
    text += csv_field(result.cell.name);
    for (const ExperimentAxis& axis : description.axes) {
      const auto value = result.cell.settings.find(axis.key);
      text += "," + (value == result.cell.settings.end() ? "" : csv_field(value->second));
    }
    const CellDifference difference = result.difference.value_or(CellDifference{kUnknown, kUnknown});
    text += fmt::format(",{},{},{}{}{}{}{}\n", result.runs.size(), result.figures.failed,
                        csv_field(mean_flop(result.runs)), fields(result.figures.accuracy),
                        fields(difference.accuracy), fields(result.figures.train_seconds),
                        fields(difference.train_seconds));
  }
  return text;
}

}  // namespace ftl::lab
