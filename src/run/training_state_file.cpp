#include "run/training_state_file.hpp"

#include <map>

#include "base/error.hpp"
#include "run/model_tensors.hpp"

namespace ftl::run {
namespace {

constexpr const char* kScores = "select.scores";
constexpr const char* kTimesTrained = "select.times_trained";

using Steps = std::map<std::string, std::int64_t>;  // by parameter

Steps steps_of(const train::OptimizerState& optimizer) {
  Steps steps;
  for (const auto& [parameter, state] : optimizer) steps.emplace(parameter, state.steps);
  return steps;
}

std::string tensor_name(const graph::Parameter& parameter, const std::string& state) {
  return "optimizer." + parameter.name + "." + state;
}

void add_optimizer_state(const train::OptimizerState& optimizer, const graph::Graph& graph,
                         Checkpoint& checkpoint) {
  for (const graph::Parameter& parameter : graph.parameters) {
    const auto state = optimizer.find(parameter.name);
    if (state == optimizer.end()) continue;
    for (const auto& [name, values] : state->second.tensors) {
      checkpoint.tensors.push_back(
          {tensor_name(parameter, name), parameter.shape, graph::to_checkpoint_order(parameter, values)});
    }
  }
}

train::OptimizerState read_optimizer_state(const graph::Graph& graph, const Steps& steps,
                                           const Checkpoint& checkpoint) {
  train::OptimizerState optimizer;
  for (const graph::Parameter& parameter : graph.parameters) {
    const auto taken = steps.find(parameter.name);
    if (taken == steps.end()) continue;
    optim::ParameterState& state = optimizer[parameter.name];
    state.steps = taken->second;
    const std::string prefix = tensor_name(parameter, "");
    for (const NamedTensor& tensor : checkpoint.tensors) {
      if (!tensor.name.starts_with(prefix)) continue;
      if (tensor.shape != parameter.shape) {
        throw InputError("{}: tensor {} has another shape than {}", checkpoint.source, tensor.name,
                         parameter.name);
      }
      state.tensors.emplace(tensor.name.substr(prefix.size()),
                            graph::from_checkpoint_order(parameter, tensor.values));
    }
  }
  return optimizer;
}

[[noreturn]] void refuse_earlier(const Checkpoint& checkpoint) {
  throw InputError(
      "{}: is of an earlier version of ftl, whose optimizer state has no names; go on with that version, or "
      "begin "
      "anew without --resume",
      checkpoint.source);
}

}  // namespace

void save_training_state(const std::filesystem::path& path, const train::TrainingState& state,
                         const graph::Graph& graph, const recipe::Recipe& recipe) {
  Checkpoint checkpoint;
  const Json progress{{"seed", state.seed},
                      {"step", state.step},
                      {"init_seconds", state.init_seconds},
                      {"train_seconds", state.train_seconds},
                      {"epoch_loss", state.epoch_loss},
                      {"epoch_correct", state.epoch_correct},
                      {"epoch_images", state.epoch_images},
                      {"flop", state.flop},
                      {"has_average", state.average.has_value()},
                      {"optimizer_steps", steps_of(state.optimizer)}};
  checkpoint.metadata = {{kKind, kStateKind},
                         {"ftl.recipe", recipe::to_toml(recipe)},
                         {"ftl.progress", progress.sorted().text()}};
  add_model("", graph, state.model, checkpoint);
  if (state.average) add_model("average.", graph, *state.average, checkpoint);
  add_optimizer_state(state.optimizer, graph, checkpoint);
  if (!state.scores.empty()) {
    checkpoint.tensors.push_back({kScores, {std::ssize(state.scores)}, state.scores});
    checkpoint.tensors.push_back({kTimesTrained,
                                  {std::ssize(state.times_trained)},
                                  {state.times_trained.begin(), state.times_trained.end()}});
  }
  save_checkpoint(path, checkpoint);
}

train::TrainingState load_training_state(const std::filesystem::path& path, const graph::Graph& graph,
                                         const recipe::Recipe& recipe, std::uint64_t seed) {
  const Checkpoint checkpoint = load_checkpoint(path);
  require_kind(checkpoint, kStateKind);
  if (!recipe::is_same_recipe(metadata(checkpoint, "ftl.recipe"), recipe::to_toml(recipe))) {
    throw InputError(
        "{}: is of a run with other settings; resume with the same recipe and --set, or choose another --out",
        checkpoint.source);
  }
  train::TrainingState state;
  bool has_average = false;
  Steps steps;
  try {
    const Json progress = metadata_json(checkpoint, "ftl.progress");
    progress.at("seed").get_to(state.seed);
    progress.at("step").get_to(state.step);
    const Json* init_seconds = progress.find("init_seconds");  // older states have none
    if (init_seconds != nullptr && init_seconds->is_number()) init_seconds->get_to(state.init_seconds);
    progress.at("train_seconds").get_to(state.train_seconds);
    progress.at("epoch_loss").get_to(state.epoch_loss);
    progress.at("epoch_correct").get_to(state.epoch_correct);
    progress.at("epoch_images").get_to(state.epoch_images);
    progress.at("flop").get_to(state.flop);
    if (progress.at("optimizer_steps").is_array()) refuse_earlier(checkpoint);
    progress.at("optimizer_steps").get_to(steps);
    progress.at("has_average").get_to(has_average);
  } catch (const JsonError&) {
    throw InputError("{}: its metadata ftl.progress is not what ftl writes", checkpoint.source);
  }
  if (state.seed != seed) {
    throw InputError("{}: is of a run with seed {}, not {}", checkpoint.source, state.seed, seed);
  }
  state.model = read_model("", graph, checkpoint);
  if (has_average) state.average = read_model("average.", graph, checkpoint);
  state.optimizer = read_optimizer_state(graph, steps, checkpoint);
  if (recipe.selection.remembers()) {
    state.scores = checkpoint.tensor(kScores).values;
    for (const float times : checkpoint.tensor(kTimesTrained).values) {
      if (!(times >= 0 && times < 256)) {
        throw InputError("{}: its tensor {} has {}; there are 0 to 255 only", checkpoint.source,
                         kTimesTrained, times);
      }
      state.times_trained.push_back(static_cast<std::uint8_t>(times));
    }
  }
  return state;
}

}  // namespace ftl::run
