#include "measure/timing.hpp"

#include <algorithm>
#include <chrono>

#include "base/interrupt.hpp"

namespace ftl::measure {
namespace {

constexpr int kTurns = 5;
// Of what is so slow that single runs use up its time several times.
constexpr int kTurnsOfSlow = 3;
constexpr double kSlow = 4;

double seconds_of(const std::function<void()>& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// The value below which `share` of the sorted values lie, linear between neighbours.
double quantile(const std::vector<double>& sorted, double share) {
  const double position = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

// The time of the turn.
double take_turn(const Contestant& contestant, double seconds, std::vector<double>& timed) {
  throw_if_interrupted();
  const double untimed = seconds_of(contestant.run);
  double spent = 0;
  for (; spent < seconds; spent += timed.back()) {
    throw_if_interrupted();
    timed.push_back(seconds_of(contestant.run));
  }
  if (contestant.leave) contestant.leave();
  return untimed + spent;
}

}  // namespace

Timing describe(std::vector<double> seconds) {
  std::ranges::sort(seconds);
  return {quantile(seconds, 0.5), quantile(seconds, 0.75) - quantile(seconds, 0.25),
          static_cast<int>(seconds.size())};
}

std::vector<Timing> time_in_turns(const std::vector<Contestant>& contestants, double seconds_each) {
  std::vector<std::vector<double>> timed(contestants.size());
  std::vector<double> spent(contestants.size(), 0.0);
  for (int turn = 0; turn < kTurns; ++turn) {
    for (std::size_t c = 0; c < contestants.size(); ++c) {
      if (turn >= kTurnsOfSlow && spent[c] > kSlow * seconds_each) continue;
      spent[c] += take_turn(contestants[c], seconds_each / kTurns, timed[c]);
    }
  }
  std::vector<Timing> timings;
  for (std::vector<double>& seconds : timed) timings.push_back(describe(std::move(seconds)));
  return timings;
}

}  // namespace ftl::measure
