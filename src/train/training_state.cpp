#include "train/training_state.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace ftl::train {
namespace {

using nlohmann::json;

constexpr const char* kKind = "ftl.kind";
constexpr const char* kModelKind = "model";
constexpr const char* kStateKind = "training state";
constexpr const char* kScores = "select.scores";
constexpr const char* kTimesTrained = "select.times_trained";

// Calls visit(name, shape, values) for every tensor of a model, parameters and running statistics.
template <class Model, class Visit>
void for_each_tensor(const net::Graph& graph, Model& model, const Visit& visit) {
  for (std::size_t p = 0; p < graph.parameters.size(); ++p) {
    visit(graph.parameters[p].name, graph.parameters[p].shape, model.parameters[p], &graph.parameters[p]);
  }
  for (std::size_t n = 0; n < graph.norms.size(); ++n) {
    const std::vector<std::int64_t> shape{graph.norms[n].channels};
    visit(graph.norm_names[n] + ".running_mean", shape, model.norms[n].mean, nullptr);
    visit(graph.norm_names[n] + ".running_var", shape, model.norms[n].variance, nullptr);
  }
}

void add_model(const std::string& prefix, const net::Graph& graph, const net::Model& model,
               Checkpoint& checkpoint) {
  for_each_tensor(graph, model,
                  [&](const std::string& name, const std::vector<std::int64_t>& shape,
                      const std::vector<float>& values, const net::Parameter* parameter) {
                    checkpoint.tensors.push_back(
                        {prefix + name, shape,
                         parameter == nullptr ? values : net::to_checkpoint_order(*parameter, values)});
                  });
}

net::Model read_model(const std::string& prefix, const net::Graph& graph, const Checkpoint& checkpoint) {
  net::Model model = net::initialise(graph, 0);
  for_each_tensor(
      graph, model,
      [&](const std::string& name, const std::vector<std::int64_t>& shape, std::vector<float>& values,
          const net::Parameter* parameter) {
        const NamedTensor& tensor = checkpoint.tensor(prefix + name);
        if (tensor.shape != shape) {
          throw InputError("{}: tensor {} has shape {}, but its recipe's network needs {}", checkpoint.source,
                           tensor.name, json(tensor.shape).dump(), json(shape).dump());
        }
        values = parameter == nullptr ? tensor.values : net::from_checkpoint_order(*parameter, tensor.values);
      });
  return model;
}

const std::string& metadata(const Checkpoint& checkpoint, const std::string& key) {
  const auto found = checkpoint.metadata.find(key);
  if (found == checkpoint.metadata.end()) {
    throw InputError("{}: not a checkpoint that ftl wrote: its metadata has no {}", checkpoint.source, key);
  }
  return found->second;
}

json metadata_json(const Checkpoint& checkpoint, const std::string& key) {
  const json value = json::parse(metadata(checkpoint, key), nullptr, false);
  if (value.is_discarded()) throw InputError("{}: its metadata {} is not JSON", checkpoint.source, key);
  return value;
}

void require_kind(const Checkpoint& checkpoint, const char* kind) {
  if (metadata(checkpoint, kKind) != kind) {
    throw InputError("{}: holds a {}, not a {}", checkpoint.source, metadata(checkpoint, kKind), kind);
  }
}

}  // namespace

void save_training_state(const std::filesystem::path& path, const TrainingState& state,
                         const net::Graph& graph, const Recipe& recipe) {
  Checkpoint checkpoint;
  const json progress{{"seed", state.seed},
                      {"step", state.step},
                      {"init_seconds", state.init_seconds},
                      {"train_seconds", state.train_seconds},
                      {"epoch_loss", state.epoch_loss},
                      {"epoch_correct", state.epoch_correct},
                      {"epoch_images", state.epoch_images},
                      {"flop", state.flop},
                      {"has_average", state.average.has_value()},
                      {"optimizer_steps", state.optimizer_steps}};
  checkpoint.metadata = {{kKind, kStateKind}, {"ftl.recipe", recipe.toml}, {"ftl.progress", progress.dump()}};
  add_model("", graph, state.model, checkpoint);
  if (state.average) add_model("average.", graph, *state.average, checkpoint);
  for (std::size_t i = 0; i < state.optimizer.size(); ++i) {
    checkpoint.tensors.push_back({"optimizer." + std::to_string(i),
                                  {static_cast<std::int64_t>(state.optimizer[i].size())},
                                  state.optimizer[i]});
  }
  if (!state.scores.empty()) {
    checkpoint.tensors.push_back({kScores, {std::ssize(state.scores)}, state.scores});
    checkpoint.tensors.push_back({kTimesTrained,
                                  {std::ssize(state.times_trained)},
                                  {state.times_trained.begin(), state.times_trained.end()}});
  }
  save_checkpoint(path, checkpoint);
}

