// Runs the steps of a segment for one image block on one thread.
#pragma once

#include "engine/cpu/executor.hpp"

namespace ftl::engine {

class StepRunner {
 public:
  StepRunner(Executor& executor, const Batch& batch, int thread)
      : executor_(executor), batch_(batch), thread_(thread) {}

  // `lane` takes the block's sums over weights: `index` is the block's place in it, whose first block of a
  // segment starts them and whose last one completes them.
  struct Place {
    int block = 0;
    int lane = 0;
    int index = 0;
    bool last_of_lane = true;
  };
  void run(const Segment& segment, const Place& place);

 private:
  void run(const Step& step);
  void fill_pictures(const Step& step);
  void convolution(const Step& step);
  void convolution_weights(const Step& step);
  void convolution_bias(const Step& step);
  void convolution_data(const Step& step);
  float largest_magnitude(int buffer_index, const Shape& shape) const;
  void loss(const Step& step);
  void batch_norm(const Step& step);

  // Of this block, or of the one so many before it in its lane.
  template <class T = bf16>
  T* buffer(int index, int blocks_before = 0) const;
  const graph::Node& node(const Step& step) const {
    return executor_.graph_.nodes[static_cast<std::size_t>(step.node)];
  }
  int images() const;  // in this block
  // Where a step that writes a buffer leaves its largest magnitude, or null where no later one asks for it.
  float* measure(int buffer_index);
  // The block's two rows of a norm's buffer, a value for each channel; null where there is no such buffer.
  struct ChannelRows {
    float* first = nullptr;
    float* second = nullptr;
  };
  ChannelRows channel_rows(const Buffer& of, const Shape& shape) const;
  ChannelRows zeroed_rows(const Buffer& of, const Shape& shape) const;

  Executor& executor_;
  const Batch& batch_;
  int thread_;
  Place place_;
  // The largest magnitude of the value in a buffer, where the step that wrote it has found it.
  struct {
    int buffer = graph::kNone;
    float magnitude = 0;
  } largest_;
};

}  // namespace ftl::engine
