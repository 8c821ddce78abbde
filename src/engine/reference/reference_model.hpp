// What the reference computes on: a model and a batch in its own numbers.
#pragma once

#include <vector>

#include "graph/model.hpp"
#include "tensor/target.hpp"

namespace ftl::engine {

// A Model in another precision.
template <class Real>
struct ReferenceModel {
  struct Norm {
    std::vector<Real> mean;
    std::vector<Real> variance;
  };
  std::vector<std::vector<Real>> parameters;
  std::vector<Norm> norms;

  explicit ReferenceModel(const graph::Model& model);
};

template <class Real>
struct ReferenceBatch {
  int images = 0;
  std::vector<Real> pictures{};
  std::vector<Target> targets{};  // for training
};

}  // namespace ftl::engine
