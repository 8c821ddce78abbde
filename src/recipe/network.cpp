#include "recipe/network.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <regex>

namespace ftl::recipe {
namespace {

using Layer = decltype(graph::LayerDescription::layer);
using graph::Initialisation;
using kernels::ActivationKind;
using kernels::PoolKind;

const std::array<Choice<ActivationKind>, 5> kActivations{{{"relu", ActivationKind::relu},
                                                          {"gelu", ActivationKind::gelu},
                                                          {"silu", ActivationKind::silu},
                                                          {"celu", ActivationKind::celu},
                                                          {"sigmoid", ActivationKind::sigmoid}}};

const std::array<Choice<graph::Products>, 2> kProducts{
    {{"bf16", graph::Products::bf16}, {"int8", graph::Products::int8}}};

const std::array<Choice<Initialisation>, 3> kConvolutionInitialisations{
    {{"kaiming_uniform", Initialisation::kaiming_uniform},
     {"kaiming_normal", Initialisation::kaiming_normal},
     {"dirac", Initialisation::dirac}}};

const std::array<Choice<Initialisation>, 2> kLinearInitialisations{
    {{"kaiming_uniform", Initialisation::kaiming_uniform}, {"unit_std", Initialisation::unit_std}}};

// Where a layer stands.
struct Scope {
  std::vector<std::string> earlier;  // the outputs named so far
  std::vector<std::string> taken;    // those, and the names of the layers around this one
  bool first = true;                 // no layer comes before
  bool whole = true;                 // all layers of the network are seen; else `from` may name any
};

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr ListForm kLayers{.elements = "layers",
                           .example = "{ op = \"conv\", out = 64 }",
                           .at_least_one = "one layer or more",
                           .one_a_line = true};
constexpr ListForm kShortcut{.elements = "layers",
                             .example = "{ op = \"conv\", out = 64 }",
                             .at_least_one = "",
                             .written_when_empty = false};

void layer_keys(Keys& keys, graph::LayerDescription& layer, Scope& scope);

void layers_keys(Keys& keys, std::string_view key, std::vector<graph::LayerDescription>& layers,
                 const ListForm& form, Scope& scope) {
  layers.resize(keys.list(key, layers.size(), form));
  for (std::size_t i = 0; i < layers.size(); ++i) {
    keys.element(key, i, form, [&](Keys& element) { layer_keys(element, layers[i], scope); });
  }
}

void from_key(Keys& keys, std::string& from, Presence presence, const Scope& scope) {
  const std::string allowed = scope.earlier.empty() ? "the name of an earlier layer (none has one)"
                                                    : fmt::format("the name of an earlier layer ({})",
                                                                  fmt::join(scope.earlier, ", "));
  if (presence == Presence::required) {
    keys.string("from", from, presence, allowed);
  } else {
    keys.string_if_any("from", from);
  }
  if (!scope.whole || (presence == Presence::optional && from.empty())) return;
  keys.check("from", contains(scope.earlier, from), allowed);
}

constexpr Range kOutputs{.low = 1, .high = 65'536};  // beyond that a typing error is likelier than a wish

void operation_keys(Keys& keys, graph::ConvolutionDescription& convolution, Scope&) {
  keys.integer("out", convolution.out, kOutputs, Presence::required);
  keys.sides("kernel", convolution.kernel_height, convolution.kernel_width, count_from(1));
  keys.integer("stride", convolution.stride, count_from(1));
  keys.integer_or("pad", convolution.pad, count_from(0), {"same", -1});
  keys.integer_or("groups", convolution.groups, count_from(1), {"depthwise", 0});
  keys.boolean("bias", convolution.bias);
  keys.choice("init", convolution.initialisation, kConvolutionInitialisations);
}

void operation_keys(Keys& keys, graph::WhiteningDescription& whitening, Scope& scope) {
  if (scope.whole && !scope.first)
    throw InputError("{} may only be \"whiten\" in the network's first layer", keys.path("op"));
  keys.integer("kernel", whitening.kernel, count_from(1));
  keys.boolean("negatives", whitening.negatives);
  keys.number("eps", whitening.eps, above(0));
  keys.integer("images", whitening.images, count_from(0));
  keys.boolean("bias", whitening.bias);
}

void operation_keys(Keys& keys, graph::LinearDescription& linear, Scope&) {
  keys.integer_or("out", linear.out, kOutputs, {"classes", 0});
  keys.boolean("bias", linear.bias);
  keys.boolean("balance", linear.balance);
  keys.choice("init", linear.initialisation, kLinearInitialisations);
}

void operation_keys(Keys& keys, graph::BatchNormDescription& norm, Scope&) {
  keys.boolean("scale", norm.scale);
  keys.boolean("bias", norm.bias);
  keys.number("eps", norm.eps, above(0));
  keys.number("momentum", norm.momentum, {.low = 0, .high = 1, .above_low = true});
}

void operation_keys(Keys& keys, graph::ActivationDescription& activation, Scope&) {
  keys.choice("kind", activation.kind, kActivations);
}

constexpr int kAsKernel = 0;  // a pool's stride where a recipe says none

void operation_keys(Keys& keys, graph::PoolDescription& pool, Scope&) {
  if (pool.global) return;
  keys.integer("kernel", pool.kernel, count_from(1));
  if (pool.stride == kAsKernel) pool.stride = pool.kernel;
  keys.integer("stride", pool.stride, count_from(1));
  keys.integer("pad", pool.pad, {.low = 0, .high = pool.kernel - 1.0});  // no window of padding alone
}

void operation_keys(Keys& keys, graph::SqueezeExciteDescription& squeeze_excite, Scope& scope) {
  from_key(keys, squeeze_excite.from, Presence::optional, scope);
  keys.integer("ratio", squeeze_excite.ratio, count_from(1));
  keys.choice("act", squeeze_excite.activation, kActivations);
}

void operation_keys(Keys& keys, graph::AddDescription& add, Scope& scope) {
  from_key(keys, add.from, Presence::required, scope);
  layers_keys(keys, "shortcut", add.shortcut, kShortcut, scope);
}

struct Operation {
  std::string_view name;
  Layer initial;  // as it is where a recipe says nothing of it
};

graph::PoolDescription pool_of(PoolKind kind, bool global) {
  graph::PoolDescription pool{.kind = kind, .global = global};
  if (!global) pool.stride = kAsKernel;
  return pool;
}

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all{{"conv", graph::ConvolutionDescription{}},
                                          {"whiten", graph::WhiteningDescription{}},
                                          {"linear", graph::LinearDescription{}},
                                          {"batch_norm", graph::BatchNormDescription{}},
                                          {"act", graph::ActivationDescription{}},
                                          {"max_pool", pool_of(PoolKind::max, false)},
                                          {"avg_pool", pool_of(PoolKind::average, false)},
                                          {"global_max_pool", pool_of(PoolKind::max, true)},
                                          {"global_avg_pool", pool_of(PoolKind::average, true)},
                                          {"squeeze_excite", graph::SqueezeExciteDescription{}},
                                          {"add", graph::AddDescription{}}};
  return all;
}

bool is_same_operation(const Layer& layer, const Layer& other) {
  if (layer.index() != other.index()) return false;
  const auto* pooled = std::get_if<graph::PoolDescription>(&layer);
  const auto* other_pooled = std::get_if<graph::PoolDescription>(&other);
  return pooled == nullptr || (pooled->kind == other_pooled->kind && pooled->global == other_pooled->global);
}

// What is read starts as its operation's initial layer.
void operation_key(Keys& keys, Layer& layer) {
  std::vector<std::string_view> names;
  std::size_t before = operations().size();
  for (std::size_t i = 0; i < operations().size(); ++i) {
    names.push_back(operations()[i].name);
    if (is_same_operation(layer, operations()[i].initial)) before = i;
  }
  std::size_t chosen = before;
  keys.choose("op", chosen, names, Presence::required);
  if (keys.is_reading()) layer = operations()[chosen].initial;
}

void name_key(Keys& keys, std::string& name, Scope& scope) {
  static const std::regex pattern("[A-Za-z0-9_-]+");
  keys.string_if_any("name", name);
  if (name.empty()) return;
  keys.check("name", std::regex_match(name, pattern), "letters, digits, _ and -");
  keys.check("name", name != "input", "another word (input is reserved)");
  keys.check("name", !contains(scope.taken, name), "a name that no other layer has");
  scope.taken.push_back(name);
}

bool has_parameters(const Layer& layer) {
  return std::holds_alternative<graph::ConvolutionDescription>(layer) ||
         std::holds_alternative<graph::WhiteningDescription>(layer) ||
         std::holds_alternative<graph::LinearDescription>(layer) ||
         std::holds_alternative<graph::BatchNormDescription>(layer) ||
         std::holds_alternative<graph::SqueezeExciteDescription>(layer);
}

void layer_keys(Keys& keys, graph::LayerDescription& layer, Scope& scope) {
  operation_key(keys, layer.layer);
  name_key(keys, layer.name, scope);
  std::visit([&](auto& operation) { operation_keys(keys, operation, scope); }, layer.layer);
  if (has_parameters(layer.layer)) keys.number("train_until", layer.train_until, at_least(0));
  scope.first = false;
  if (!layer.name.empty()) scope.earlier.push_back(layer.name);
}

}  // namespace

void network_keys(Keys& keys, graph::NetworkDescription& network) {
  keys.number("width", network.width, above(0));
  keys.choice("products", network.products, kProducts);
  keys.number("logit_scale", network.logit_scale, above(0));
  Scope scope;
  layers_keys(keys, "layers", network.layers, kLayers, scope);
}

void layer_keys(Keys& keys, graph::LayerDescription& layer) {
  Scope scope{.earlier = {}, .taken = {}, .first = true, .whole = false};
  layer_keys(keys, layer, scope);
}

}  // namespace ftl::recipe