TrainingState load_training_state(const std::filesystem::path& path, const net::Graph& graph,
                                  const Recipe& recipe, std::uint64_t seed) {
  const Checkpoint checkpoint = load_checkpoint(path);
  require_kind(checkpoint, kStateKind);
  if (!is_same_recipe(metadata(checkpoint, "ftl.recipe"), recipe.toml)) {
    throw InputError(
        "{}: is of a run with other settings; resume with the same recipe and --set, or choose another --out",
        checkpoint.source);
  }
  TrainingState state;
  bool has_average = false;
  try {
    const json progress = metadata_json(checkpoint, "ftl.progress");
    progress.at("seed").get_to(state.seed);
    progress.at("step").get_to(state.step);
    const auto init_seconds = progress.find("init_seconds");  // older states have none
    if (init_seconds != progress.end() && init_seconds->is_number()) init_seconds->get_to(state.init_seconds);
    progress.at("train_seconds").get_to(state.train_seconds);
    progress.at("epoch_loss").get_to(state.epoch_loss);
    progress.at("epoch_correct").get_to(state.epoch_correct);
    progress.at("epoch_images").get_to(state.epoch_images);
    progress.at("flop").get_to(state.flop);
    progress.at("optimizer_steps").get_to(state.optimizer_steps);
    progress.at("has_average").get_to(has_average);
  } catch (const json::exception&) {
    throw InputError("{}: its metadata ftl.progress is not what ftl writes", checkpoint.source);
  }
  if (state.seed != seed) {
    throw InputError("{}: is of a run with seed {}, not {}", checkpoint.source, state.seed, seed);
  }
  state.model = read_model("", graph, checkpoint);
  if (has_average) state.average = read_model("average.", graph, checkpoint);
  for (std::size_t i = 0;; ++i) {
    const std::string name = "optimizer." + std::to_string(i);
    const bool found = std::any_of(checkpoint.tensors.begin(), checkpoint.tensors.end(),
                                   [&](const NamedTensor& tensor) { return tensor.name == name; });
    if (!found) break;
    state.optimizer.push_back(checkpoint.tensor(name).values);
  }
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

Checkpoint model_checkpoint(const net::Model& model, const net::Graph& graph, const Recipe& recipe,
                            const data::Dataset& dataset) {
  Checkpoint checkpoint;
  const json pictures{{"height", dataset.train.height},
                      {"width", dataset.train.width},
                      {"mean", dataset.mean},
                      {"standard_deviation", dataset.standard_deviation}};
  checkpoint.metadata = {{kKind, kModelKind},
                         {"ftl.recipe", recipe.toml},
                         {"ftl.classes", json(dataset.class_names).dump()},
                         {"ftl.pictures", pictures.dump()}};
  add_model("", graph, model, checkpoint);
  return checkpoint;
}

LoadedModel load_model(const std::filesystem::path& path) {
  const Checkpoint checkpoint = load_checkpoint(path);
  require_kind(checkpoint, kModelKind);
  LoadedModel loaded;
  loaded.recipe = parse_recipe(metadata(checkpoint, "ftl.recipe"), checkpoint.source);
  try {
    metadata_json(checkpoint, "ftl.classes").get_to(loaded.class_names);
    const json pictures = metadata_json(checkpoint, "ftl.pictures");
    pictures.at("height").get_to(loaded.height);
    pictures.at("width").get_to(loaded.width);
    pictures.at("mean").get_to(loaded.mean);
    pictures.at("standard_deviation").get_to(loaded.standard_deviation);
  } catch (const json::exception&) {
    throw InputError("{}: its metadata ftl.classes or ftl.pictures is not what ftl writes",
                     checkpoint.source);
  }
  loaded.graph = net::build_graph(loaded.recipe.network,
                                  {loaded.height, loaded.width, static_cast<int>(loaded.class_names.size())});
  loaded.model = read_model("", loaded.graph, checkpoint);
  return loaded;
}

}  // namespace ftl::train
