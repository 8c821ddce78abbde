// The channels of several values of one height and width, one value's after the
// other's: the op, and the layer that puts its own input's before those of
// earlier layers (DenseNet, Huang et al. 2017; Inception).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/layer.hpp"
#include "graph/op.hpp"

namespace ftl::graph {

class ConcatOp final : public Op {
 public:
  Shape shape(std::span<const Shape> inputs) const override {
    Shape all{0, inputs[0].height, inputs[0].width};
    for (const Shape& input : inputs) all.channels += input.channels;
    return all;
  }
  bool is_cheap() const override { return true; }
};

struct ConcatDescription {
  std::vector<std::string> from;  // named outputs

  static constexpr bool kLearns = false;
  static constexpr std::string_view kStem = "concat";
  std::string_view op() const { return "concat"; }
  void visit(LayerKeys& keys);
  int add_to(GraphBuilder& builder, const std::string& name, int input) const;

  friend bool operator==(const ConcatDescription&, const ConcatDescription&) = default;
};

}  // namespace ftl::graph
