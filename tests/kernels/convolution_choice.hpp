// Runs tests of convolutions on every instruction set, made of either kind of products.
#pragma once

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
