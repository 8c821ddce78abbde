#include "lab/experiment_results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "lab/randomized_blocks.hpp"

namespace ftl::lab {
namespace {

// Quoted where it must be (RFC 4180).
std::string field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char character : text) quoted += character == '"' ? "\"\"" : std::string(1, character);
  return quoted + "\"";
}

std::string field(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : "";
}

std::string fields(const Sample& sample) {
  return fmt::format(",{},{},{}", field(sample.mean), field(sample.std), field(sample.ci95));
}

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
    if (!std::ranges::all_of(all, [&](const BySeed& values) { return values.contains(seed); })) continue;
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

std::string results_csv(const ExperimentDescription& description, const std::vector<CellResult>& results) {
  std::string text = "cell";
  for (const ExperimentAxis& axis : description.axes) text += "," + field(axis.label);
  text += ",runs,failed,accuracy_mean,accuracy_std,accuracy_ci95,seconds_mean,seconds_std,seconds_ci95\n";
  for (const CellResult& result : results) {
    text += field(result.cell.name);
    for (const ExperimentAxis& axis : description.axes) {
      const auto value = result.cell.settings.find(axis.key);
      text += "," + (value == result.cell.settings.end() ? "" : field(value->second));
    }
    text += fmt::format(",{},{}{}{}\n", result.runs.size(), result.figures.failed,
                        fields(result.figures.accuracy), fields(result.figures.train_seconds));
  }
  return text;
}

}  // namespace ftl::lab
