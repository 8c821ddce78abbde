#include "optim/adamw.hpp"

#include <cmath>

#include "optim/chunks.hpp"

namespace ftl::optim {
namespace {

constexpr const char* kMean = "mean";
constexpr const char* kSquare = "square";

// What a step of all weights of a parameter shares.
struct Factors {
  float keep_mean;
  float take_mean;
  float keep_square;
  float take_square;
  float weight;       // kept of it
  float rate;         // of the corrected mean
  float square_root;  // corrects the root of the square
  float eps;
};

Factors factors_of(const AdamWConfig& config, double learning_rate, std::int64_t step) {
  const auto t = static_cast<double>(step);
  return {.keep_mean = static_cast<float>(config.beta1),
          .take_mean = static_cast<float>(1 - config.beta1),
          .keep_square = static_cast<float>(config.beta2),
          .take_square = static_cast<float>(1 - config.beta2),
          .weight = static_cast<float>(1 - learning_rate * config.weight_decay),
          .rate = static_cast<float>(learning_rate / (1 - std::pow(config.beta1, t))),
          .square_root = static_cast<float>(1 / std::sqrt(1 - std::pow(config.beta2, t))),
          .eps = static_cast<float>(config.eps)};
}

class AdamW final : public Optimizer {
 public:
  AdamW(const AdamWConfig& config, std::span<const std::int64_t> sizes)
      : Optimizer(sizes, {kMean, kSquare}), config_(config) {}

  void step(std::span<const ParameterView> parameters, double learning_rate, StepContext context) override {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      update(parameters[i], state()[i], learning_rate, context.threads);
    }
  }

 private:
  void update(const ParameterView& parameter, ParameterState& state, double learning_rate,
              ThreadPool& threads) const {
    const Factors factor = factors_of(config_, learning_rate, ++state.steps);
    const float* gradients = parameter.gradient.data();
    float* weights = parameter.weights.data();
    float* means = state.tensor(kMean).data();
    float* squares = state.tensor(kSquare).data();
    for_chunks(threads, std::ssize(parameter.weights), [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const float gradient = gradients[i];
        means[i] = factor.keep_mean * means[i] + factor.take_mean * gradient;
        squares[i] = factor.keep_square * squares[i] + factor.take_square * gradient * gradient;
        weights[i] = factor.weight * weights[i] -
                     factor.rate * means[i] / (factor.square_root * std::sqrt(squares[i]) + factor.eps);
      }
    });
  }

  AdamWConfig config_;
};

}  // namespace

void AdamWConfig::keys(Keys& keys) {
  keys.number("beta1", beta1, kShare);
  keys.number("beta2", beta2, kShare);
  keys.number("eps", eps, above(0));
  keys.number("weight_decay", weight_decay, at_least(0));
}

std::unique_ptr<Optimizer> AdamWConfig::make(std::span<const std::int64_t> sizes) const {
  return std::make_unique<AdamW>(*this, sizes);
}

}  // namespace ftl::optim
