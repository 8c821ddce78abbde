#include "graph/layers/list.hpp"

#include "graph/layers/activation.hpp"
#include "graph/layers/add.hpp"
#include "graph/layers/batch_norm.hpp"
#include "graph/layers/convolution.hpp"
#include "graph/layers/linear.hpp"
#include "graph/layers/pool.hpp"
#include "graph/layers/squeeze_excite.hpp"
#include "graph/layers/whitening.hpp"
#include "graph/ops/concat.hpp"

namespace ftl::graph {

const std::vector<Layer>& every_layer() {
  using kernels::PoolKind;
  static const std::vector<Layer> layers{ConvolutionDescription{},
                                         WhiteningDescription{},
                                         LinearDescription{},
                                         BatchNormDescription{},
                                         ActivationDescription{},
                                         PoolDescription{.kind = PoolKind::max},
                                         PoolDescription{.kind = PoolKind::average},
                                         PoolDescription{.kind = PoolKind::max, .global = true},
                                         PoolDescription{.kind = PoolKind::average, .global = true},
                                         SqueezeExciteDescription{},
                                         AddDescription{},
                                         ConcatDescription{}};
  return layers;
}

}  // namespace ftl::graph
