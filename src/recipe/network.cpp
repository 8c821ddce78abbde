#include "recipe/network.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <regex>

#include "base/error.hpp"

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
};

graph::LayerDescription read_layer(RecipeTable table, Scope& scope, std::string& resolved);

std::vector<graph::LayerDescription> read_layers(const toml::array& array, const std::string& path,
                                                 Scope& scope, std::vector<std::string>& resolved) {
  std::vector<graph::LayerDescription> layers;
  for (std::size_t i = 0; i < array.size(); ++i) {
    const std::string element = fmt::format("{}[{}]", path, i);
    if (!array[i].is_table()) throw InputError("{} must be a table, as in {{ op = \"act\" }}", element);
    layers.push_back(read_layer(RecipeTable(array[i].as_table(), element), scope, resolved.emplace_back()));
  }
  return layers;
}

std::string read_from(RecipeTable& table, const Scope& scope) {
  const std::string allowed = scope.earlier.empty() ? "the name of an earlier layer (none has one)"
                                                    : fmt::format("the name of an earlier layer ({})",
                                                                  fmt::join(scope.earlier, ", "));
  if (table.find("from") == nullptr) table.fail_missing("from", allowed);
  std::string from = table.string("from");
  if (std::find(scope.earlier.begin(), scope.earlier.end(), from) == scope.earlier.end())
    table.fail("from", allowed);
  return from;
}

void read_kernel(RecipeTable& table, graph::ConvolutionDescription& convolution) {
  constexpr std::string_view kAllowed = "an integer from 1 to 1000000 or [height, width]";
  const toml::node* node = table.find("kernel");
  if (node == nullptr || node->is_integer()) {
    convolution.kernel_height = convolution.kernel_width = table.integer("kernel", count_from(1), 3);
    return;
  }
  const toml::array* sides = table.array("kernel", kAllowed);
  if (sides->size() != 2) table.fail("kernel", kAllowed);
  const auto side = [&](std::size_t i) {
    const auto value = (*sides)[i].value_exact<std::int64_t>();
    if (!value || !count_from(1).contains(static_cast<double>(*value))) table.fail("kernel", kAllowed);
    return static_cast<int>(*value);
  };
  convolution.kernel_height = side(0);
  convolution.kernel_width = side(1);
  table.resolve("kernel", fmt::format("[{}, {}]", convolution.kernel_height, convolution.kernel_width));
}

