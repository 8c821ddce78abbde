#include "lab/experiment_results.hpp"

#include <fmt/format.h>

#include <cmath>

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

}  // namespace

std::vector<CellResult> load_results(const std::filesystem::path& folder,
                                     const ExperimentDescription& description) {
  std::vector<CellResult> results;
  for (const ExperimentCell& cell : description.cells) {
    if (auto runs = load_cell(folder / cell.folder, description.runs)) {
      results.push_back({.cell = cell, .runs = *runs, .figures = figures_of(*runs)});
    }
  }
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
