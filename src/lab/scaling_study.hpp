// What a recipe reaches with other widths and lengths of training (`ftl scale`), and the law in it.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "lab/experiment_results.hpp"
#include "lab/power_law.hpp"

namespace ftl::lab {

inline constexpr const char* kScaleKind = "scale";
inline constexpr const char* kWidthKey = "network.width";
inline constexpr const char* kEpochsKey = "train.epochs";

// The mean of a cell's runs.
struct ScalePoint {
  double width = 0;
  double epochs = 0;
  double flop = 0;  // of the training
  double seconds = 0;
  double accuracy = 0;
  bool best = false;  // no other point is more accurate with as much FLOP or less
};

// Every width with every number of epochs.
std::vector<ExperimentCell> scale_cells(const std::vector<ExperimentAxis>& axes);

// In the order of FLOP; cells without a run that succeeded are left out.
std::vector<ScalePoint> scale_points(std::span<const CellResult> results);

// The error over FLOP of the best points; nothing with fewer than kPowerLawPoints of them.
std::optional<PowerLaw> law_of_best(std::span<const ScalePoint> points);

// The error over epochs of one width; nothing with fewer than kPowerLawPoints of them.
std::optional<PowerLaw> law_of_width(std::span<const ScalePoint> points, double width);

// results_json (lab/experiment_results.hpp) with the `law` of the best points: floor, scale (for FLOP),
// exponent, residual and points; null where there is none.
std::string study_json(const std::filesystem::path& folder, const ExperimentDescription& description,
                       const std::vector<CellResult>& results);

// The points of a finished study. Throws InputError naming the folder when it holds none, or one that is not
// done, or of another recipe.
std::vector<ScalePoint> load_scaling_study(const std::filesystem::path& folder, const std::string& recipe);

}  // namespace ftl::lab
