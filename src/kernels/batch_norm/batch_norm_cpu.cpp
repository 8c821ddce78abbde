#include "kernels/activation/activation_vector.hpp"
#include "kernels/batch_norm/batch_norm_passes.hpp"
#include "kernels/largest_magnitude.hpp"

namespace ftl::kernels::FTL_ISA {
namespace {

constexpr int kRowVectors = kBlockChannels / kLanes;
constexpr float kLargestFloat = 3.40282347e38f;

// Two sums for each of 32 channels.
struct Sums {
  vfloat first[kRowVectors] = {};
  vfloat second[kRowVectors] = {};

  void add(const Sums& other) {
    for (int v = 0; v < kRowVectors; ++v) {
      first[v] += other.first[v];
      second[v] += other.second[v];
    }
  }

  void add_to(float* first_total, float* second_total) const {
    for (int v = 0; v < kRowVectors; ++v) {
      float* const a = first_total + v * kLanes;
      float* const b = second_total + v * kLanes;
      store(a, load(a) + first[v]);
      store(b, load(b) + second[v]);
    }
  }
};

// A plane: its first channel, and how many of its images are not padding.
struct Plane {
  int channel;
  int images;
};

Plane plane_at(const Shape& shape, int images, int plane) {
  const int blocks = shape.channel_blocks();
  return {plane % blocks * kBlockChannels, images_of_half(images, plane / blocks)};
}

// Calls tile_sums(tile index, plane) for every position and adds the results to the totals. The sums are
// cascaded (tile, picture row, picture), so that the error grows with the sides of a picture and not with its
// area.
template <class TileSums>
inline void sum_tiles(const Shape& shape, int images, float* first_total, float* second_total,
                      const TileSums& tile_sums) {
  std::int64_t tile = 0;
  for (int p = 0; p < shape.planes(); ++p) {
    const Plane plane = plane_at(shape, images, p);
    for (int y = 0; y < shape.height; ++y) {
      Sums row;
      for (int x = 0; x < shape.width; ++x) row.add(tile_sums(tile++, plane));
      row.add_to(first_total + plane.channel, second_total + plane.channel);
    }
  }
}

void clear_padding_images(int images, bf16* tile) {
  if (images == kHalfImages) return;
  std::memset(tile + images * kBlockChannels, 0,
              static_cast<std::size_t>(kHalfImages - images) * kBlockChannels * sizeof(bf16));
}

// The smallest and the largest value of each of 32 channels.
struct Extremes {
  vfloat smallest[kRowVectors];
  vfloat largest[kRowVectors];

