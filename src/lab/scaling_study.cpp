#include "lab/scaling_study.hpp"

#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "base/json_file.hpp"

namespace ftl::lab {
namespace {

ScalePoint point_of(const CellResult& result) {
  return {.width = std::stod(result.cell.settings.at(kWidthKey)),
          .epochs = std::stod(result.cell.settings.at(kEpochsKey)),
          .flop = mean_flop(result.runs),
          .seconds = result.figures.train_seconds.mean,
          .accuracy = result.figures.accuracy.mean};
}

template <class Spent, class Taken>
std::optional<PowerLaw> fit(std::span<const ScalePoint> points, Spent spent, Taken taken) {
  std::vector<PowerLawPoint> of_law;
  for (const ScalePoint& point : points) {
    if (taken(point)) of_law.push_back({.spent = spent(point), .error = 1 - point.accuracy});
  }
  if (of_law.size() < static_cast<std::size_t>(kPowerLawPoints)) return std::nullopt;
  return fit_power_law(of_law);
}

}  // namespace

std::vector<ExperimentCell> scale_cells(const std::vector<ExperimentAxis>& axes) {
  const ExperimentAxis& width = axes.at(0);
  const ExperimentAxis& epochs = axes.at(1);
  std::vector<ExperimentCell> cells;
  for (std::size_t w = 0; w < width.values.size(); ++w) {
    for (std::size_t e = 0; e < epochs.values.size(); ++e) {
      cells.push_back(
          {.name = fmt::format("{}={} {}={}", width.label, width.values[w], epochs.label, epochs.values[e]),
           .folder = cell_folder(cells.size()),
           .settings = {{width.key, width.values[w]}, {epochs.key, epochs.values[e]}},
           .coordinates = {static_cast<int>(w), static_cast<int>(e)}});
    }
  }
  return cells;
}

std::vector<ScalePoint> scale_points(std::span<const CellResult> results) {
  std::vector<ScalePoint> points;
  for (const CellResult& result : results) {
    if (!result.figures.accuracy.values.empty()) points.push_back(point_of(result));
  }
  std::ranges::sort(points, {}, &ScalePoint::flop);
  double reached = -1;
  for (ScalePoint& point : points) {
    point.best = point.accuracy > reached;
    reached = std::max(reached, point.accuracy);
  }
  return points;
}

std::optional<PowerLaw> law_of_best(std::span<const ScalePoint> points) {
  return fit(
      points, [](const ScalePoint& point) { return point.flop; },
      [](const ScalePoint& point) { return point.best; });
}

std::optional<PowerLaw> law_of_width(std::span<const ScalePoint> points, double width) {
  return fit(
      points, [](const ScalePoint& point) { return point.epochs; },
      [width](const ScalePoint& point) { return point.width == width; });
}

std::string study_json(const std::filesystem::path& folder, const ExperimentDescription& description,
                       const std::vector<CellResult>& results) {
  auto json = Json::parse(results_json(folder, description, results));
  json["law"] = nullptr;
  if (const std::optional<PowerLaw> law = law_of_best(scale_points(results))) {
    json["law"] = {{"floor", law->floor},
                   {"scale", law->scale},
                   {"exponent", law->exponent},
                   {"residual", law->residual},
                   {"points", law->points}};
  }
  return json_text(json);
}

std::vector<ScalePoint> load_scaling_study(const std::filesystem::path& folder, const std::string& recipe) {
  const ExperimentDescription description = load_experiment(folder);
  if (description.kind != kScaleKind) {
    throw InputError("{}: holds an experiment of ftl {}, not of ftl scale", folder.string(),
                     description.kind);
  }
  if (description.recipe != recipe) {
    throw InputError("{}: is the scaling study of {}, not of {}", folder.string(), description.recipe,
                     recipe);
  }
  std::vector<ScalePoint> points = scale_points(load_results(folder, description));
  if (points.size() < description.cells.size()) {
    throw InputError(
        "{}: the scaling study is not done: {} of {} cells; ftl scale with the same --out goes on",
        folder.string(), points.size(), description.cells.size());
  }
  return points;
}

}  // namespace ftl::lab
