#include "optim/optimizer.hpp"

namespace ftl::optim {

Optimizer::Optimizer(std::span<const std::int64_t> sizes, std::initializer_list<std::string_view> tensors) {
  for (const std::int64_t size : sizes) {
    ParameterState& state = state_.emplace_back();
    for (const std::string_view name : tensors) {
      state.tensors.emplace(name, std::vector<float>(static_cast<std::size_t>(size)));
    }
  }
}

}  // namespace ftl::optim
