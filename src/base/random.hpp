// Counter-based random numbers (Philox 4x32-10; Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
// SC11). A stream is named by its key, so a picture's augmentation depends on (seed, epoch, picture) and not
// on which thread draws it or in what order.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace ftl {

// What a stream of random numbers is for; streams of different purposes never overlap.
enum class RandomPurpose : std::uint32_t {
  initialisation,
  shuffle,
  augmentation,
  flip,
  cutmix,
  synthetic,
  test,
  holdout,
  selection,
  balance
};

class Random {
 public:
  // `stream` and `substream` tell streams of one seed and purpose apart, e.g. epoch and image index.
  Random(std::uint64_t seed, RandomPurpose purpose, std::uint32_t stream = 0, std::uint32_t substream = 0);

  std::uint32_t next();
  // Uniform in [0, 1).
  float uniform();
  // Uniform in [low, high).
  float uniform(float low, float high) { return low + (high - low) * uniform(); }
  // Uniform in [0, bound), bound > 0, without modulo bias.
  std::uint32_t below(std::uint32_t bound);
  // Standard normal.
  float normal();

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> output_{};
  int used_ = 4;
};

// Fisher–Yates.
void shuffle(std::span<std::int32_t> values, Random& random);

}  // namespace ftl
