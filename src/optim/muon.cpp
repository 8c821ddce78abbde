#include "optim/muon.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/index.hpp"
#include "optim/chunks.hpp"
#include "optim/momentum.hpp"
#include "optim/newton_schulz.hpp"

namespace ftl::optim {
namespace {

class Muon final : public Optimizer {
 public:
  Muon(const MuonConfig& config, std::span<const std::int64_t> sizes)
      : Optimizer(sizes, {kMomentum}), config_(config) {}

  void step(std::span<const ParameterView> parameters, double learning_rate, StepContext context) override;

 private:
  // What one tensor's update needs beside its state.
  struct Workspace {
    std::vector<float> direction;
    NewtonSchulz newton_schulz;
  };

  std::vector<int> largest_first() const;
  void update(const ParameterView& parameter, ParameterState& state, Workspace& workspace,
              double learning_rate, StepContext context);
  // Advances the momentum buffer and leaves what is to be orthogonalised in `direction`.
  void accumulate(const ParameterView& parameter, std::vector<float>& buffer, float* direction,
                  ThreadPool& threads) const;
  // What the weights are to be multiplied with before the step after so many.
  float weight_scale(const ParameterView& parameter, std::int64_t steps, double learning_rate,
                     ThreadPool& threads) const;

  MuonConfig config_;
  std::vector<Workspace> workspaces_;  // one, or one a thread
};

void Muon::step(std::span<const ParameterView> parameters, double learning_rate, StepContext context) {
  // A tensor takes dozens of short pieces of work, after each of which threads that share it wait for each
  // other: where there are enough tensors, each has a thread to itself.
  const int count = static_cast<int>(parameters.size());
  const int threads = context.threads.threads();
  const bool shared = count < 2 * threads;
  workspaces_.resize(shared ? 1 : at(threads));
  if (shared) {
    for (int i = 0; i < count; ++i)
      update(parameters[at(i)], state()[at(i)], workspaces_.front(), learning_rate, context);
  } else {
    const std::vector<int> order = largest_first();
    context.threads.parallel_for(count, [&](std::int64_t item, int thread) {
      ThreadPool alone(1);
      const std::size_t i = at(order[static_cast<std::size_t>(item)]);
      update(parameters[i], state()[i], workspaces_[at(thread)], learning_rate,
             {alone, context.tile_product});
    });
  }
}

// So that at the end threads wait at most for a small one.
std::vector<int> Muon::largest_first() const {
  std::vector<int> order(state().size());
  std::iota(order.begin(), order.end(), 0);
  const auto size = [this](int i) { return state()[at(i)].tensors.begin()->second.size(); };
  std::ranges::stable_sort(order, std::greater{}, size);
  return order;
}

void Muon::update(const ParameterView& parameter, ParameterState& state, Workspace& workspace,
                  double learning_rate, StepContext context) {
  std::vector<float>& buffer = state.tensor(kMomentum);
  workspace.direction.resize(buffer.size());
  accumulate(parameter, buffer, workspace.direction.data(), context.threads);
  workspace.newton_schulz.add(
      {.matrix = {workspace.direction.data(), parameter.rows, parameter.columns},
       .steps = config_.newton_schulz_steps,
       .scale = -static_cast<float>(learning_rate),
       .target = parameter.weights.data(),
       .target_scale = weight_scale(parameter, state.steps, learning_rate, context.threads)},
      context);
  ++state.steps;
}

void Muon::accumulate(const ParameterView& parameter, std::vector<float>& buffer, float* direction,
                      ThreadPool& threads) const {
  const auto momentum = static_cast<float>(config_.momentum);
  const Mixture share = mixture(config_.momentum, config_.nesterov);
  const float* gradient = parameter.gradient.data();
  float* buffered = buffer.data();
  for_chunks(threads, static_cast<std::int64_t>(buffer.size()), [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      buffered[i] = momentum * buffered[i] + gradient[i];
      direction[i] = share.gradient * gradient[i] + share.buffer * buffered[i];
    }
  });
}

float Muon::weight_scale(const ParameterView& parameter, std::int64_t steps, double learning_rate,
                         ThreadPool& threads) const {
  const double decayed = 1 - learning_rate * config_.weight_decay;
  if (config_.normalize_every == 0 || steps % config_.normalize_every != 0)
    return static_cast<float>(decayed);
  const auto elements = static_cast<std::int64_t>(parameter.weights.size());
  const double norm = std::sqrt(sum_of_squares(threads, parameter.weights.data(), elements));
  return static_cast<float>(norm == 0 ? decayed : decayed * std::sqrt(parameter.rows) / norm);
}

}  // namespace

void MuonConfig::keys(Keys& keys) {
  momentum_keys(keys, momentum, nesterov);
  keys.number("weight_decay", weight_decay, at_least(0));
  keys.integer("newton_schulz_steps", newton_schulz_steps, {.low = 1, .high = 100});
  keys.integer("normalize_every", normalize_every, count_from(0));
}

std::unique_ptr<Optimizer> MuonConfig::make(std::span<const std::int64_t> sizes) const {
  return std::make_unique<Muon>(*this, sizes);
}

}  // namespace ftl::optim
