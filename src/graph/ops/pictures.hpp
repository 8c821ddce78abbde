// Pictures, [images][height][width][3]; always node 0.
#pragma once

#include "graph/op.hpp"

namespace ftl::graph {

inline constexpr int kPictureChannels = 3;

class PicturesOp final : public Op {
 public:
  PicturesOp(int picture_height, int picture_width) : height(picture_height), width(picture_width) {}

  Shape shape(std::span<const Shape>) const override { return {kPictureChannels, height, width}; }

  int height = 0;
  int width = 0;
};

}  // namespace ftl::graph
