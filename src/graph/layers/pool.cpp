#include "graph/layers/pool.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "graph/graph_builder.hpp"
#include "graph/layer_keys.hpp"
#include "graph/ops/pool.hpp"

namespace ftl::graph {

std::string_view PoolDescription::op() const {
  const bool is_max = kind == kernels::PoolKind::max;
  if (global) return is_max ? "global_max_pool" : "global_avg_pool";
  return is_max ? "max_pool" : "avg_pool";
}

void PoolDescription::visit(LayerKeys& keys) {
  if (global) return;
  const bool stride_is_kernel = stride == kernel;
  keys.integer("kernel", kernel, count_from(1));
  if (stride_is_kernel) stride = kernel;
  keys.integer("stride", stride, count_from(1));
  keys.integer("pad", pad, {.low = 0, .high = kernel - 1.0});  // no window of padding alone
}

int PoolDescription::add_to(GraphBuilder& builder, const std::string& name, int input) const {
  input = builder.blocked(input);
  const Shape in = builder.shape(input);
  kernels::PoolGeometry geometry{.kind = kind, .in = in};
  geometry.kernel_height = global ? in.height : kernel;
  geometry.kernel_width = global ? in.width : kernel;
  geometry.stride = global ? 1 : stride;
  geometry.pad = global ? 0 : pad;
  const int height = in.height + 2 * geometry.pad - geometry.kernel_height;
  const int width = in.width + 2 * geometry.pad - geometry.kernel_width;
  if (height < 0 || width < 0) {
    builder.refuse("pool", fmt::format("a {}x{} window does not fit its {} input", geometry.kernel_height,
                                       geometry.kernel_width, to_string(in)));
  }
  if (2 * geometry.pad > std::min(geometry.kernel_height, geometry.kernel_width)) {
    builder.refuse("pool", fmt::format("pad is {}; at most half the kernel is allowed", geometry.pad));
  }
  geometry.out = {in.channels, height / geometry.stride + 1, width / geometry.stride + 1};
  return builder.push(name, {input}, PoolOp(geometry));
}

}  // namespace ftl::graph
