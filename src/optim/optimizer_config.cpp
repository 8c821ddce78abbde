#include "optim/optimizer_config.hpp"

#include <utility>

namespace ftl::optim {
namespace {

template <std::size_t... index>
std::vector<OptimizerRule> one_of_each(std::index_sequence<index...>) {
  return {OptimizerRule(std::in_place_index<index>)...};
}

}  // namespace

std::string_view name(const OptimizerRule& rule) {
  return std::visit([](const auto& config) { return std::string_view(config.kName); }, rule);
}

bool is_for_filters_only(const OptimizerRule& rule) {
  return std::visit([](const auto& config) { return bool{config.kFiltersOnly}; }, rule);
}

const std::vector<OptimizerRule>& optimizer_rules() {
  static const std::vector<OptimizerRule> rules =
      one_of_each(std::make_index_sequence<std::variant_size_v<OptimizerRule>>());
  return rules;
}

void optimizer_keys(Keys& keys, OptimizerConfig& config) {
  std::vector<std::string_view> names;
  for (const OptimizerRule& rule : optimizer_rules()) names.push_back(name(rule));
  std::size_t kind = config.rule.index();
  keys.choose("kind", kind, names, Presence::optional);
  if (kind != config.rule.index()) config.rule = optimizer_rules()[kind];
  keys.number("lr", config.learning_rate, at_least(0), Presence::required);
  std::visit([&](auto& rule) { rule.keys(keys); }, config.rule);
}

std::unique_ptr<Optimizer> make_optimizer(const OptimizerRule& rule, std::span<const std::int64_t> sizes) {
  return std::visit([&](const auto& config) { return config.make(sizes); }, rule);
}

}  // namespace ftl::optim
