// What is kept of training pictures that were seen a while ago: scores of the network by how long ago that
// was, and by class.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace ftl::train {

// Tenths of an epoch.
inline constexpr int kAgeBins = 10;

// In the plain view, without label smoothing; NaN of no pictures.
struct GroupScore {
  std::int64_t pictures = 0;
  double loss = 0;      // mean cross-entropy
  double accuracy = 0;  // fraction
};

struct ClassForgetting {
  std::string name;
  GroupScore all;
  GroupScore recent;  // seen in the last half epoch
  GroupScore oldest;  // half an epoch to an epoch ago
  // How much loss half an epoch of other pictures costs.
  double forgotten() const { return oldest.loss - recent.loss; }
};

// At the end of an epoch, by the weights that evaluation uses.
struct ForgettingRecord {
  int run = 0;                              // 0 for the first of --runs
  double epoch = 0;                         // epochs finished
  std::array<GroupScore, kAgeBins> by_age;  // [b]: seen b to b + 1 tenths of an epoch ago
  std::vector<ClassForgetting> by_class;
  GroupScore unseen;  // of the test pictures
};

// A line of forgetting.jsonl, with its end.
std::string json_line(const ForgettingRecord& record, std::uint64_t seed);

}  // namespace ftl::train
