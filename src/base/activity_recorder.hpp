// What each thread of a pool does when: an unbroken line of activities a thread, for a profile.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace ftl {

// A number that the layers above give a meaning to; negative ones have one here.
using Activity = std::int64_t;
inline constexpr Activity kUnnamed = -1;  // what nobody has said
inline constexpr Activity kWaiting = -2;  // for other threads: to wake up, to finish, to have work

// A half-open stretch of time, in nanoseconds of the steady clock.
struct Span {
  Activity activity = kUnnamed;
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

// A change of activity is one reading of the clock, which ends one span and begins the next: spans of a
// thread do not overlap and leave nothing out. No locks: a thread writes its own line, and thread 0 that of
// others while they have no work.
class ActivityRecorder {
 public:
  // `spans` a thread have room; more make room when they come.
  ActivityRecorder(int threads, std::size_t spans) : lines_(static_cast<std::size_t>(threads)) {
    for (Line& line : lines_) line.changes.reserve(spans);
  }

  int threads() const { return static_cast<int>(lines_.size()); }

  void begin(int thread, Activity activity) {
    Line& line = lines_[static_cast<std::size_t>(thread)];
    if (line.current == activity) return;
    change(line, activity, now());
  }
  Activity current(int thread) const { return lines_[static_cast<std::size_t>(thread)].current; }

  // From thread 0 while the others have no work. Between stop and start nothing is recorded.
  void start() {
    const std::int64_t time = now();
    for (Line& line : lines_) change(line, &line == lines_.data() ? kUnnamed : kWaiting, time);
  }
  void stop() {
    const std::int64_t time = now();
    for (Line& line : lines_) change(line, kStopped, time);
  }

  // What a thread did while recording, in the order of time, spans of no length left out. After stop.
  std::vector<Span> spans(int thread) const;

 private:
  static constexpr Activity kStopped = -3;
  struct Change {
    Activity to;
    std::int64_t time;
  };
  // Of its own cache line: threads write at the same time.
  struct alignas(64) Line {
    std::vector<Change> changes;
    Activity current = kStopped;
  };

  static std::int64_t now() {
    return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
  static void change(Line& line, Activity to, std::int64_t time) {
    line.changes.push_back({to, time});
    line.current = to;
  }

  std::vector<Line> lines_;
};

}  // namespace ftl
