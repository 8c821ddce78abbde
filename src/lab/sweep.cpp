#include "lab/sweep.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <string_view>

#include "base/error.hpp"
#include "lab/grid.hpp"
#include "recipe/spelling.hpp"

namespace ftl::lab {
namespace {

using Settings = std::map<std::string, std::string>;
using recipe::Recipe;

constexpr std::string_view kRateKey = "optimizer.filters.lr";
constexpr std::string_view kMomentumKey = "optimizer.filters.momentum";

struct ShortName {
  std::string_view name;
  std::string_view key;
};
constexpr std::array<ShortName, 5> kShortNames{{{"batch", "train.batch"},
                                                {"epochs", "train.epochs"},
                                                {"width", "network.width"},
                                                {"lr", kRateKey},
                                                {"momentum", kMomentumKey}}};

std::string key_of(const std::string& name) {
  std::vector<std::string> names;
  for (const ShortName& known : kShortNames) {
    if (name == known.name) return std::string(known.key);
    names.emplace_back(known.name);
  }
  if (name.find('.') != std::string::npos) return name;
  const std::optional<std::string> meant = recipe::nearest_spelling(name, names);
  throw InputError(
      "--grid {}: unknown key{}; there are {}, and a recipe's own keys, as in train.label_smoothing", name,
      meant ? fmt::format(" (did you mean {}?)", *meant) : "", fmt::join(names, ", "));
}

double number_of(const std::string& key, const std::string& value) {
  try {
    std::size_t end = 0;
    const double number = std::stod(value, &end);
    if (end == value.size() && std::isfinite(number)) return number;
  } catch (const std::logic_error&) {  // below
  }
  throw InputError("--grid {}: {} is not a number", key, value);
}

// What the sweep varies.
struct Base {
  explicit Base(const recipe::WrittenRecipe& written_recipe)
      : written(written_recipe), roles(written.roles_with_table()), recipe(recipe::read(written)) {}

  double rate_of(graph::ParameterRole role) const {
    return recipe.optimizers.at(role).optimizer.learning_rate;
  }
  // As --set would change it.
  Recipe with(const Settings& settings) const {
    std::vector<std::string> list;
    for (const auto& [key, value] : settings) list.push_back(fmt::format("{}={}", key, value));
    return recipe::read(written.with(list));
  }

  const recipe::WrittenRecipe& written;
  std::vector<graph::ParameterRole> roles;  // with tables of their own; the others follow
  Recipe recipe;
};

// A variable of the sweep: what it is called, and its effect on the recipe.
class Variable {
 public:
  Variable(const Base& base, Grid grid) : base_(base), grid_(std::move(grid)), key_(key_of(grid_.name)) {
    if (is_list()) return;
    integers_ = rejects_fractions();
    if (grid_.range.count == 0) return;
    for (const double value : spread(grid_.range)) {
      std::string text = written(value);
      if (grid_.values.empty() || grid_.values.back() != text) grid_.values.push_back(std::move(text));
    }
  }

  const std::string& key() const { return key_; }
  const std::string& name() const { return grid_.name; }
  bool is_drawn_from_range() const { return grid_.values.empty(); }
  // What it sets, with one of its values.
  Settings example() const {
    Settings settings;
    set(is_drawn_from_range() ? written(grid_.range.low) : values().front(), settings);
    return settings;
  }
  const std::vector<std::string>& values() const { return grid_.values; }
  bool logarithmic() const { return is_list() ? !values().empty() && are_ratios() : grid_.range.logarithmic; }

  std::string draw(double share) const {
    if (is_drawn_from_range()) return written(at_share(grid_.range, share));
    const auto count = static_cast<double>(values().size());
    return values()[static_cast<std::size_t>(share * count)];
  }

  void set(const std::string& value, Settings& settings) const {
    if (grid_.name == "lr") {
      const double factor = number_of("lr", value) / base_.rate_of(graph::ParameterRole::filters);
      for (const graph::ParameterRole role : base_.roles) {
        settings[fmt::format("optimizer.{}.lr", graph::name(role))] =
            fmt::format("{}", base_.rate_of(role) * factor);
      }
      settings[key_] = value;
    } else if (grid_.name == "momentum") {
      for (const graph::ParameterRole role : base_.roles) {
        settings[fmt::format("optimizer.{}.momentum", graph::name(role))] = value;
      }
    } else {
      settings[key_] = value;
    }
  }

 private:
  bool is_list() const { return grid_.range.low == grid_.range.high; }

  // 128, 256, 512: better drawn on a logarithmic axis.
  bool are_ratios() const {
    std::vector<double> numbers;
    for (const std::string& value : values()) {
      char* end = nullptr;
      const double number = std::strtod(value.c_str(), &end);
      if (*end != '\0' || number <= 0) return false;
      numbers.push_back(number);
    }
    return numbers.size() > 2 && numbers[2] - numbers[1] > 1.5 * (numbers[1] - numbers[0]);
  }

