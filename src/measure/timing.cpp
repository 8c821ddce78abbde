#include "measure/timing.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>

#include "base/interrupt.hpp"

namespace ftl::measure {
namespace {

constexpr int kTurns = 5;
// Of what is so slow that single runs use up its time several times.
constexpr int kTurnsOfSlow = 3;
constexpr double kSlow = 4;

using Clock = std::function<double()>;

double seconds_of(const std::function<void()>& run, const Clock& now) {
  const double start = now();
  run();
  return now() - start;
}

// The value below which `share` of the sorted values lie, linear between neighbours.
double quantile(const std::vector<double>& sorted, double share) {
  const double position = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

struct TimedRun {
  double seconds;
  double speed;  // of the machine, the slower of before and after the turn
};

// The time of the turn. The gauge does not look between its runs: what a contestant leaves waiting awake
// would slow the look down, and the gauge's threads the contestant.
double take_turn(const Contestant& contestant, double seconds, SpeedGauge& gauge, const Clock& now,
                 std::vector<TimedRun>& timed) {
  throw_if_interrupted();
  const std::size_t first = timed.size();
  const double before = gauge.look();
  const double untimed = seconds_of(contestant.run, now);
  double spent = 0;
  do {
    throw_if_interrupted();
    timed.push_back({seconds_of(contestant.run, now), before});
    spent += timed.back().seconds;
  } while (spent < seconds);
  if (contestant.leave) contestant.leave();
  const double after = gauge.look();
  for (std::size_t i = first; i < timed.size(); ++i) timed[i].speed = std::min(before, after);
  return untimed + spent;
}

Timing describe_undisturbed(const std::vector<TimedRun>& timed, const SpeedGauge& gauge) {
  std::vector<double> all;
  std::vector<double> undisturbed;
  for (const TimedRun& run : timed) {
    all.push_back(run.seconds);
    if (gauge.undisturbed(run.speed)) undisturbed.push_back(run.seconds);
  }
  const auto disturbed = static_cast<int>(all.size() - undisturbed.size());
  Timing timing = describe(undisturbed.empty() ? std::move(all) : std::move(undisturbed));
  timing.disturbed = disturbed;
  return timing;
}

}  // namespace

Timing describe(std::vector<double> seconds) {
  std::ranges::sort(seconds);
  return {quantile(seconds, 0.5), quantile(seconds, 0.75) - quantile(seconds, 0.25),
          static_cast<int>(seconds.size())};
}

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double SpeedGauge::look() {
  if (!look_) return 0;
  looks_.push_back(look_());
  best_ = std::max(best_, looks_.back());
  return looks_.back();
}

bool SpeedGauge::undisturbed(double speed) const {
  constexpr double kNearly = 0.8;  // clocks vary by that much; a busy other half of a core costs more
  return speed >= kNearly * best_;
}

double SpeedGauge::typical() const {
  std::vector<double> undisturbed_looks;
  std::ranges::copy_if(looks_, std::back_inserter(undisturbed_looks),
                       [this](double speed) { return undisturbed(speed); });
  if (undisturbed_looks.empty()) return 0;
  std::ranges::sort(undisturbed_looks);
  return quantile(undisturbed_looks, 0.5);
}

std::vector<Timing> time_in_turns(const std::vector<Contestant>& contestants, double seconds_each,
                                  SpeedGauge& gauge, const std::function<double()>& now) {
  std::vector<std::vector<TimedRun>> timed(contestants.size());
  std::vector<double> spent(contestants.size(), 0.0);
  for (int turn = 0; turn < kTurns; ++turn) {
    for (std::size_t c = 0; c < contestants.size(); ++c) {
      if (turn >= kTurnsOfSlow && spent[c] > kSlow * seconds_each) continue;
      spent[c] += take_turn(contestants[c], seconds_each / kTurns, gauge, now, timed[c]);
    }
  }
  std::vector<Timing> timings;
  for (const std::vector<TimedRun>& runs : timed) timings.push_back(describe_undisturbed(runs, gauge));
  return timings;
}

}  // namespace ftl::measure
