#include "train/parameter_update.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/error.hpp"
#include "base/index.hpp"

namespace ftl::train {
namespace {

double epoch_or_never(double train_until) {
  return train_until > 0 ? train_until : std::numeric_limits<double>::infinity();
}

// Whether both have the same tensors.
bool is_like(const optim::ParameterState& state, const optim::ParameterState& other) {
  return std::ranges::equal(state.tensors, other.tensors, [](const auto& tensor, const auto& other_tensor) {
    return tensor.first == other_tensor.first && tensor.second.size() == other_tensor.second.size();
  });
}

}  // namespace

ParameterUpdate::ParameterUpdate(const recipe::Recipe& recipe, const graph::Graph& graph,
                                 const optim::TrainingLength& length, engine::Engine& engine)
    : graph_(graph), length_(length) {
  std::map<std::pair<graph::ParameterRole, double>, std::vector<int>> by_role_and_end;
  for (std::size_t p = 0; p < graph.parameters.size(); ++p) {
    const graph::Parameter& parameter = graph.parameters[p];
    if (parameter.frozen) continue;
    const double end = std::min(epoch_or_never(parameter.train_until),
                                epoch_or_never(recipe.optimizers.at(parameter.role).train_until));
    by_role_and_end[{parameter.role, end}].push_back(static_cast<int>(p));
  }
  for (auto& [key, parameters] : by_role_and_end) {
    const recipe::OptimizerGroup& config = recipe.optimizers.at(key.first);
    std::vector<std::int64_t> sizes;
    for (const int p : parameters) sizes.push_back(graph.parameters[at(p)].elements());
    groups_.push_back(
        {config, key.second, std::move(parameters), engine.make_optimizer(config.optimizer.rule, sizes)});
  }
}

bool ParameterUpdate::is_trained(const Group& group, double batches) const {
  return batches < group.train_until * length_.steps_per_epoch;
}

std::vector<bool> ParameterUpdate::trained_at(double batches) const {
  std::vector<bool> trained(graph_.parameters.size(), false);
  for (const Group& group : groups_) {
    for (const int p : group.parameters) trained[at(p)] = is_trained(group, batches);
  }
  return trained;
}

void ParameterUpdate::apply(double batches, engine::ModelMemory& model) {
  for (Group& group : groups_) {
    if (!is_trained(group, batches)) continue;
    const double rate = group.config.optimizer.learning_rate *
                        optim::schedule_factor(group.config.schedule, length_, batches);
    model.step(*group.optimizer, group.parameters, rate);
  }
}

OptimizerState ParameterUpdate::state() const {
  OptimizerState state;
  for (const Group& group : groups_) {
    const optim::Optimizer& optimizer = *group.optimizer;
    for (std::size_t i = 0; i < group.parameters.size(); ++i) {
      state.emplace(graph_.parameters[at(group.parameters[i])].name, optimizer.state()[i]);
    }
  }
  return state;
}

void ParameterUpdate::restore(const OptimizerState& state) {
  for (Group& group : groups_) {
    for (std::size_t i = 0; i < group.parameters.size(); ++i) {
      const std::string& parameter = graph_.parameters[at(group.parameters[i])].name;
      const auto saved = state.find(parameter);
      if (saved == state.end()) continue;
      optim::ParameterState& own = group.optimizer->state()[i];
      if (!is_like(saved->second, own)) {
        throw InputError("the training state to resume from has another optimizer's state of {}", parameter);
      }
      own = saved->second;
    }
  }
}

}  // namespace ftl::train
