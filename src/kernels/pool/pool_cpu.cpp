#include "kernels/pool/pool.hpp"
#include "kernels/simd.hpp"

namespace ftl::kernels::FTL_ISA {
namespace {

// A tile (one position: 16 images x 32 channels) is worked on in chunks that stay in registers.
constexpr int kChunkVectors = 4;
constexpr int kChunk = kChunkVectors * kLanes;

struct Chunk {
  vfloat part[kChunkVectors];
};

// The part of a window that lies inside the picture.
struct InsideWindow {
  int first_y;
  int last_y;  // exclusive
  int first_x;
  int last_x;  // exclusive

  int positions() const { return (last_y - first_y) * (last_x - first_x); }
};

InsideWindow window_at(const PoolGeometry& geometry, int out_y, int out_x) {
  const int y = out_y * geometry.stride - geometry.pad;
  const int x = out_x * geometry.stride - geometry.pad;
  const int end_y = y + geometry.kernel_height;
  const int end_x = x + geometry.kernel_width;
  return {y < 0 ? 0 : y, end_y < geometry.in.height ? end_y : geometry.in.height, x < 0 ? 0 : x,
          end_x < geometry.in.width ? end_x : geometry.in.width};
}

// Calls visit(window, offset of the input's plane, offset of the output's tile) for every output position.
template <class Visit>
inline void for_each_window(const PoolGeometry& geometry, const Visit& visit) {
  std::int64_t out_tile = 0;
  for (int plane = 0; plane < geometry.in.planes(); ++plane) {
    const std::int64_t in_plane = plane * geometry.in.plane_elements();
    for (int y = 0; y < geometry.out.height; ++y) {
      for (int x = 0; x < geometry.out.width; ++x) {
        visit(window_at(geometry, y, x), in_plane, out_tile);
        out_tile += kTileElements;
      }
    }
  }
}

// Calls visit(offset of the input's tile) for every position of a window, in row-major order.
template <class Visit>
inline void for_each_position(const InsideWindow& window, int width, const Visit& visit) {
  for (int y = window.first_y; y < window.last_y; ++y) {
    for (int x = window.first_x; x < window.last_x; ++x) {
      visit((std::int64_t{y} * width + x) * kTileElements);
    }
  }
}

struct Maximum {
  static Chunk of(const InsideWindow& window, int width, const bf16* x) {
    Chunk best;
    for (vfloat& part : best.part) part = broadcast(-__builtin_inff());
    for_each_position(window, width, [&](std::int64_t tile) {
      for (int v = 0; v < kChunkVectors; ++v)
        best.part[v] = maximum(load(x + tile + v * kLanes), best.part[v]);
    });
    return best;
  }

