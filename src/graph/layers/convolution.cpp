#include "graph/layers/convolution.hpp"

#include <fmt/format.h>

#include "graph/graph_builder.hpp"
#include "graph/layer_keys.hpp"

namespace ftl::graph {

void ConvolutionDescription::visit(LayerKeys& keys) {
  static constexpr std::array<Choice<Initialisation>, 3> kInitialisations{
      {{"kaiming_uniform", Initialisation::kaiming_uniform},
       {"kaiming_normal", Initialisation::kaiming_normal},
       {"dirac", Initialisation::dirac}}};
  keys.required_integer("out", out, kOutputs);
  keys.sides("kernel", kernel_height, kernel_width);
  keys.integer("stride", stride, count_from(1));
  keys.integer_or("pad", pad, count_from(0), {"same", -1});
  keys.integer_or("groups", groups, count_from(1), {"depthwise", 0});
  keys.boolean("bias", bias);
  keys.choice("init", initialisation, kInitialisations);
}

int ConvolutionDescription::add_to(GraphBuilder& builder, const std::string& name, int input) const {
  const bool square_and_odd = kernel_height == kernel_width && kernel_height % 2 == 1;
  if (pad < 0 && !square_and_odd) {
    builder.refuse("conv", fmt::format("pad \"same\" (the default) is for square kernels of odd size, not "
                                       "{}x{}; give pad as a number",
                                       kernel_height, kernel_width));
  }
  const int channels = builder.shape(input).channels;
  // A depthwise convolution follows its input's width; any other follows the network's.
  const bool follows_input = groups == 0 && out == builder.described_channels(input);
  const kernels::ConvolutionGeometry geometry{.out = {follows_input ? channels : builder.scaled(out), 0, 0},
                                              .kernel_height = kernel_height,
                                              .kernel_width = kernel_width,
                                              .stride = stride,
                                              .pad = pad >= 0 ? pad : kernel_height / 2,
                                              .groups = groups == 0 ? channels : groups};
  const int node = builder.add_convolution(
      {.name = name, .kind = "conv", .initialisation = initialisation, .bias = bias}, input, geometry);
  builder.set_described_channels(node, out);
  return node;
}

}  // namespace ftl::graph
