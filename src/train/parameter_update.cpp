#include "train/parameter_update.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/index.hpp"

namespace ftl::train {
namespace {

double epoch_or_never(double train_until) {
  return train_until > 0 ? train_until : std::numeric_limits<double>::infinity();
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
        {config, key.second, std::move(parameters), engine.make_optimizer(config.optimizer, sizes)});
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

std::vector<std::span<float>> ParameterUpdate::state() {
  std::vector<std::span<float>> states;
  for (Group& group : groups_) {
    for (const std::span<float> buffer : group.optimizer->state()) states.push_back(buffer);
  }
  return states;
}

std::vector<std::int64_t> ParameterUpdate::steps_taken() const {
  std::vector<std::int64_t> steps;
  for (const Group& group : groups_) steps.push_back(group.optimizer->steps_taken());
  return steps;
}

void ParameterUpdate::set_steps_taken(std::span<const std::int64_t> steps) {
  for (std::size_t i = 0; i < groups_.size(); ++i) groups_[i].optimizer->set_steps_taken(steps[i]);
}

}  // namespace ftl::train
