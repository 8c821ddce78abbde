#include "lab/budget.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json_file.hpp"
#include "train/training_stage.hpp"

namespace ftl::lab {
namespace {

std::vector<double> widths_of(std::span<const ScalePoint> study) {
  if (study.empty()) return {std::begin(kDefaultWidths), std::end(kDefaultWidths)};
  std::set<double> widths;
  for (const ScalePoint& point : study) {
    if (law_of_width(study, point.width)) widths.insert(point.width);
  }
  if (widths.empty()) {
    throw InputError("the scaling study has no width with {} numbers of epochs or more, so it has no law",
                     kPowerLawPoints);
  }
  return {widths.begin(), widths.end()};
}

std::vector<std::string> with_width(const BudgetOptions& options, double width) {
  std::vector<std::string> settings = options.settings;
  settings.push_back(fmt::format("{}={}", kWidthKey, width));
  return settings;
}

BudgetCandidate candidate_of(const BudgetOptions& options, double width) {
  const recipe::Recipe recipe = recipe::load_recipe(options.recipe, with_width(options, width));
  const data::Dataset dataset = train::dataset_for(recipe, options.dataset);
  data::Dataset training = dataset;
  training.test = {};  // evaluation is not on the clock
  const double rate = options.rate({.recipe = recipe,
                                    .dataset = dataset,
                                    .kernels = options.machine.kernels,
                                    .threads = options.machine.threads.threads()});
  BudgetCandidate candidate{.width = width, .accuracy = {}};
  candidate.epoch_seconds = expected_flop(recipe, training) / rate / recipe.epochs;
  candidate.epochs = std::floor(10 * options.seconds / candidate.epoch_seconds) / 10;
  const std::optional<PowerLaw> law = law_of_width(options.study, width);
  if (law && candidate.epochs > 0) candidate.accuracy = 1 - law->error_at(candidate.epochs);
  return candidate;
}

std::size_t best_by_law(const std::vector<BudgetCandidate>& candidates) {
  const auto accuracy = [](const BudgetCandidate& candidate) { return candidate.accuracy.value_or(-1); };
  return static_cast<std::size_t>(std::ranges::max_element(candidates, {}, accuracy) - candidates.begin());
}

std::size_t best_by_default_rule(const std::vector<BudgetCandidate>& candidates, double own_epochs) {
  std::size_t chosen = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].epochs >= own_epochs) chosen = i;
  }
  return chosen;
}

constexpr const char* kFile = "budget.json";

Json json_of(const BudgetCandidate& candidate) {
  return {{"width", candidate.width},
          {"epoch_seconds", candidate.epoch_seconds},
          {"epochs", candidate.epochs},
          {"accuracy", candidate.accuracy ? Json(*candidate.accuracy) : Json(nullptr)}};
}

BudgetCandidate candidate_of(const JsonMembers& json) {
  BudgetCandidate candidate{.width = json.number("width"),
                            .epoch_seconds = json.number("epoch_seconds"),
                            .epochs = json.number("epochs"),
                            .accuracy = {}};
  if (const double accuracy = json.number("accuracy"); !std::isnan(accuracy)) candidate.accuracy = accuracy;
  return candidate;
}

Json request_of(const BudgetRecord& record) {
  return {{"recipe", record.recipe},
          {"settings", record.settings},
          {"seconds", record.seconds},
          {"study", record.study}};
}

}  // namespace

void save_budget(const std::filesystem::path& folder, const BudgetRecord& record) {
  Json candidates = Json::array();
  for (const BudgetCandidate& candidate : record.choice.candidates) candidates.push_back(json_of(candidate));
  const Json json{{"request", request_of(record)},
                  {"candidates", candidates},
                  {"chosen", record.choice.chosen},
                  {"settings", record.choice.settings}};
  try {
    std::filesystem::create_directories(folder);
    write_text_atomically(folder / kFile, json_text(json));
  } catch (const std::filesystem::filesystem_error& error) {
    throw InputError("{}: cannot be written: {}", folder.string(), error.code().message());
  } catch (const RunError& error) {
    throw InputError("{}: {}", folder.string(), error.what());
  }
}

std::optional<BudgetChoice> load_budget(const std::filesystem::path& folder, const BudgetRecord& request) {
  const std::filesystem::path file = folder / kFile;
  if (!file_exists(file)) return std::nullopt;
  const Json json = read_json(file);
  const JsonMembers members(json, file.string());
  if (members.get<Json>("request") != request_of(request)) {
    throw InputError("{}: holds another budget; go on with the same command, or name another --out",
                     folder.string());
  }
  BudgetChoice choice;
  for (const JsonMembers& candidate : members.objects("candidates")) {
    choice.candidates.push_back(candidate_of(candidate));
  }
  choice.chosen = members.get<std::size_t>("chosen");
  choice.settings = members.get<std::vector<std::string>>("settings");
  if (choice.chosen >= choice.candidates.size()) {
    throw InputError("{}: chooses a width that is not there: the file is damaged", file.string());
  }
  return choice;
}

BudgetChoice choose_for_budget(const BudgetOptions& options) {
  BudgetChoice choice;
  for (const double width : widths_of(options.study)) {
    choice.candidates.push_back(candidate_of(options, width));
  }
  const double own_epochs = recipe::load_recipe(options.recipe, options.settings).epochs;
  choice.chosen = options.study.empty() ? best_by_default_rule(choice.candidates, own_epochs)
                                        : best_by_law(choice.candidates);
  if (choice.best().epochs <= 0) {
    throw InputError("--seconds {}: too few for a tenth of an epoch, which takes {:.2g} s at width {}",
                     options.seconds, choice.best().epoch_seconds / 10, choice.best().width);
  }
  choice.settings = with_width(options, choice.best().width);
  choice.settings.push_back(fmt::format("{}={}", kEpochsKey, choice.best().epochs));
  return choice;
}

}  // namespace ftl::lab