  // Whether a number between two integers is refused where it would have to be rounded.
  bool rejects_fractions() const {
    const double fraction = std::floor(grid_.range.low) + 0.5;
    const double inside = fraction > grid_.range.low && fraction < grid_.range.high
                              ? fraction
                              : (grid_.range.low + grid_.range.high) / 2;
    Settings settings;
    set(fmt::format("{}", inside), settings);
    try {
      base_.with(settings);
      return false;
    } catch (const InputError&) {
      return true;
    }
  }

  std::string written(double value) const {
    return integers_ ? fmt::format("{:.0f}", value) : fmt::format("{:.4g}", value);
  }

  const Base& base_;
  Grid grid_;
  std::string key_;
  bool integers_ = false;
};

class Planner {
 public:
  explicit Planner(const SweepOptions& options) : options_(options), base_(options.recipe) {
    if (options.grids.empty()) throw InputError("--grid is missing, as in --grid batch=128,256,512");
    for (const std::string& grid : options.grids) add(grid);
    const auto is_batch = [](const Variable& variable) { return variable.key() == "train.batch"; };
    if (options.couple_rate_to_batch && std::ranges::none_of(variables_, is_batch)) {
      throw InputError("--couple lr=batch: there is no --grid of batch");
    }
  }

  Sweep plan() {
    Sweep sweep;
    for (const Variable& variable : variables_) {
      sweep.axes.push_back({.key = variable.key(),
                            .label = variable.name(),
                            .values = random() ? std::vector<std::string>{} : variable.values(),
                            .logarithmic = variable.logarithmic()});
    }
    random() ? draw(sweep) : combine(sweep);
    return sweep;
  }

 private:
  bool random() const { return options_.random > 0; }

  void add(const std::string& text) {
    Grid grid = parse_grid(text);
    if (grid.values.empty() && grid.range.count == 0 && !random()) {
      throw InputError(
          "--grid {}: how many values? Say {}:N for N of them, or --random N to draw from the range", text,
          text.find(':') == std::string::npos ? text + ":linear" : text);
    }
    Variable variable(base_, std::move(grid));
    for (const Variable& other : variables_) {
      for (const auto& [key, value] : other.example()) {
        if (!variable.example().contains(key)) continue;
        throw InputError("--grid {}: sets {}, which the grid of {} sets already", text, key, other.name());
      }
    }
    variables_.push_back(std::move(variable));
  }

  void combine(Sweep& sweep) const {
    std::vector<int> at(variables_.size(), 0);
    for (;;) {
      std::vector<std::string> values;
      for (std::size_t i = 0; i < at.size(); ++i) {
        values.push_back(variables_[i].values()[static_cast<std::size_t>(at[i])]);
      }
      add_cell(sweep, values, at);
      std::size_t axis = at.size();
      while (axis > 0 && ++at[axis - 1] == static_cast<int>(variables_[axis - 1].values().size())) {
        at[--axis] = 0;
      }
      if (axis == 0) return;
    }
  }

  // Numbers of the standard's generator taken as they come, so that they are the same everywhere.
  void draw(Sweep& sweep) const {
    std::mt19937_64 generator(options_.seed);
    for (int cell = 0; cell < options_.random; ++cell) {
      std::vector<std::string> values;
      for (const Variable& variable : variables_) {
        values.push_back(variable.draw(static_cast<double>(generator() >> 11) * 0x1p-53));
      }
      add_cell(sweep, values, {});
    }
  }

  void add_cell(Sweep& sweep, const std::vector<std::string>& values, const std::vector<int>& at) const {
    ExperimentCell cell{.name = "", .folder = cell_folder(sweep.cells.size()), .coordinates = at};
    for (std::size_t i = 0; i < values.size(); ++i) {
      cell.name += fmt::format("{}{}={}", i == 0 ? "" : " ", variables_[i].name(), values[i]);
      variables_[i].set(values[i], cell.settings);
    }
    if (options_.couple_rate_to_batch) couple(cell.settings);
    try {
      sweep.cells.push_back({cell, base_.with(cell.settings)});
    } catch (const InputError& error) {
      throw InputError("--grid, {}: {}", cell.name, error.what());
    }
  }

  void couple(Settings& settings) const {
    const double factor = number_of("batch", settings.at("train.batch")) / base_.recipe.batch;
    for (const graph::ParameterRole role : base_.roles) {
      const std::string key = fmt::format("optimizer.{}.lr", graph::name(role));
      const auto set = settings.find(key);
      const double rate = set == settings.end() ? base_.rate_of(role) : number_of(key, set->second);
      settings[key] = fmt::format("{}", rate * factor);
    }
  }

  const SweepOptions& options_;
  Base base_;
  std::vector<Variable> variables_;
};

}  // namespace

Sweep plan_sweep(const SweepOptions& options) {
  return Planner(options).plan();
}

}  // namespace ftl::lab
