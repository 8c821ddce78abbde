// Runs tests of convolutions on every instruction set, made of either kind of products.
#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "kernels/registry.hpp"
#include "kernels/test_support.hpp"

namespace ftl::kernels::test {

struct ConvolutionChoice {
  Isa isa;
  bool shared;

  const ConvolutionKernels& kernels() const {
    const ConvolutionChoices& choices = kernels_for(isa).convolution_choices;
    return shared ? choices.shared : choices.separate;
  }
  // Whether this choice differs from the other one, where the other one is tested, too.
  bool concerns(const ConvolutionGeometry& g) const {
    return !shared || (g.stride == 1 && g.groups == 1 && g.taps() > 1);
  }
};

// What any pass of a convolution needs, filled with what shows where it is read before it is written.
inline bf16* scratch_of(const ConvolutionGeometry& g) {
  static std::vector<bf16> memory;
  const std::int64_t elements = std::max(
      {forward_scratch_elements(g), backward_data_scratch_elements(g), weight_gradient_scratch_elements(g)});
  memory.assign(static_cast<std::size_t>(elements), to_bf16(std::numeric_limits<float>::quiet_NaN()));
  return memory.data();
}

inline std::vector<ConvolutionChoice> convolution_choices() {
  std::vector<ConvolutionChoice> choices;
  for (const Isa isa : usable_isas()) {
    choices.push_back({isa, false});
    choices.push_back({isa, true});
  }
  return choices;
}

inline std::string choice_name(const testing::TestParamInfo<ConvolutionChoice>& info) {
  return std::string(name(info.param.isa)) + (info.param.shared ? "_shared" : "_separate");
}

#define FTL_FOR_EVERY_CONVOLUTION(suite)                                                               \
  INSTANTIATE_TEST_SUITE_P(Isa, suite, testing::ValuesIn(::ftl::kernels::test::convolution_choices()), \
                           ::ftl::kernels::test::choice_name)

}  // namespace ftl::kernels::test
