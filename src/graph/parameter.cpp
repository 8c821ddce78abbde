#include "graph/parameter.hpp"

#include <functional>
#include <numeric>

namespace ftl::graph {

std::string_view name(ParameterRole role) {
  switch (role) {
    case ParameterRole::filters:
      return "filters";
    case ParameterRole::linear:
      return "linear";
    case ParameterRole::biases:
      return "biases";
    case ParameterRole::scales:
      return "scales";
    case ParameterRole::whiten_bias:
      return "whiten_bias";
  }
  return "";
}

std::int64_t Parameter::elements() const {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

}  // namespace ftl::graph
