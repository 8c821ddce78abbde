#include "cli/experiment_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "lab/axis_grid.hpp"

namespace ftl::cli {
namespace {

using lab::CellResult;

std::string deviation(double value, int digits) {
  return std::isnan(value) ? "" : fmt::format(" ± {:.{}f}", value, digits);
}

std::string accuracy_text(const lab::Sample& sample) {
  if (std::isnan(sample.mean)) return "failed";
  return fmt::format("{:.2f} %{}", 100 * sample.mean, deviation(100 * sample.std, 2));
}

std::string seconds_text(const lab::Sample& sample) {
  if (std::isnan(sample.mean)) return "";
  return fmt::format("{:.2f} s{}", sample.mean, deviation(sample.std, 2));
}

double seconds(const CellResult& result) {
  return result.figures.train_seconds.mean;
}

std::size_t name_width(const std::vector<CellResult>& results, std::size_t least) {
  for (const CellResult& result : results) least = std::max(least, result.cell.name.size());
  return least;
}

// "+0.31 ± 0.12", half the 95 % interval behind.
std::string difference(const lab::Difference& value, double scale) {
  if (std::isnan(value.mean)) return "";
  return fmt::format("{:+.2f}{}", scale * value.mean, deviation(std::abs(scale) * value.ci95, 2));
}

struct HeatMap {
  const char* title;
  double scale;
  lab::AxisGrid grid;
  bool highest_is_best;
};

// Blocks from light to dark behind each figure.
std::string draw(const HeatMap& map) {
  constexpr std::array<const char*, 5> kShades = {" ", "░", "▒", "▓", "█"};
  constexpr int kWidth = 10;
  const lab::ExperimentAxis& down = map.grid.plan.axes[map.grid.axes.down];
  const lab::ExperimentAxis& across = map.grid.plan.axes[map.grid.axes.across];
  const std::vector<std::vector<double>> values = on_grid(map.grid);
  std::vector<double> known;
  for (const std::vector<double>& row : values) {
    std::ranges::copy_if(row, std::back_inserter(known), [](double value) { return std::isfinite(value); });
  }
  std::string text = grid_title(map.title, map.grid);
  if (known.empty()) return text + ": every run failed\n";
  const auto [low, high] = std::ranges::minmax(known);
  const double best = map.highest_is_best ? high : low;
  text += fmt::format("\n{:>{}}", "", kWidth);
  for (const std::string& column : across.values) text += fmt::format("{:>{}}", column, kWidth);
  for (std::size_t row = 0; row < values.size(); ++row) {
    text += fmt::format("\n{:>{}}", down.values[row], kWidth);
    for (const double value : values[row]) {
      if (!std::isfinite(value)) {
        text += fmt::format("{:>{}}", "failed  ", kWidth);
        continue;
      }
      const double share = high > low ? (value - low) / (high - low) : 1;
      const auto shade = static_cast<std::size_t>(std::lround(share * (kShades.size() - 1)));
      text += fmt::format("{:>{}.2f}{}{}", map.scale * value, kWidth - 2, value == best ? "*" : " ",
                          kShades[shade]);
    }
  }
  return text + "\n";
}

}  // namespace

std::string figures_text(const lab::CellFigures& figures) {
  std::string text = accuracy_text(figures.accuracy);
  const std::string time = seconds_text(figures.train_seconds);
  if (!time.empty()) text += ", " + time;
  if (figures.failed > 0) text += fmt::format(", {} failed", figures.failed);
  return text;
}

std::string cell_table(const std::vector<CellResult>& results) {
  const std::size_t width = name_width(results, 4);
  const CellResult* best = lab::best_cell(results);
  std::string text = fmt::format("  {:<{}}  {:>17}  {:>18}\n", "cell", width, "accuracy", "training");
  for (const CellResult& result : results) {
    const lab::CellFigures& figures = result.figures;
    text += fmt::format("{} {:<{}}  {:>17}  {:>18}{}\n", &result == best ? '*' : ' ', result.cell.name, width,
                        accuracy_text(figures.accuracy), seconds_text(figures.train_seconds),
                        figures.failed > 0 ? fmt::format("  {} failed", figures.failed) : "");
  }
  return text;
}

std::string heat_maps(const lab::ExperimentDescription& plan, const std::vector<CellResult>& results) {
  std::vector<double> accuracies, training_seconds;
  for (const CellResult& result : results) {
    accuracies.push_back(lab::accuracy_to_rank(result));
    training_seconds.push_back(seconds(result));
  }
  std::string text;
  for (const lab::AxisPair& pair : axis_pairs(plan.axes)) {
    text += "\n" +
            draw({"accuracy in percent", 100, {plan, pair, accuracies, lab::OfOthers::highest}, true}) +
            "\n" + draw({"training seconds", 1, {plan, pair, training_seconds, lab::OfOthers::mean}, false});
  }
  return text;
}

std::string ablation_table(const std::vector<CellResult>& results, bool cumulative) {
  const std::size_t width = name_width(results, 10);
  const double sign = cumulative ? 1 : -1;  // a trick that is left out takes with it what it is worth
  std::string text = fmt::format("{:<{}}  {:>17}  {:>17}  {:>17}\n", cumulative ? "with, also" : "without",
                                 width, "accuracy", "worth (points)", "costs (seconds)");
  for (const CellResult& result : results) {
    text += fmt::format("{:<{}}  {:>17}", result.cell.name, width, accuracy_text(result.figures.accuracy));
    if (result.difference) {
      text += fmt::format("  {:>17}  {:>17}", difference(result.difference->accuracy, 100 * sign),
                          difference(result.difference->train_seconds, sign));
    }
    text += "\n";
  }
  return text +
         "± is the deviation for accuracy; else half the 95 % interval, by the noise of the whole table\n"
         "seconds are of training, with the threads that a cell had; evaluation is not counted\n";
}

}  // namespace ftl::cli
