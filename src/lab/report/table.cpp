#include "lab/report/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <set>

#include "lab/axis_grid.hpp"
#include "lab/report/forgetting_table.hpp"

namespace ftl::lab::report {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double number(std::size_t count) {
  return static_cast<double>(count);
}

const std::vector<Column>& accuracy_columns() {
  static const std::vector<Column> columns{{"seeds", "seeds", Unit::count},
                                           {"accuracy", "accuracy", Unit::fraction},
                                           {"accuracy_std", "std", Unit::fraction},
                                           {"accuracy_ci95", "95 % ±", Unit::fraction}};
  return columns;
}

template <class Value>
void append(std::vector<Value>& values, const std::vector<Value>& more) {
  values.insert(values.end(), more.begin(), more.end());
}

void append_numbers(std::vector<Field>& values, std::initializer_list<double> numbers) {
  values.insert(values.end(), numbers.begin(), numbers.end());
}

void append_accuracy(std::vector<Field>& row, const RunFolder& run) {
  append_numbers(
      row, {number(run.accuracy.values.size()), run.accuracy.mean, run.accuracy.std, run.accuracy.ci95});
}

Table runs_table(const Report& report) {
  Table table{"runs", "Runs", {{"run", "run"}, {"recipe", "recipe"}, {"dataset", "dataset"}}, {}};
  append(table.columns, {{"epochs", "epochs", Unit::number}, {"batch", "batch", Unit::count}});
  append(table.columns, accuracy_columns());
  append(table.columns, {{"accuracy_plain", "plain", Unit::fraction},
                         {"load_seconds", "load s", Unit::seconds},
                         {"init_seconds", "init s", Unit::seconds},
                         {"train_seconds", "train s", Unit::seconds},
                         {"eval_seconds", "eval s", Unit::seconds},
                         {"total_seconds", "total s", Unit::seconds},
                         {"tflops", "TFLOP/s", Unit::number},
                         {"fraction_of_peak", "of peak", Unit::fraction},
                         {"peak_memory_bytes", "memory, bytes", Unit::number},
                         {"folder", "folder"}});
  for (const RunFolder& run : report.runs) {
    std::vector<Field> row{run.label, run.recipe, run.dataset};
    const auto known = [&](double value) { return run.finished ? value : kNone; };
    append_numbers(row, {known(run.epochs), known(run.batch)});
    append_accuracy(row, run);
    append_numbers(row, {run.accuracy_plain.mean, known(run.seconds.load), known(run.seconds.init),
                         known(run.seconds.train), known(run.seconds.eval), known(run.seconds.total),
                         known(run.tflops), known(run.fraction_of_peak), known(run.peak_memory_bytes)});
    row.emplace_back(run.folder.string());
    table.rows.push_back(std::move(row));
  }
  return table;
}

// What the cell has on this axis; a random search has settings and no coordinates.
Field position(const ReportedExperiment& experiment, const ExperimentCell& cell, std::size_t index) {
  const ExperimentAxis& axis = experiment.plan.axes[index];
  if (!cell.coordinates.empty()) return axis.values[static_cast<std::size_t>(cell.coordinates[index])];
  const auto setting = cell.settings.find(axis.key);
  return setting == cell.settings.end() ? Field("") : Field(setting->second);
}

std::vector<Field> cell_fields(const Report& report, const ReportedExperiment& experiment,
                               std::size_t index) {
  const ExperimentCell& cell = experiment.plan.cells[index];
  std::vector<Field> row{cell.name};
  for (std::size_t axis = 0; axis < experiment.plan.axes.size(); ++axis) {
    row.push_back(position(experiment, cell, axis));
  }
  const RunFolder* run = finished_run(report, experiment, index);
  if (run == nullptr) return row;
  append_accuracy(row, *run);
  row.emplace_back(run->seconds.train);
  if (const auto& difference = experiment.differences[index]) {
    append_numbers(row, {difference->accuracy.mean, difference->accuracy.ci95, difference->train_seconds.mean,
                         difference->train_seconds.ci95});
  }
  return row;
}

Table cells_table(const Report& report, std::size_t index) {
  const ReportedExperiment& experiment = report.experiments[index];
  Table table{fmt::format("experiment-{}", index + 1),
              fmt::format("{} of {}: {}", experiment.plan.kind, experiment.plan.recipe, experiment.label),
              {{"cell", "cell"}},
              {}};
  for (const ExperimentAxis& axis : experiment.plan.axes) table.columns.push_back({axis.key, axis.label});
  append(table.columns, accuracy_columns());
  table.columns.push_back({"train_seconds", "train s", Unit::seconds});
  const auto is_known = [](const auto& difference) { return difference.has_value(); };
  if (std::ranges::any_of(experiment.differences, is_known)) {
    append(table.columns, {{"difference", "points", Unit::points},
                           {"difference_ci95", "points 95 % ±", Unit::fraction},
                           {"train_seconds_difference", "train s more", Unit::seconds},
                           {"train_seconds_difference_ci95", "train s 95 % ±", Unit::seconds}});
  }
  for (std::size_t cell = 0; cell < experiment.plan.cells.size(); ++cell) {
    table.rows.push_back(cell_fields(report, experiment, cell));
    table.rows.back().resize(table.columns.size(), kNone);
  }
  return table;
}

Table comparison_table(const Comparison& comparison, std::size_t index) {
  Table table{fmt::format("comparison-{}", index + 1),
              fmt::format("{} less {}, paired by seed", comparison.first.label, comparison.second.label),
              {{"of", "of"},
               {"pairs", "pairs", Unit::count},
               {"difference", "difference", Unit::number},
               {"low", "95 % from", Unit::number},
               {"high", "to", Unit::number},
               {"paired_p_value", "paired t-test p", Unit::number},
               {"welch_p_value", "Welch's test p", Unit::number},
               {"always_valid_p_value", "p valid at any time", Unit::number}},
              {}};
  const auto add = [&](const char* name, const Difference& difference, double scale, double welch,
                       double always) {
    append_numbers(table.rows.emplace_back(1, name),
                   {static_cast<double>(comparison.pairs), scale * difference.mean, scale * difference.low(),
                    scale * difference.high(), difference.p_value, welch, always});
  };
  add("accuracy, points", comparison.accuracy, 100, comparison.accuracy_welch.p_value,
      comparison.always_valid_p_value);
  add("training, seconds", comparison.train_seconds, 1, kNone, kNone);
  return table;
}

Table law_table(const PowerLaw& law, std::size_t index) {
  Table table{fmt::format("law-{}", index + 1),
              "Law of the best cells: error = floor + scale * PFLOP^-exponent",
              {{"points", "points", Unit::count},
               {"floor", "floor", Unit::fraction},
               {"scale", "scale", Unit::number},
               {"exponent", "exponent", Unit::number},
               {"residual", "off by, of the error", Unit::fraction}},
              {}};
  append_numbers(table.rows.emplace_back(), {static_cast<double>(law.points), law.floor,
                                             law.error_at(1e15) - law.floor, law.exponent, law.residual});
  return table;
}

Table confusion_table(const Predictions& predictions) {
  Table table{"confusion",
              "Test pictures by class (row) and what they were taken for (column)",
              {{"class", "class"}},
              {}};
  for (const std::string& name : predictions.class_names) table.columns.push_back({name, name, Unit::count});
  for (std::size_t truth = 0; truth < predictions.confusion.size(); ++truth) {
    std::vector<Field> row{predictions.class_names[truth]};
    for (const std::int64_t pictures : predictions.confusion[truth]) {
      row.emplace_back(static_cast<double>(pictures));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table mistakes_table(const Predictions& predictions) {
  Table table{"mistakes",
              "The most confidently wrong test pictures",
              {{"picture", "picture", Unit::count},
               {"class", "class"},
               {"taken_for", "taken for"},
               {"confidence", "confidence", Unit::fraction}},
              {}};
  for (const WrongPicture& picture : predictions.most_confidently_wrong) {
    table.rows.push_back(
        {static_cast<double>(picture.index), predictions.class_names[static_cast<std::size_t>(picture.truth)],
         predictions.class_names[static_cast<std::size_t>(picture.predicted)], picture.confidence});
  }
  return table;
}

// What the runs were made on; of several like each other the first is named.
Table environments_table(const Report& report) {
  Table table{"environments", "Environments", {{"run", "run"}}, {}};
  std::set<std::vector<std::pair<std::string, std::string>>> seen;
  for (const RunFolder& run : report.runs) {
    if (!seen.insert(run.environment).second) continue;
    std::vector<Field>& row = table.rows.emplace_back(1, run.label);
    for (const auto& [key, value] : run.environment) {
      if (table.rows.size() == 1) table.columns.push_back({key, key});
      row.emplace_back(value);
    }
    row.resize(table.columns.size(), "");
  }
  return table;
}

struct GridFigure {
  Column column;
  double (*value)(const RunFolder&);
  OfOthers of_others;
};

Table grid(const Report& report, const ReportedExperiment& experiment, const AxisPair& pair,
           const GridFigure& figure) {
  std::vector<double> figures;
  for (std::size_t cell = 0; cell < experiment.plan.cells.size(); ++cell) {
    const RunFolder* run = finished_run(report, experiment, cell);
    figures.push_back(run == nullptr ? kNone : figure.value(*run));
  }
  const AxisGrid shown{experiment.plan, pair, figures, figure.of_others};
  const ExperimentAxis& rows = experiment.plan.axes[pair.down];
  const ExperimentAxis& columns = experiment.plan.axes[pair.across];
  Table table{"", grid_title(figure.column.title, shown), {{rows.key, rows.label}}, {}};
  for (const std::string& name : columns.values) table.columns.push_back({name, name, figure.column.unit});
  const std::vector<std::vector<double>> values = on_grid(shown);
  for (std::size_t row = 0; row < rows.values.size(); ++row) {
    std::vector<Field>& fields = table.rows.emplace_back(1, rows.values[row]);
    fields.insert(fields.end(), values[row].begin(), values[row].end());
  }
  return table;
}

}  // namespace

std::vector<Table> tables_of(const Report& report) {
  std::vector<Table> tables{runs_table(report)};
  for (std::size_t i = 0; i < report.experiments.size(); ++i) {
    const ReportedExperiment& experiment = report.experiments[i];
    tables.push_back(cells_table(report, i));
    if (experiment.comparison) tables.push_back(comparison_table(*experiment.comparison, i));
    if (experiment.law) tables.push_back(law_table(*experiment.law, i));
  }
  if (const RunFolder* run = forgetting_run(report)) {
    tables.push_back(forgetting_by_class(run->forgetting.back()));
  }
  if (report.predictions) {
    tables.push_back(confusion_table(*report.predictions));
    tables.push_back(mistakes_table(*report.predictions));
  }
  tables.push_back(environments_table(report));
  return tables;
}

Table epochs_table(const Report& report) {
  Table table{"epochs", "Epochs", {{"run", "run"}, {"epoch", "epoch", Unit::number}}, {}};
  for (const Metric& metric : metrics()) {
    const Unit unit = metric.key.ends_with("accuracy") ? Unit::fraction : Unit::number;
    table.columns.push_back({std::string(metric.key), std::string(metric.title), unit});
  }
  table.columns.push_back({"total_seconds", "train s", Unit::seconds});
  for (const RunFolder& run : report.runs) {
    for (const EpochFigures& epoch : run.curve) {
      std::vector<Field> row{run.label, epoch.epoch};
      for (const Metric& metric : metrics()) row.emplace_back((epoch.*metric.figure).mean);
      row.emplace_back(epoch.seconds);
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

std::vector<Table> grids_of(const Report& report) {
  std::vector<Table> grids;
  const GridFigure figures[] = {{{"accuracy", "Accuracy", Unit::fraction},
                                 [](const RunFolder& run) { return run.accuracy.mean; },
                                 OfOthers::highest},
                                {{"train_seconds", "Seconds of training", Unit::seconds},
                                 [](const RunFolder& run) { return run.seconds.train; },
                                 OfOthers::mean}};
  for (const ReportedExperiment& experiment : report.experiments) {
    for (const AxisPair& pair : axis_pairs(experiment.plan.axes)) {
      for (const GridFigure& figure : figures) grids.push_back(grid(report, experiment, pair, figure));
    }
  }
  return grids;
}

}  // namespace ftl::lab::report
