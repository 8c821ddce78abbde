#include "engine/reference/reference_model.hpp"

namespace ftl::engine {

template <class Real>
ReferenceModel<Real>::ReferenceModel(const graph::Model& model) {
  for (const auto& values : model.parameters) parameters.emplace_back(values.begin(), values.end());
  for (const graph::RunningStatistics& norm : model.norms) {
    norms.push_back({{norm.mean.begin(), norm.mean.end()}, {norm.variance.begin(), norm.variance.end()}});
  }
}

template struct ReferenceModel<float>;
template struct ReferenceModel<double>;

}  // namespace ftl::engine