  Extremes(const float* smallest_so_far, const float* largest_so_far) {
    for (int v = 0; v < kRowVectors; ++v) {
      smallest[v] = load(smallest_so_far + v * kLanes);
      largest[v] = load(largest_so_far + v * kLanes);
    }
  }
  void include(int v, vfloat value) {
    smallest[v] = minimum(value, smallest[v]);
    largest[v] = maximum(value, largest[v]);
  }
  void store_to(float* to_smallest, float* to_largest) const {
    for (int v = 0; v < kRowVectors; ++v) {
      store(to_smallest + v * kLanes, smallest[v]);
      store(to_largest + v * kLanes, largest[v]);
    }
  }
};

// Calls also(v, value) for the v-th vector of every row.
template <class Also>
inline Sums statistics_tile(int images, const bf16* x, const Also& also) {
  Sums sums;
  for (int image = 0; image < images; ++image) {
    prefetch_ahead(x + image * kBlockChannels);
    for (int v = 0; v < kRowVectors; ++v) {
      const vfloat value = load(x + image * kBlockChannels + v * kLanes);
      sums.first[v] += value;
      sums.second[v] += value * value;
      also(v, value);
    }
  }
  return sums;
}

void statistics_with_extremes(const BatchNormStatistics& arguments) {
  for (int c = 0; c < arguments.shape.padded_channels(); c += kLanes) {
    store(arguments.smallest + c, broadcast(kLargestFloat));
    store(arguments.largest + c, broadcast(-kLargestFloat));
  }
  sum_tiles(arguments.shape, arguments.images, arguments.sum, arguments.sum_of_squares,
            [&arguments](std::int64_t tile, const Plane& plane) {
              float* const smallest = arguments.smallest + plane.channel;
              float* const largest = arguments.largest + plane.channel;
              Extremes extremes(smallest, largest);
              const Sums sums =
                  statistics_tile(plane.images, arguments.x + tile * kTileElements,
                                  [&extremes](int v, vfloat value) { extremes.include(v, value); });
              extremes.store_to(smallest, largest);
              return sums;
            });
}

void statistics(const BatchNormStatistics& arguments) {
  if (arguments.smallest != nullptr) return statistics_with_extremes(arguments);
  sum_tiles(arguments.shape, arguments.images, arguments.sum, arguments.sum_of_squares,
            [&arguments](std::int64_t tile, const Plane& plane) {
              return statistics_tile(plane.images, arguments.x + tile * kTileElements, [](int, vfloat) {});
            });
}

template <ActivationKind kKind>
void forward_tile(const bf16* x, const float* multiplier, const float* offset, bf16* y) {
  for (int i = 0; i < kTileElements; i += kBlockChannels) {
    prefetch_ahead(x + i);
    for (int n = 0; n < kBlockChannels; n += 2 * kLanes) {
      const auto value = [&](int c) {
        return activate<kKind>(load(x + i + c) * load(multiplier + c) + load(offset + c));
      };
      store(y + i + n, value(n), value(n + kLanes));
    }
  }
}

template <ActivationKind kKind>
void forward_of(const BatchNormForward& arguments) {
  const Shape& shape = arguments.shape;
  LargestMagnitude largest;
  const bf16* x = arguments.x;
  bf16* y = arguments.y;
  for (int p = 0; p < shape.planes(); ++p) {
    const Plane plane = plane_at(shape, arguments.images, p);
    for (int position = 0; position < shape.positions(); ++position) {
      forward_tile<kKind>(x, arguments.multiplier + plane.channel, arguments.offset + plane.channel, y);
      if (arguments.largest_y != nullptr) largest.include(y, plane.images * kBlockChannels);
      x += kTileElements;
      y += kTileElements;
    }
  }
  if (arguments.largest_y != nullptr) *arguments.largest_y = largest.value();
}

void forward(const BatchNormForward& arguments) {
  with_kind(arguments.activation, [&]<ActivationKind kKind>(Kind<kKind>) { forward_of<kKind>(arguments); });
}

// What backward_reduce reads and writes at one position.
struct ReducedTile {
  const bf16* x;
  const float* multiplier;
  const float* offset;
  const bf16* dy;
  bf16* dz;
};

template <ActivationKind kKind>
inline Sums backward_reduce_tile(int images, const ReducedTile& tile) {
  Sums sums;
#pragma GCC unroll 8
  for (int v = 0; v < kRowVectors; ++v) {
    const vfloat scale = load(tile.multiplier + v * kLanes);
    const vfloat shift = load(tile.offset + v * kLanes);
    vfloat sum_dz = {};
    vfloat sum_dz_x = {};
    for (int image = 0; image < images; ++image) {
      const int i = image * kBlockChannels + v * kLanes;
      if (v == 0) prefetch_ahead(tile.x + i);
      const vfloat x = load(tile.x + i);
      const vfloat dz = load(tile.dy + i) * derivative<kKind>(x * scale + shift);
      store(tile.dz + i, dz);
      sum_dz += dz;
      sum_dz_x += dz * x;
    }
    sums.first[v] = sum_dz;
    sums.second[v] = sum_dz_x;
  }
  clear_padding_images(images, tile.dz);
  return sums;
}

void backward_reduce(const BatchNormBackwardReduce& arguments) {
  with_kind(arguments.activation, [&]<ActivationKind kKind>(Kind<kKind>) {
    sum_tiles(arguments.shape, arguments.images, arguments.sum_dz, arguments.sum_dz_x,
              [&arguments](std::int64_t tile, const Plane& plane) {
                const std::int64_t first = tile * kTileElements;
                return backward_reduce_tile<kKind>(
                    plane.images,
                    {arguments.x + first, arguments.multiplier + plane.channel,
                     arguments.offset + plane.channel, arguments.dy + first, arguments.dz + first});
              });
  });
}

void backward(const BatchNormBackward& arguments) {
  const Shape& shape = arguments.shape;
  LargestMagnitude largest;
  const bf16* dz = arguments.dz;
  const bf16* x = arguments.x;
  bf16* dx = arguments.dx;
  for (int p = 0; p < shape.planes(); ++p) {
    const Plane plane = plane_at(shape, arguments.images, p);
    const int elements = plane.images * kBlockChannels;
    for (int position = 0; position < shape.positions(); ++position) {
      for (int v = 0; v < kRowVectors; ++v) {
        const int channel = plane.channel + v * kLanes;
        const vfloat factor_dz = load(arguments.a + channel);
        const vfloat factor_x = load(arguments.b + channel);
        const vfloat constant = load(arguments.c + channel);
        for (int i = v * kLanes; i < elements; i += kBlockChannels) {
          if (v == 0) {
            prefetch_ahead(x + i);
            prefetch_ahead(dz + i);
          }
          store(dx + i, factor_dz * load(dz + i) + (factor_x * load(x + i) + constant));
        }
      }
      if (arguments.largest_dx != nullptr) largest.include(dx, elements);
      clear_padding_images(plane.images, dx);
      dz += kTileElements;
      x += kTileElements;
      dx += kTileElements;
    }
  }
  if (arguments.largest_dx != nullptr) *arguments.largest_dx = largest.value();
}

}  // namespace

extern const BatchNormKernels kBatchNorm;
const BatchNormKernels kBatchNorm{statistics, forward, batch_norm_forward_rounded, backward_reduce, backward};

}  // namespace ftl::kernels::FTL_ISA
