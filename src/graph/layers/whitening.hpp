#pragma once

#include <string>
#include <string_view>

#include "graph/layer.hpp"

namespace ftl::graph {

// A frozen convolution whose filters are the eigenvectors of the training patches' covariance, each divided
// by sqrt(eigenvalue + eps) (Page, "How to train your ResNet"). Must be the first layer; no padding.
struct WhiteningDescription {
  int kernel = 2;
  bool negatives = false;  // the filters and their negatives: out = 2 * 3 * kernel^2 instead of 3 * kernel^2
  double eps = 5e-4;
  int images = 5000;  // of the training split, evenly spaced; 0: all
  bool bias = false;  // learned

  static constexpr bool kLearns = true;
  static constexpr std::string_view kStem = "whiten";
  std::string_view op() const { return "whiten"; }
  void visit(LayerKeys& keys);
  int add_to(GraphBuilder& builder, const std::string& name, int input) const;
  void name_in(LayerNamer& namer, std::string& name);

  friend bool operator==(const WhiteningDescription&, const WhiteningDescription&) = default;
};

}  // namespace ftl::graph
