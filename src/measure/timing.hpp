// How long something takes on a machine that other work shares.
#pragma once

#include <functional>
#include <utility>
#include <vector>

namespace ftl::measure {

struct Timing {
  double seconds = 0;   // median
  double spread = 0;    // the middle half of the repetitions lies within a range of this many seconds
  int repetitions = 0;  // timed ones that count
  int disturbed = 0;    // timed ones that do not; where all are, they count nevertheless
};

// Of at least one.
Timing describe(std::vector<double> seconds);

// Tells when the machine is slower than it can be: its speed, by the same short piece of work each time.
class SpeedGauge {
 public:
  // look() returns the speed of the moment, in any unit. Empty: nothing is ever disturbed.
  explicit SpeedGauge(std::function<double()> look = {}) : look_(std::move(look)) {}

  double look();
  // Whether a look that saw `speed` was of the machine as fast as the best look found it, or nearly so.
  bool undisturbed(double speed) const;
  // The median of the undisturbed looks; 0 without any.
  double typical() const;

 private:
  std::function<double()> look_;
  std::vector<double> looks_;
  double best_ = 0;
};

// Of the clock that never jumps, since a point in the past that stays the same.
double steady_seconds();

// One of several ways that are compared.
struct Contestant {
  std::function<void()> run;
  std::function<void()> leave{};  // after its turn: gives up what would disturb the next; may be empty
};

// Takes five turns, so that a slow moment of the machine hits all alike: in each a contestant runs once
// untimed, which brings its data and threads back, and then timed until its share of `seconds_each` is used
// up, at least once. One that has used up many times that after three turns takes no more. The gauge looks
// before and after each turn: what is timed in those that it finds disturbed does not count, unless all is.
// Throws Interruption on Ctrl-C. `now` is the clock, in seconds.
std::vector<Timing> time_in_turns(const std::vector<Contestant>& contestants, double seconds_each,
                                  SpeedGauge& gauge, const std::function<double()>& now = steady_seconds);

}  // namespace ftl::measure
