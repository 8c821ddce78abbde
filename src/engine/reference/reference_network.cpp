#include "engine/reference/reference_network.hpp"

#include <algorithm>

#include "base/index.hpp"

namespace ftl::engine {

template <class Real>
auto ReferenceNetwork<Real>::train(const ReferenceBatch<Real>& batch, const loss::Loss& loss) -> Training {
  forward(batch, true);
  gradients_.clear();
  for (const Values& parameter : model_.parameters) gradients_.emplace_back(parameter.size(), Real{0});
  ReferenceState<Real>& last = states_.back();
  Training result;
  result.logits = logits();
  const std::vector<double> scaled(result.logits.begin(), result.logits.end());
  std::vector<double> by_logits(scaled.size());
  result.loss = static_cast<Real>(
      loss.reference({.classes = graph_.classes, .logits = scaled, .targets = batch.targets}, by_logits));
  std::ranges::transform(by_logits, last.gradient.begin(),
                         [&](double gradient) { return static_cast<Real>(graph_.logit_scale * gradient); });
  for (std::size_t n = graph_.nodes.size(); n-- > 0;) {
    store(states_[n].gradient);
    reference_op<Real>(*graph_.nodes[n].op).backward(node(n));
  }
  result.gradients = gradients_;
  return result;
}

template <class Real>
auto ReferenceNetwork<Real>::infer(const ReferenceBatch<Real>& batch) -> Values {
  forward(batch, false);
  return logits();
}

template <class Real>
auto ReferenceNetwork<Real>::logits() const -> Values {
  Values scaled = states_.back().value;
  for (Real& logit : scaled) logit *= static_cast<Real>(graph_.logit_scale);
  return scaled;
}

template <class Real>
void ReferenceNetwork<Real>::forward(const ReferenceBatch<Real>& batch, bool training) {
  batch_ = &batch;
  training_ = training;
  states_.assign(graph_.nodes.size(), {});
  for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
    const std::size_t elements =
        at(batch.images) * static_cast<std::size_t>(graph_.nodes[n].shape.elements());
    states_[n].value.assign(elements, Real{0});
    states_[n].gradient.assign(elements, Real{0});
    reference_op<Real>(*graph_.nodes[n].op).forward(node(n));
    store(states_[n].value);
  }
}

template <class Real>
ReferenceNode<Real> ReferenceNetwork<Real>::node(std::size_t index) {
  ReferenceNode<Real> seen{.node = graph_.nodes[index],
                           .batch = *batch_,
                           .training = training_,
                           .model = model_,
                           .gradients = gradients_,
                           .own = states_[index]};
  for (const int input : seen.node.inputs) seen.inputs.push_back(&states_[at(input)]);
  return seen;
}

template <class Real>
void ReferenceNetwork<Real>::store(Values& values) const {
  if (storage_ == ReferenceStorage::exact) return;
  for (Real& value : values) value = static_cast<Real>(to_float(to_bf16(static_cast<float>(value))));
}

template class ReferenceNetwork<float>;
template class ReferenceNetwork<double>;

}  // namespace ftl::engine
