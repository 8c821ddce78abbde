#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "data/picture.hpp"

namespace ftl::data {
namespace {

constexpr std::size_t kChannels = 3;

Resizer::Taps triangle_taps(int from, int to, int target) {
  const double scale = static_cast<double>(from) / to;
  const double radius = std::max(scale, 1.0);
  const double centre = (target + 0.5) * scale;
  const int first = std::max(0, static_cast<int>(std::floor(centre - radius)));
  const int end = std::min(from, static_cast<int>(std::ceil(centre + radius)));
  Resizer::Taps taps{static_cast<std::size_t>(first), {}};
  double sum = 0;
  for (int source = first; source < end; ++source) {
    const double weight = std::max(0.0, 1.0 - std::abs(source + 0.5 - centre) / radius);
    taps.weights.push_back(static_cast<float>(weight));
    sum += weight;
  }
  for (float& weight : taps.weights) weight = static_cast<float>(weight / sum);
  return taps;
}

std::vector<Resizer::Taps> triangle_taps(int from, int to) {
  std::vector<Resizer::Taps> taps;
  for (int target = 0; target < to; ++target) taps.push_back(triangle_taps(from, to, target));
  return taps;
}

}  // namespace

Resizer::Resizer(PictureSize from, PictureSize to)
    : from_(from),
      same_(from == to),
      columns_(triangle_taps(from.width, to.width)),
      rows_(triangle_taps(from.height, to.height)) {}

void Resizer::run(std::span<const std::uint8_t> pixels, std::span<std::uint8_t> out) const {
  if (same_) {
    std::copy(pixels.begin(), pixels.end(), out.begin());
    return;
  }
  const std::size_t row_values = columns_.size() * kChannels;
  thread_local std::vector<float> narrowed;
  narrowed.resize(static_cast<std::size_t>(from_.height) * row_values);
  narrow(pixels.data(), narrowed.data());
  thread_local std::vector<float> row;
  for (std::size_t y = 0; y < rows_.size(); ++y) {
    row.assign(row_values, 0.0f);
    for (std::size_t k = 0; k < rows_[y].weights.size(); ++k) {
      const float* from = narrowed.data() + (rows_[y].first + k) * row_values;
      const float weight = rows_[y].weights[k];
      for (std::size_t i = 0; i < row_values; ++i) row[i] += weight * from[i];
    }
    // The weights are positive and sum to 1, so the value is within a rounding error of 0 to 255.
    std::uint8_t* to = out.data() + y * row_values;
    for (std::size_t i = 0; i < row_values; ++i) {
      const float rounded_when_cut_off = row[i] + 0.5f;
      to[i] = static_cast<std::uint8_t>(rounded_when_cut_off);
    }
  }
}

// Every row to its new width.
void Resizer::narrow(const std::uint8_t* pixels, float* out) const {
  // A fourth value beside the three fills a vector.
  constexpr std::size_t kLanes = 4;
  const std::size_t source_row = static_cast<std::size_t>(from_.width) * kChannels;
  thread_local std::vector<float> row;
  row.resize(source_row + kLanes - kChannels);
  for (int y = 0; y < from_.height; ++y, pixels += source_row) {
    std::copy_n(pixels, source_row, row.begin());
    for (const Taps& taps : columns_) {
      const float* from = row.data() + taps.first * kChannels;
      std::array<float, kLanes> sums{};
      for (const float weight : taps.weights) {
        for (std::size_t i = 0; i < kLanes; ++i) sums[i] += weight * from[i];
        from += kChannels;
      }
      out = std::copy_n(sums.begin(), kChannels, out);
    }
  }
}

void resize(std::span<const std::uint8_t> pixels, PictureSize from, PictureSize to,
            std::span<std::uint8_t> out) {
  Resizer(from, to).run(pixels, out);
}

}  // namespace ftl::data