constexpr Range kOutputs{.low = 1, .high = 65'536};  // beyond that a typing error is likelier than a wish

Layer read_convolution(RecipeTable& table, Scope&) {
  graph::ConvolutionDescription convolution;
  convolution.out = table.integer("out", kOutputs);
  read_kernel(table, convolution);
  convolution.stride = table.integer("stride", count_from(1), 1);
  convolution.pad = table.integer_or("pad", count_from(0), {"same", -1}, -1);
  convolution.groups = table.integer_or("groups", count_from(1), {"depthwise", 0}, 1);
  convolution.bias = table.boolean("bias", false);
  convolution.initialisation =
      table.choice("init", kConvolutionInitialisations, Initialisation::kaiming_uniform);
  return convolution;
}

Layer read_whitening(RecipeTable& table, Scope& scope) {
  if (!scope.first)
    throw InputError("{} may only be \"whiten\" in the network's first layer", table.path("op"));
  graph::WhiteningDescription whitening;
  whitening.kernel = table.integer("kernel", count_from(1), whitening.kernel);
  whitening.negatives = table.boolean("negatives", whitening.negatives);
  whitening.eps = table.number("eps", above(0), whitening.eps);
  whitening.images = table.integer("images", count_from(0), whitening.images);
  whitening.bias = table.boolean("bias", whitening.bias);
  return whitening;
}

Layer read_linear(RecipeTable& table, Scope&) {
  graph::LinearDescription linear;
  linear.out = table.integer_or("out", kOutputs, {"classes", 0}, 0);
  linear.bias = table.boolean("bias", linear.bias);
  linear.balance = table.boolean("balance", linear.balance);
  linear.initialisation = table.choice("init", kLinearInitialisations, linear.initialisation);
  return linear;
}

Layer read_batch_norm(RecipeTable& table, Scope&) {
  graph::BatchNormDescription norm;
  norm.scale = table.boolean("scale", norm.scale);
  norm.bias = table.boolean("bias", norm.bias);
  norm.eps = table.number("eps", above(0), norm.eps);
  norm.momentum = table.number("momentum", {.low = 0, .high = 1, .above_low = true}, norm.momentum);
  return norm;
}

Layer read_activation(RecipeTable& table, Scope&) {
  return graph::ActivationDescription{table.choice("kind", kActivations, ActivationKind::relu)};
}

template <PoolKind kind>
Layer read_pool(RecipeTable& table, Scope&) {
  graph::PoolDescription pool;
  pool.kind = kind;
  pool.kernel = table.integer("kernel", count_from(1), pool.kernel);
  pool.stride = table.integer("stride", count_from(1), pool.kernel);
  pool.pad = table.integer("pad", {.low = 0, .high = pool.kernel - 1.0}, 0);  // no window of padding alone
  return pool;
}

template <PoolKind kind>
Layer read_global_pool(RecipeTable&, Scope&) {
  graph::PoolDescription pool;
  pool.kind = kind;
  pool.global = true;
  return pool;
}

Layer read_squeeze_excite(RecipeTable& table, Scope& scope) {
  graph::SqueezeExciteDescription squeeze_excite;
  if (table.find("from") != nullptr) squeeze_excite.from = read_from(table, scope);
  squeeze_excite.ratio = table.integer("ratio", count_from(1), squeeze_excite.ratio);
  squeeze_excite.activation = table.choice("act", kActivations, ActivationKind::relu);
  return squeeze_excite;
}

Layer read_add(RecipeTable& table, Scope& scope) {
  graph::AddDescription add;
  add.from = read_from(table, scope);
  if (const toml::array* shortcut = table.array("shortcut", "an array of layers")) {
    std::vector<std::string> resolved;
    add.shortcut = read_layers(*shortcut, table.path("shortcut"), scope, resolved);
    table.resolve("shortcut", fmt::format("[{}]", fmt::join(resolved, ", ")));
  }
  return add;
}

const std::array<Choice<Layer (*)(RecipeTable&, Scope&)>, 11> kOperations{
    {{"conv", read_convolution},
     {"whiten", read_whitening},
     {"linear", read_linear},
     {"batch_norm", read_batch_norm},
     {"act", read_activation},
     {"max_pool", read_pool<PoolKind::max>},
     {"avg_pool", read_pool<PoolKind::average>},
     {"global_max_pool", read_global_pool<PoolKind::max>},
     {"global_avg_pool", read_global_pool<PoolKind::average>},
     {"squeeze_excite", read_squeeze_excite},
     {"add", read_add}}};

std::string read_name(RecipeTable& table, Scope& scope) {
  static const std::regex pattern("[A-Za-z0-9_-]+");
  std::string name = table.string("name");
  if (!std::regex_match(name, pattern)) table.fail("name", "letters, digits, _ and -");
  if (name == "input") table.fail("name", "another word (input is reserved)");
  if (std::find(scope.taken.begin(), scope.taken.end(), name) != scope.taken.end()) {
    table.fail("name", "a name that no other layer has");
  }
  scope.taken.push_back(name);
  return name;
}

bool has_parameters(const Layer& layer) {
  return std::holds_alternative<graph::ConvolutionDescription>(layer) ||
         std::holds_alternative<graph::WhiteningDescription>(layer) ||
         std::holds_alternative<graph::LinearDescription>(layer) ||
         std::holds_alternative<graph::BatchNormDescription>(layer) ||
         std::holds_alternative<graph::SqueezeExciteDescription>(layer);
}

graph::LayerDescription read_layer(RecipeTable table, Scope& scope, std::string& resolved) {
  graph::LayerDescription description;
  const auto read_operation = table.choice("op", kOperations);
  if (table.find("name") != nullptr) description.name = read_name(table, scope);
  description.layer = read_operation(table, scope);
  if (has_parameters(description.layer)) {
    description.train_until = table.number("train_until", at_least(0), description.train_until);
  }
  table.reject_unknown_keys();
  scope.first = false;
  if (!description.name.empty()) scope.earlier.push_back(description.name);
  resolved = table.inline_table();
  return description;
}

}  // namespace

graph::NetworkDescription read_network(RecipeTable& table) {
  constexpr std::string_view kLayers = "an array of layers, as in [ { op = \"conv\", out = 64 } ]";
  graph::NetworkDescription network;
  network.width = table.number("width", above(0), network.width);
  network.products = table.choice("products", kProducts, network.products);
  network.logit_scale = table.number("logit_scale", above(0), network.logit_scale);
  const toml::array* array = table.array("layers", kLayers);
  if (array == nullptr) table.fail_missing("layers", kLayers);
  if (array->empty()) table.fail("layers", "one layer or more");
  Scope scope;
  std::vector<std::string> resolved;
  network.layers = read_layers(*array, table.path("layers"), scope, resolved);
  table.resolve("layers", fmt::format("[\n  {},\n]", fmt::join(resolved, ",\n  ")));
  table.reject_unknown_keys();
  return network;
}

}  // namespace ftl::recipe
