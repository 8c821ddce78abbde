#include "lab/protocol.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>

namespace ftl::lab {
namespace {

struct Rules {
  Protocol protocol;
  std::string_view name;
  std::string_view on_the_clock;
};

constexpr std::array<Rules, 3> kRules{
    {{Protocol::hlb, "hlb", "augmentation, training steps, weight averages"},
     {Protocol::airbench, "airbench", "whitening, training, final evaluation"},
     {Protocol::dawnbench, "dawnbench", "whitening, training to the first epoch at the target accuracy"}}};

const Rules& rules_of(Protocol protocol) {
  return *std::ranges::find(kRules, protocol, &Rules::protocol);
}

// Of training to the first epoch at the target.
double seconds_to_target(std::span<const train::EpochRecord> epochs, double target_accuracy) {
  const auto reached = std::ranges::find_if(
      epochs, [&](const train::EpochRecord& epoch) { return plain_accuracy(epoch) >= target_accuracy; });
  return reached == epochs.end() ? std::numeric_limits<double>::quiet_NaN() : reached->total_seconds;
}

}  // namespace

std::vector<std::string> protocol_names() {
  std::vector<std::string> names;
  for (const Rules& rules : kRules) names.emplace_back(rules.name);
  return names;
}

std::string_view name(Protocol protocol) {
  return rules_of(protocol).name;
}

Protocol protocol_named(std::string_view name) {
  const auto* const found = std::ranges::find(kRules, name, &Rules::name);
  if (found == kRules.end()) throw std::out_of_range("no protocol " + std::string(name));
  return found->protocol;
}

std::string_view on_the_clock(Protocol protocol) {
  return rules_of(protocol).on_the_clock;
}

double plain_accuracy(const train::EpochRecord& epoch) {
  return epoch.ema_val_accuracy.value_or(epoch.val_accuracy);
}

double protocol_seconds(Protocol protocol, const TimedRun& run, std::optional<double> target_accuracy) {
  const train::Seconds& seconds = run.result.seconds;
  switch (protocol) {
    case Protocol::hlb:
      return seconds.train;
    case Protocol::airbench:
      return seconds.init + seconds.train + seconds.final_eval;
    case Protocol::dawnbench:
      if (target_accuracy) return seconds.init + seconds_to_target(run.epochs, *target_accuracy);
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace ftl::lab
