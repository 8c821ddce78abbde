#include "run/model_tensors.hpp"

#include "base/error.hpp"

namespace ftl::run {
namespace {

// Calls visit(name, shape, values) for every tensor of a model, parameters and running statistics.
template <class Model, class Visit>
void for_each_tensor(const graph::Graph& graph, Model& model, const Visit& visit) {
  for (std::size_t p = 0; p < graph.parameters.size(); ++p) {
    visit(graph.parameters[p].name, graph.parameters[p].shape, model.parameters[p], &graph.parameters[p]);
  }
  for (std::size_t n = 0; n < graph.norms.size(); ++n) {
    const std::vector<std::int64_t> shape{graph.norms[n].channels};
    visit(graph.norm_names[n] + ".running_mean", shape, model.norms[n].mean, nullptr);
    visit(graph.norm_names[n] + ".running_var", shape, model.norms[n].variance, nullptr);
  }
}

}  // namespace

void add_model(const std::string& prefix, const graph::Graph& graph, const graph::Model& model,
               Checkpoint& checkpoint) {
  for_each_tensor(graph, model,
                  [&](const std::string& name, const std::vector<std::int64_t>& shape,
                      const std::vector<float>& values, const graph::Parameter* parameter) {
                    checkpoint.tensors.push_back(
                        {prefix + name, shape,
                         parameter == nullptr ? values : graph::to_checkpoint_order(*parameter, values)});
                  });
}

graph::Model read_model(const std::string& prefix, const graph::Graph& graph, const Checkpoint& checkpoint) {
  graph::Model model = graph::initialise(graph, 0);
  for_each_tensor(graph, model,
                  [&](const std::string& name, const std::vector<std::int64_t>& shape,
                      std::vector<float>& values, const graph::Parameter* parameter) {
                    const NamedTensor& tensor = checkpoint.tensor(prefix + name);
                    if (tensor.shape != shape) {
                      throw InputError("{}: tensor {} has shape {}, but its recipe's network needs {}",
                                       checkpoint.source, tensor.name, Json(tensor.shape).text(),
                                       Json(shape).text());
                    }
                    values = parameter == nullptr ? tensor.values
                                                  : graph::from_checkpoint_order(*parameter, tensor.values);
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

Json metadata_json(const Checkpoint& checkpoint, const std::string& key) {
  const std::string& text = metadata(checkpoint, key);
  try {
    return Json::parse(text);
  } catch (const JsonError&) {
    throw InputError("{}: its metadata {} is not JSON", checkpoint.source, key);
  }
}

void require_kind(const Checkpoint& checkpoint, const char* kind) {
  if (metadata(checkpoint, kKind) != kind) {
    throw InputError("{}: holds a {}, not a {}", checkpoint.source, metadata(checkpoint, kKind), kind);
  }
}

}  // namespace ftl::run
