#include <algorithm>
#include <cmath>
#include <vector>

#include "data/picture.hpp"

namespace ftl::data {
namespace {

// The source pixels that make up one target pixel along one axis.
struct Taps {
  int first = 0;
  std::vector<float> weights;
};

std::vector<Taps> triangle_taps(int from, int to) {
  const double scale = static_cast<double>(from) / to;
  const double radius = std::max(scale, 1.0);
  std::vector<Taps> taps(static_cast<std::size_t>(to));
  for (int target = 0; target < to; ++target) {
    const double centre = (target + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(std::floor(centre - radius)));
    const int end = std::min(from, static_cast<int>(std::ceil(centre + radius)));
    Taps& tap = taps[static_cast<std::size_t>(target)];
    tap.first = first;
    double sum = 0;
    for (int source = first; source < end; ++source) {
      const double weight = std::max(0.0, 1.0 - std::abs(source + 0.5 - centre) / radius);
      tap.weights.push_back(static_cast<float>(weight));
      sum += weight;
    }
    for (float& weight : tap.weights) weight = static_cast<float>(weight / sum);
  }
  return taps;
}

}  // namespace

void resize(std::span<const std::uint8_t> pixels, PictureSize from, PictureSize to,
            std::span<std::uint8_t> out) {
  if (from == to) {
    std::copy(pixels.begin(), pixels.end(), out.begin());
    return;
  }
  const auto columns = triangle_taps(from.width, to.width);
  const auto rows = triangle_taps(from.height, to.height);
  const std::size_t row_values = columns.size() * 3;
  std::vector<float> narrowed(static_cast<std::size_t>(from.height) * row_values);
  for (std::size_t i = 0; i < narrowed.size(); ++i) {
    const Taps& taps = columns[i % row_values / 3];
    const std::size_t first =
        (i / row_values * static_cast<std::size_t>(from.width) + static_cast<std::size_t>(taps.first)) * 3 +
        i % 3;
    for (std::size_t k = 0; k < taps.weights.size(); ++k) {
      narrowed[i] += taps.weights[k] * static_cast<float>(pixels[first + k * 3]);
    }
  }
  for (std::size_t i = 0; i < rows.size() * row_values; ++i) {
    const Taps& taps = rows[i / row_values];
    float value = 0;
    for (std::size_t k = 0; k < taps.weights.size(); ++k) {
      value += taps.weights[k] *
               narrowed[(static_cast<std::size_t>(taps.first) + k) * row_values + i % row_values];
    }
    out[i] = static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
  }
}

}  // namespace ftl::data
