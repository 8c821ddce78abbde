#include "optim/sgd.hpp"

#include "optim/chunks.hpp"
#include "optim/momentum.hpp"

namespace ftl::optim {
namespace {

class Sgd final : public Optimizer {
 public:
  Sgd(const SgdConfig& config, std::span<const std::int64_t> sizes)
      : Optimizer(sizes, {kMomentum}), config_(config) {}

  void step(std::span<const ParameterView> parameters, double learning_rate, StepContext context) override {
    const auto rate = static_cast<float>(learning_rate);
    const auto momentum = static_cast<float>(config_.momentum);
    const auto decay = static_cast<float>(config_.weight_decay);
    const Mixture share = mixture(config_.momentum, config_.nesterov);  // of the decayed gradient
    for (std::size_t parameter = 0; parameter < parameters.size(); ++parameter) {
      ParameterState& state = this->state()[parameter];
      std::vector<float>& values = state.tensor(kMomentum);
      float* weights = parameters[parameter].weights.data();
      const float* gradients = parameters[parameter].gradient.data();
      float* buffer = values.data();
      for_chunks(context.threads, std::ssize(values), [=](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const float gradient = gradients[i] + decay * weights[i];
          buffer[i] = momentum * buffer[i] + gradient;
          weights[i] -= rate * (share.gradient * gradient + share.buffer * buffer[i]);
        }
      });
      ++state.steps;
    }
  }

 private:
  SgdConfig config_;
};

}  // namespace

void SgdConfig::keys(Keys& keys) {
  momentum_keys(keys, momentum, nesterov);
  keys.number("weight_decay", weight_decay, at_least(0));
}

std::unique_ptr<Optimizer> SgdConfig::make(std::span<const std::int64_t> sizes) const {
  return std::make_unique<Sgd>(*this, sizes);
}

}  // namespace ftl::optim
