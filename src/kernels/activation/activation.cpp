#include "kernels/activation/activation.hpp"

namespace ftl::kernels {
namespace {

struct Named {
  ActivationKind kind;
  std::string_view name;
};

constexpr Named kNames[] = {
    {ActivationKind::identity, "identity"}, {ActivationKind::relu, "relu"},
    {ActivationKind::gelu, "gelu"},         {ActivationKind::silu, "silu"},
    {ActivationKind::celu, "celu"},         {ActivationKind::sigmoid, "sigmoid"},
};

}  // namespace

std::string_view name(ActivationKind kind) {
  for (const Named& named : kNames) {
    if (named.kind == kind) return named.name;
  }
  return "unknown";
}

}  // namespace ftl::kernels
