#include "engine/host_model.hpp"

#include "base/index.hpp"
#include "optim/ema.hpp"

namespace ftl::engine {

HostModel::HostModel(const graph::Graph& graph, const graph::Model& model, optim::StepContext context)
    : graph_(graph), model_(model), context_(context) {}

std::vector<std::vector<float>>& HostModel::gradients() {
  if (gradients_.empty()) {
    for (const auto& parameter : model_.parameters) gradients_.emplace_back(parameter.size(), 0.0f);
  }
  return gradients_;
}

std::span<float> HostModel::gradient(int parameter) {
  return gradients()[at(parameter)];
}

void HostModel::step(optim::Optimizer& optimizer, std::span<const int> parameters, double learning_rate) {
  std::vector<optim::ParameterView> views;
  for (const int p : parameters) {
    const graph::Parameter& parameter = graph_.parameters[at(p)];
    views.push_back({model_.parameters[at(p)], gradients()[at(p)], parameter.rows(), parameter.columns()});
  }
  optimizer.step(views, learning_rate, context_);
}

void HostModel::average_with(const ModelMemory& other, double decay) {
  const graph::Model& added = on_host(other).model_;
  for (std::size_t p = 0; p < added.parameters.size(); ++p) {
    optim::update_average(model_.parameters[p], added.parameters[p], decay);
  }
  for (std::size_t n = 0; n < added.norms.size(); ++n) {
    optim::update_average(model_.norms[n].mean, added.norms[n].mean, decay);
    optim::update_average(model_.norms[n].variance, added.norms[n].variance, decay);
  }
}

HostModel& on_host(ModelMemory& model) {
  return dynamic_cast<HostModel&>(model);
}

const HostModel& on_host(const ModelMemory& model) {
  return dynamic_cast<const HostModel&>(model);
}

}  // namespace ftl::engine
