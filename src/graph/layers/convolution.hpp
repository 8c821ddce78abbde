#pragma once

#include <string>
#include <string_view>

#include "graph/initialisation.hpp"
#include "graph/layer.hpp"

namespace ftl::graph {

struct ConvolutionDescription {
  int out = 0;
  int kernel_height = 3;
  int kernel_width = 3;
  int stride = 1;
  int pad = -1;    // on every side; -1: kernel / 2 ("same"), for square kernels of odd size only
  int groups = 1;  // 0: depthwise, one group a channel
  bool bias = false;
  Initialisation initialisation = Initialisation::kaiming_uniform;

  static constexpr bool kLearns = true;
  static constexpr std::string_view kStem = "conv";
  std::string_view op() const { return "conv"; }
  void visit(LayerKeys& keys);
  int add_to(GraphBuilder& builder, const std::string& name, int input) const;

  friend bool operator==(const ConvolutionDescription&, const ConvolutionDescription&) = default;
};

}  // namespace ftl::graph
