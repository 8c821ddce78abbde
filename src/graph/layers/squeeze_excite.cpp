#include "graph/layers/squeeze_excite.hpp"

#include <fmt/format.h>

#include "graph/graph_builder.hpp"
#include "graph/layer_keys.hpp"
#include "graph/layer_names.hpp"
#include "graph/layers/activation.hpp"
#include "graph/layers/pool.hpp"
#include "graph/ops/multiply.hpp"

namespace ftl::graph {

void SqueezeExciteDescription::visit(LayerKeys& keys) {
  keys.earlier_layer("from", from, true);
  keys.integer("ratio", ratio, count_from(1));
  keys.choice("act", activation, kActivations);
}

int SqueezeExciteDescription::add_to(GraphBuilder& builder, const std::string& name, int input) const {
  const int x = builder.blocked(input);
  const int source = from.empty() ? x : builder.named(from, "squeeze_excite");
  const int source_channels = builder.shape(source).channels;
  if (source_channels % ratio != 0 || source_channels < ratio) {
    builder.refuse("squeeze_excite", fmt::format("ratio is {}; it must divide the {} channels of its source",
                                                 ratio, source_channels));
  }
  const PoolDescription mean{.kind = kernels::PoolKind::average, .global = true};
  int gate = mean.add_to(builder, name + ".mean", source);
  gate = builder.add_linear({.name = name + ".reduce", .kind = "linear", .bias = true}, gate,
                            source_channels / ratio);
  gate = ActivationDescription{activation}.add_to(builder, name + ".act", gate);
  gate = builder.add_linear({.name = name + ".expand", .kind = "linear", .bias = true}, gate,
                            builder.shape(x).channels);
  gate = ActivationDescription{kernels::ActivationKind::sigmoid}.add_to(builder, name + ".gate", gate);
  return builder.push(name, {x, gate}, MultiplyOp());
}

void SqueezeExciteDescription::name_in(LayerNamer& namer, std::string& name) {
  namer.give(std::string(kStem), name);
  namer.count(std::string(PoolDescription::kStem), 1);
  namer.count(std::string(ActivationDescription::kStem), 2);
}

}  // namespace ftl::graph
