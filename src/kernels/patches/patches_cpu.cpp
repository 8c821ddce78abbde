#include <cstring>

#include "kernels/patches/patches.hpp"

namespace ftl::kernels::FTL_ISA {
namespace {

// Neighbouring windows read the same lines of a picture, neighbouring images write neighbouring lines: so
// many images are taken together along an output row that what they read stays in the first-level cache.
constexpr int kImagesTogether = 8;
static_assert(kHalfImages % kImagesTogether == 0);

struct Position {
  int y;  // of the window's first tap in the picture; may be negative
  int x;
};

void copy(bf16* to, const bf16* from, int elements) {
  std::memcpy(to, from, static_cast<std::size_t>(elements) * sizeof(bf16));
}

bool inside(const PatchesGeometry& geometry, Position position) {
  return position.y >= 0 && position.y + geometry.kernel_height <= geometry.height && position.x >= 0 &&
         position.x + geometry.kernel_width <= geometry.width;
}

// A window that lies inside its picture and fills at most one channel block, with sizes that the compiler
// knows: kRows runs of kRun consecutive elements.
template <int kRows, int kRun>
inline void copy_whole(const bf16* from, std::int64_t row_stride, bf16* to) {
  for (int row = 0; row < kRows; ++row)
    std::memcpy(to + row * kRun, from + row * row_stride, kRun * sizeof(bf16));
  std::memset(to + kRows * kRun, 0, (kBlockChannels - kRows * kRun) * sizeof(bf16));
}

// Writes consecutive channels of one image and position, across channel blocks.
void scatter(const bf16* from, int first_channel, int elements, std::int64_t block_stride, bf16* to) {
  for (int done = 0; done < elements;) {
    const int channel = first_channel + done;
    const int room = kBlockChannels - channel % kBlockChannels;
    const int count = elements - done < room ? elements - done : room;
    copy(to + channel / kBlockChannels * block_stride + channel % kBlockChannels, from + done, count);
    done += count;
  }
}

// Any window: taps outside the picture and channel padding are 0.
void copy_clipped(const PatchesGeometry& geometry, const bf16* picture, Position position,
                  std::int64_t block_stride, bf16* to) {
  const int blocks = geometry.out().channel_blocks();
  for (int block = 0; block < blocks; ++block) {
    std::memset(to + block * block_stride, 0, kBlockChannels * sizeof(bf16));
  }
  const int skipped = position.x < 0 ? -position.x : 0;
  const int room = geometry.width - position.x;
  const int taps = (room < geometry.kernel_width ? room : geometry.kernel_width) - skipped;
  for (int ky = 0; ky < geometry.kernel_height; ++ky) {
    const int y = position.y + ky;
    if (y < 0 || y >= geometry.height) continue;
    const std::int64_t pixel = std::int64_t{y} * geometry.width + position.x + skipped;
    scatter(picture + pixel * geometry.channels, (ky * geometry.kernel_width + skipped) * geometry.channels,
            taps * geometry.channels, block_stride, to);
  }
}

// Calls copy_window(picture, position, destination) for every output position of every image.
template <class CopyWindow>
inline void for_each_window(const PatchesGeometry& geometry, int images, const bf16* pictures, bf16* patches,
                            const CopyWindow& copy_window) {
  const std::int64_t picture_elements = std::int64_t{geometry.height} * geometry.width * geometry.channels;
  const int out_width = geometry.out_width();
  for (int first = 0; first < images; first += kImagesTogether) {
    const int end = first + kImagesTogether < images ? first + kImagesTogether : images;
    bf16* const half = patches + first / kHalfImages * geometry.out().half_elements();
    for (int y = 0; y < geometry.out_height(); ++y) {
      for (int x = 0; x < out_width; ++x) {
        const Position position{y * geometry.stride - geometry.pad, x * geometry.stride - geometry.pad};
        bf16* const tile = half + (std::int64_t{y} * out_width + x) * kTileElements;
        for (int image = first; image < end; ++image) {
          copy_window(pictures + image * picture_elements, position,
                      tile + image % kHalfImages * kBlockChannels);
        }
      }
    }
  }
}

template <int kRows, int kRun>
void forward_small(const PatchesGeometry& geometry, int images, const bf16* pictures, bf16* patches) {
  const std::int64_t row_stride = std::int64_t{geometry.width} * geometry.channels;
  for_each_window(geometry, images, pictures, patches, [&](const bf16* picture, Position position, bf16* to) {
    if (inside(geometry, position)) {
      copy_whole<kRows, kRun>(picture + position.y * row_stride + position.x * geometry.channels, row_stride,
                              to);
    } else {
      copy_clipped(geometry, picture, position, 0, to);
    }
  });
}

void forward_any(const PatchesGeometry& geometry, int images, const bf16* pictures, bf16* patches) {
  const std::int64_t block_stride = geometry.out().plane_elements();
  for_each_window(geometry, images, pictures, patches, [&](const bf16* picture, Position position, bf16* to) {
    copy_clipped(geometry, picture, position, block_stride, to);
  });
}

void clear_padding_images(const PatchesGeometry& geometry, int images, bf16* patches) {
  const std::int64_t half_elements = geometry.out().half_elements();
  for (int half = 0; half < 2; ++half) {
    const int filled = images_of_half(images, half) * kBlockChannels;
    const auto bytes = static_cast<std::size_t>(kTileElements - filled) * sizeof(bf16);
    for (std::int64_t tile = 0; tile < half_elements; tile += kTileElements) {
      std::memset(patches + half * half_elements + tile + filled, 0, bytes);
    }
  }
}

void forward(const PatchesGeometry& geometry, int images, const bf16* pictures, bf16* patches) {
  const int run = geometry.kernel_width * geometry.channels;
  if (geometry.kernel_height == 2 && run == 6) {
    forward_small<2, 6>(geometry, images, pictures, patches);
  } else if (geometry.kernel_height == 3 && run == 9) {
    forward_small<3, 9>(geometry, images, pictures, patches);
  } else {
    forward_any(geometry, images, pictures, patches);
  }
  if (images < kBlockImages) clear_padding_images(geometry, images, patches);
}

}  // namespace

extern const PatchesKernels kPatches;
const PatchesKernels kPatches{forward};

}  // namespace ftl::kernels::FTL_ISA