  // Adds dy to dx where x has the window's first maximum.
  static void spread(const InsideWindow& window, int width, const bf16* x, const bf16* dy, bf16* dx) {
    Chunk best;
    vint winner[kChunkVectors];
    for (int v = 0; v < kChunkVectors; ++v) {
      best.part[v] = broadcast(-__builtin_inff());
      winner[v] = vint{};
    }
    int index = 0;
    for_each_position(window, width, [&](std::int64_t tile) {
      for (int v = 0; v < kChunkVectors; ++v) {
        const vfloat value = load(x + tile + v * kLanes);
        winner[v] = value > best.part[v] ? vint{} + index : winner[v];
        best.part[v] = maximum(value, best.part[v]);
      }
      ++index;
    });
    index = 0;
    for_each_position(window, width, [&](std::int64_t tile) {
      for (int v = 0; v < kChunkVectors; ++v) {
        bf16* const to = dx + tile + v * kLanes;
        store(to, load(to) + select(winner[v] == index, load(dy + v * kLanes), vfloat{}));
      }
      ++index;
    });
  }
};

struct Average {
  static Chunk of(const InsideWindow& window, int width, const bf16* x) {
    Chunk sum = {};
    for_each_position(window, width, [&](std::int64_t tile) {
      for (int v = 0; v < kChunkVectors; ++v) sum.part[v] += load(x + tile + v * kLanes);
    });
    const float share = 1.0f / static_cast<float>(window.positions());
    for (vfloat& part : sum.part) part *= share;
    return sum;
  }
};

template <class Rule>
void forward_by(const PoolGeometry& geometry, const bf16* x, bf16* y) {
  for_each_window(geometry, [&](const InsideWindow& window, std::int64_t in_plane, std::int64_t out_tile) {
    for (int i = 0; i < kTileElements; i += kChunk) {
      const Chunk result = Rule::of(window, geometry.in.width, x + in_plane + i);
      for (int v = 0; v < kChunkVectors; ++v) store(y + out_tile + i + v * kLanes, result.part[v]);
    }
  });
}

void backward_of_maximum(const PoolGeometry& geometry, const bf16* x, const bf16* dy, bf16* dx) {
  std::memset(dx, 0, static_cast<std::size_t>(geometry.in.block_elements()) * sizeof(bf16));
  for_each_window(geometry, [&](const InsideWindow& window, std::int64_t in_plane, std::int64_t out_tile) {
    for (int i = 0; i < kTileElements; i += kChunk) {
      Maximum::spread(window, geometry.in.width, x + in_plane + i, dy + out_tile + i, dx + in_plane + i);
    }
  });
}

// The first of the windows along an axis that hold a position, and the one after the last.
struct Covering {
  int first;
  int last;
};

Covering covering(int position, int kernel, int stride, int pad, int windows) {
  const int past =
      position + pad - kernel;  // the last start, padding counted, of a window that ends before it
  const int first = past < 0 ? 0 : past / stride + 1;
  const int last = (position + pad) / stride + 1;
  return {first, last < windows ? last : windows};
}

// Each position gathers its shares of all windows that hold it before it is rounded.
void backward_of_average(const PoolGeometry& geometry, const bf16* dy, bf16* dx) {
  for (int plane = 0; plane < geometry.in.planes(); ++plane) {
    const bf16* const out_plane = dy + plane * geometry.out.plane_elements();
    for (int y = 0; y < geometry.in.height; ++y) {
      const Covering rows =
          covering(y, geometry.kernel_height, geometry.stride, geometry.pad, geometry.out.height);
      for (int x = 0; x < geometry.in.width; ++x, dx += kTileElements) {
        const Covering columns =
            covering(x, geometry.kernel_width, geometry.stride, geometry.pad, geometry.out.width);
        for (int i = 0; i < kTileElements; i += kChunk) {
          Chunk sum = {};
          for (int out_y = rows.first; out_y < rows.last; ++out_y) {
            for (int out_x = columns.first; out_x < columns.last; ++out_x) {
              const float share = 1.0f / static_cast<float>(window_at(geometry, out_y, out_x).positions());
              const bf16* const from = out_plane + (out_y * geometry.out.width + out_x) * kTileElements + i;
              for (int v = 0; v < kChunkVectors; ++v) sum.part[v] += load(from + v * kLanes) * share;
            }
          }
          for (int v = 0; v < kChunkVectors; ++v) store(dx + i + v * kLanes, sum.part[v]);
        }
      }
    }
  }
}

void forward(const PoolGeometry& geometry, const bf16* x, bf16* y) {
  if (geometry.kind == PoolKind::max) return forward_by<Maximum>(geometry, x, y);
  forward_by<Average>(geometry, x, y);
}

void backward(const PoolGeometry& geometry, const bf16* x, const bf16* dy, bf16* dx) {
  if (geometry.kind == PoolKind::max) return backward_of_maximum(geometry, x, dy, dx);
  backward_of_average(geometry, dy, dx);
}

}  // namespace

extern const PoolKernels kPool;
const PoolKernels kPool{forward, backward};

}  // namespace ftl::kernels::FTL_ISA
