// Where the time of training steps goes: what was recorded of each thread, summed by kind of work and by
// layer.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/activity_recorder.hpp"
#include "engine/work.hpp"

namespace ftl::lab {

// Activities are those of engine/work.hpp.
struct Recording {
  std::vector<std::string> layers;         // names, by node
  std::vector<std::vector<Span>> lines;    // by thread, each in the order of time
  std::map<Activity, engine::Work> items;  // of the programs that ran
  std::map<Activity, double> flop;         // executed by the convolutions' activities, over all steps
  double wall_seconds = 0;                 // of the steps, on a clock of its own
  int steps = 0;

  // What any activity but kUnnamed stands for.
  engine::Work work(Activity activity) const;
  // The layer's name, "" for work that belongs to none.
  std::string layer(const engine::Work& work) const;
};

// Times are summed over threads and steps.
struct ProfileRow {
  engine::WorkKind kind = engine::WorkKind::waiting;
  std::string layer;      // "" where the work belongs to none, and in sums over layers
  std::string_view work;  // the item of the program or the chore; in sums over them the kind
  double seconds = 0;
  double flop = 0;  // 0 where none is counted

  // As if all threads did only this.
  double flop_per_second(int threads) const { return flop / seconds * threads; }
};

// Rows are sorted by time, the longest first, and are only of work that was done.
struct Profile {
  int threads = 0;
  int steps = 0;
  double wall_seconds = 0;
  std::vector<ProfileRow> kinds;
  std::vector<ProfileRow> layers;  // by layer and work

  double thread_seconds() const { return threads * wall_seconds; }
  double measured_seconds() const;  // the sum of all rows, waiting included
  // What part of all threads' time the row took.
  double share(const ProfileRow& row) const { return row.seconds / thread_seconds(); }
  // How much of a step's wall time it took, on average over the threads.
  double seconds_of_step(const ProfileRow& row) const { return row.seconds / threads / steps; }
};

// Spans that nobody named are in no row: they are what measured_seconds lacks.
Profile sum_up(const Recording& recording);

}  // namespace ftl::lab
