// Which optimizer a table of a recipe asks for, and how it is set. A further optimizer is a structure as
// those below, in a file of its own, and its place in OptimizerRule.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/keys.hpp"
#include "optim/adamw.hpp"
#include "optim/muon.hpp"
#include "optim/optimizer.hpp"
#include "optim/sgd.hpp"

namespace ftl::optim {

// The first is what a recipe means that names none. Each type has
//   kName              what a recipe calls it
//   kFiltersOnly       whether it is for filters only
//   keys(Keys&)        its own keys, defaults and ranges
//   make(sizes)        the optimizer
using OptimizerRule = std::variant<SgdConfig, MuonConfig, AdamWConfig>;

struct OptimizerConfig {
  double learning_rate = 0.1;
  OptimizerRule rule;

  friend bool operator==(const OptimizerConfig&, const OptimizerConfig&) = default;
};

std::string_view name(const OptimizerRule& rule);
bool is_for_filters_only(const OptimizerRule& rule);

// One of each kind, as a recipe means it that sets none of its keys.
const std::vector<OptimizerRule>& optimizer_rules();

// Shows `kind`, `lr` and the keys of that kind.
void optimizer_keys(Keys& keys, OptimizerConfig& config);

// An optimizer for parameters of these sizes (elements each).
std::unique_ptr<Optimizer> make_optimizer(const OptimizerRule& rule, std::span<const std::int64_t> sizes);

}  // namespace ftl::optim
