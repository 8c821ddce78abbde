#include "base/activity_recorder.hpp"

namespace ftl {

std::vector<Span> ActivityRecorder::spans(int thread) const {
  const std::vector<Change>& changes = lines_[static_cast<std::size_t>(thread)].changes;
  std::vector<Span> spans;
  for (std::size_t i = 0; i + 1 < changes.size(); ++i) {
    const bool lasts = changes[i + 1].time > changes[i].time;
    if (changes[i].to != kStopped && lasts)
      spans.push_back({changes[i].to, changes[i].time, changes[i + 1].time});
  }
  return spans;
}

}  // namespace ftl
