#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/random.hpp"
#include "data/readers.hpp"

namespace ftl::data {
namespace {

constexpr std::int64_t kTrainPictures = 4000;
constexpr std::int64_t kTestPictures = 2000;
constexpr PictureSize kDefaultSize{32, 32};
constexpr std::uint64_t kSeed = 20240229;
constexpr float kPi = std::numbers::pi_v<float>;

using Colour = std::array<float, 3>;

// A place in the figure's own frame: the figure fills about [-1, 1] x [-1, 1].
struct Point {
  float x = 0;
  float y = 0;
};

float length(Point p) {
  return std::sqrt(p.x * p.x + p.y * p.y);
}

// Signed distances to the figures' borders, negative inside, in the figure's frame; exact or a close bound
// (Quilez, "2D distance functions").
float disc(Point p) {
  return length(p) - 0.9f;
}
float ring(Point p) {
  return std::abs(length(p) - 0.75f) - 0.2f;
}
float box(Point p, float half_width, float half_height) {
  return std::max(std::abs(p.x) - half_width, std::abs(p.y) - half_height);
}
float square(Point p) {
  return box(p, 0.8f, 0.8f);
}
float triangle(Point p) {
  const float slanted = (std::abs(p.x) * std::sqrt(3.0f) + p.y) / 2;
  return std::max(slanted, -p.y) - 0.55f;
}
float cross(Point p) {
  return std::min(box(p, 1.0f, 0.3f), box(p, 0.3f, 1.0f));
}
float star(Point p) {
  const float sector = 2 * kPi / 5;
  const float angle = std::abs(std::remainder(std::atan2(p.x, p.y), sector));
  const float radius = length(p);
  // The line from a tip (radius 1.1) to the notch beside it (radius 0.42).
  const Point tip{0, 1.1f};
  const Point notch{0.42f * std::sin(sector / 2), 0.42f * std::cos(sector / 2)};
  const Point normal{tip.y - notch.y, notch.x - tip.x};
  const Point at{radius * std::sin(angle) - tip.x, radius * std::cos(angle) - tip.y};
  return (at.x * normal.x + at.y * normal.y) / length(normal);
}
float crescent(Point p) {
  return std::max(length(p) - 0.95f, 0.75f - length({p.x - 0.45f, p.y}));
}

// Textures fill a round patch, so that their outline says nothing.
float patch(Point p) {
  return length(p) - 1.05f;
}
float stripes(Point p) {
  return std::max(patch(p), std::abs(std::remainder(p.x, 0.7f)) - 0.175f);
}
float checker(Point p) {
  const float x = std::remainder(p.x, 1.0f);
  const float y = std::remainder(p.y, 1.0f);
  const float edge = std::min({std::abs(x), std::abs(y), 0.5f - std::abs(x), 0.5f - std::abs(y)});
  return std::max(patch(p), (x > 0) == (y > 0) ? -edge : edge);
}
float dots(Point p) {
  return std::max(patch(p), length({std::remainder(p.x, 0.66f), std::remainder(p.y, 0.66f)}) - 0.2f);
}

struct Figure {
  const char* name;
  float (*distance)(Point);
};
constexpr std::array<Figure, 10> kFigures = {{{"checker", checker},
                                              {"crescent", crescent},
                                              {"cross", cross},
                                              {"disc", disc},
                                              {"dots", dots},
                                              {"ring", ring},
                                              {"square", square},
                                              {"star", star},
                                              {"stripes", stripes},
                                              {"triangle", triangle}}};

Colour random_colour(Random& random) {
  return {random.uniform(), random.uniform(), random.uniform()};
}

Colour mix(const Colour& a, const Colour& b, float share) {
  Colour mixed;
  for (std::size_t c = 0; c < 3; ++c) mixed[c] = a[c] + (b[c] - a[c]) * share;
  return mixed;
}

float distance(const Colour& a, const Colour& b) {
  return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

// A thin straight stroke across the background.
struct Stroke {
  Point normal;
  float offset;
  Colour colour;

  explicit Stroke(Random& random) {
    const float angle = random.uniform(0, 2 * kPi);
    normal = {std::cos(angle), std::sin(angle)};
    offset = random.uniform(-0.8f, 0.8f);
    colour = random_colour(random);
  }
};

// Everything about one picture that is left to chance, in a frame where the picture is [-1, 1] x [-1, 1].
struct Scene {
  Colour background, background_end, figure;
  Point gradient;
  std::array<Stroke, 2> strokes;
  Point centre;
  float radius, cosine, sine, noise;

  explicit Scene(Random& random) : strokes{Stroke(random), Stroke(random)} {
    background = random_colour(random);
    background_end = mix(background, random_colour(random), 0.5f);
    const Colour middle = mix(background, background_end, 0.5f);
    constexpr float kLeastContrast = 0.5f;
    do {
      figure = random_colour(random);
    } while (distance(figure, middle) < kLeastContrast);
    const float direction = random.uniform(0, 2 * kPi);
    gradient = {std::cos(direction) / 2, std::sin(direction) / 2};
    radius = random.uniform(0.4f, 0.7f);
    centre = {random.uniform(radius - 1, 1 - radius), random.uniform(radius - 1, 1 - radius)};
    const float rotation = random.uniform(0, 2 * kPi);
    cosine = std::cos(rotation);
    sine = std::sin(rotation);
    noise = random.uniform(0.01f, 0.07f);
  }

  // `pixel` is a pixel's width, over which edges are smoothed.
  Colour at(Point p, float (*figure_distance)(Point), float pixel) const {
    const auto coverage = [pixel](float signed_distance) {
      return std::clamp(0.5f - signed_distance / pixel, 0.0f, 1.0f);
    };
    Colour colour = mix(background, background_end, 0.5f + p.x * gradient.x + p.y * gradient.y);
    for (const Stroke& stroke : strokes) {
      const float off = std::abs(p.x * stroke.normal.x + p.y * stroke.normal.y - stroke.offset);
      colour = mix(colour, stroke.colour, coverage(off - 0.02f) / 2);
    }
    const Point moved{(p.x - centre.x) / radius, (p.y - centre.y) / radius};
    const Point turned{cosine * moved.x + sine * moved.y, cosine * moved.y - sine * moved.x};
    return mix(colour, figure, coverage(figure_distance(turned) * radius));
  }
};

// Pictures [first, first + count) of all that can be drawn.
class SyntheticSource final : public Source {
 public:
  SyntheticSource(std::int64_t first, std::int64_t count) : first_(first), count_(count) {}

  std::int64_t count() const override { return count_; }
  std::int32_t label(std::int64_t index) const override {
    return static_cast<std::int32_t>((first_ + index) % static_cast<std::int64_t>(kFigures.size()));
  }
  PictureSize size(std::int64_t) const override { return kDefaultSize; }

  // Draws it in that size, finer than it could be scaled.
  std::span<const std::uint8_t> read(std::int64_t index, PictureSize size,
                                     std::vector<std::uint8_t>& room) const override {
    const auto shape = static_cast<std::size_t>(label(index));
    Random random(kSeed, RandomPurpose::synthetic, static_cast<std::uint32_t>(first_ + index));
    const Scene scene(random);
    room.resize(static_cast<std::size_t>(size.bytes()));
    auto out = room.begin();
    for (int y = 0; y < size.height; ++y) {
      for (int x = 0; x < size.width; ++x) {
        const auto across = static_cast<float>(std::max(size.width, size.height));
        const Point p{(2 * static_cast<float>(x) + 1 - static_cast<float>(size.width)) / across,
                      (2 * static_cast<float>(y) + 1 - static_cast<float>(size.height)) / across};
        const Colour colour = scene.at(p, kFigures[shape].distance, 2 / across);
        std::uint32_t bits = random.next();
        for (const float value : colour) {
          *out++ = quantise(value + scene.noise * unit_noise(bits));
          bits >>= 10;
        }
      }
    }
    return room;
  }

 private:
  // Uniform with mean 0 and variance 1, from the low ten bits.
  static float unit_noise(std::uint32_t bits) {
    return (static_cast<float>(bits & 1023u) / 1023 - 0.5f) * std::sqrt(12.0f);
  }

  static std::uint8_t quantise(float value) {
    return static_cast<std::uint8_t>(std::floor(std::clamp(value, 0.0f, 1.0f) * 255 + 0.5f));
  }

  std::int64_t first_;
  std::int64_t count_;
};

}  // namespace

Dataset draw_synthetic(PictureSize wanted) {
  const PictureSize size = wanted == PictureSize{} ? kDefaultSize : wanted;
  Dataset dataset;
  for (const Figure& shape : kFigures) dataset.class_names.emplace_back(shape.name);
  dataset.train = {std::make_shared<const SyntheticSource>(0, kTrainPictures), size};
  dataset.test = {std::make_shared<const SyntheticSource>(kTrainPictures, kTestPictures), size};
  return dataset;
}

}  // namespace ftl::data
