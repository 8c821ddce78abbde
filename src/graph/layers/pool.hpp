#pragma once

#include <string>
#include <string_view>

#include "graph/layer.hpp"
#include "kernels/pool/pool.hpp"

namespace ftl::graph {

struct PoolDescription {
  kernels::PoolKind kind = kernels::PoolKind::max;
  bool global = false;
  int kernel = 2;
  int stride = 2;  // in a recipe the kernel, without the key
  int pad = 0;

  static constexpr bool kLearns = false;
  static constexpr std::string_view kStem = "pool";
  std::string_view op() const;
  void visit(LayerKeys& keys);
  int add_to(GraphBuilder& builder, const std::string& name, int input) const;

  friend bool operator==(const PoolDescription&, const PoolDescription&) = default;
};

}  // namespace ftl::graph
