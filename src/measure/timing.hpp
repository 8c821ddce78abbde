// How long something takes on a machine that other work shares.
#pragma once

#include <functional>
#include <vector>

namespace ftl::measure {

struct Timing {
  double seconds = 0;   // median
  double spread = 0;    // the middle half of the repetitions lies within a range of this many seconds
  int repetitions = 0;  // timed ones
};

// Of at least one.
Timing describe(std::vector<double> seconds);

// One of several ways that are compared.
struct Contestant {
  std::function<void()> run;
  std::function<void()> leave{};  // after its turn: gives up what would disturb the next; may be empty
};

// Takes five turns, so that a slow moment of the machine hits all alike: in each a contestant runs once
// untimed, which brings its data and threads back, and then timed until its share of `seconds_each` is used
// up, at least once. One that has used up many times that after three turns takes no more. Throws
// Interruption on Ctrl-C.
std::vector<Timing> time_in_turns(const std::vector<Contestant>& contestants, double seconds_each);

}  // namespace ftl::measure
