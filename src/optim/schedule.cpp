#include "optim/schedule.hpp"

#include <array>
#include <cmath>
#include <numbers>

namespace ftl::optim {
namespace {

// one_cycle is another word for a line, kept for the recipes that use it: one with a warm-up.
const std::array<Choice<ScheduleKind>, 4> kKinds{{{"constant", ScheduleKind::constant},
                                                  {"linear", ScheduleKind::linear},
                                                  {"one_cycle", ScheduleKind::linear},
                                                  {"cosine", ScheduleKind::cosine}}};

}  // namespace

void ScheduleConfig::keys(Keys& keys) {
  keys.choice("kind", kind, kKinds);
  keys.number("warmup", warmup, kShare);
  keys.number("start", start, at_least(0));
  keys.number("end", end, at_least(0));
  keys.number("until", until, at_least(0));
}

double schedule_factor(const ScheduleConfig& config, const TrainingLength& length, double step) {
  const auto total = static_cast<double>(length.total_steps);
  const double peak = config.warmup * total;
  if (step < peak) return config.start + (1 - config.start) * step / peak;
  if (config.kind == ScheduleKind::constant) return 1;
  const double last = config.until > 0 ? config.until * length.steps_per_epoch : total;
  if (step >= last) return config.end;
  const double passed = (step - peak) / (last - peak);
  const double left =
      config.kind == ScheduleKind::cosine ? (1 + std::cos(std::numbers::pi * passed)) / 2 : 1 - passed;
  return config.end + (1 - config.end) * left;
}

}  // namespace ftl::optim
