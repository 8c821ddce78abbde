// Runs the steps of a segment for one image block on one thread, and is what a pass sees of its block.
#pragma once

#include <vector>

#include "base/index.hpp"
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

  // ---- What a pass sees.

  const Place& place() const { return place_; }
  int images() const { return executor_.images_of(place_.block); }  // in this block
  const kernels::Kernels& kernels() const { return executor_.kernels_; }
  const graph::Node& node(const Step& step) const { return executor_.graph_.nodes[at(step.node)]; }
  const Shape& input_shape(const Step& step, std::size_t input) const {
    return executor_.graph_.nodes[at(node(step).inputs[input])].shape;
  }
  template <class Kind>
  const Kind& op(const Step& step) const {
    return static_cast<const Kind&>(*node(step).op);
  }
  // What its CpuOp::state made.
  template <class State>
  State& state(const Step& step) const {
    return static_cast<State&>(*executor_.states_[at(step.node)]);
  }

  // A buffer of this block, or of the one so many before it in its lane; null for kNone.
  template <class T = bf16>
  T* buffer(int index, int blocks_before = 0) const {
    return reinterpret_cast<T*>(place_of(index, blocks_before));
  }
  std::int64_t bytes(int buffer_index) const { return executor_.plan_.buffers[at(buffer_index)].bytes; }

  // The largest magnitude of the value in a buffer: what the step that wrote it has found, else from the
  // value.
  float largest_magnitude(int buffer_index, const Shape& shape) const;
  // Where a step that writes a buffer leaves its largest magnitude, or null where no later one asks for it.
  float* measure(int buffer_index);

  // The batch's pictures and targets of this block.
  void fill_pictures(bf16* pictures);
  void loss(const bf16* output, bf16* gradient);

 private:
  std::byte* place_of(int buffer_index, int blocks_before) const;

  Executor& executor_;
  const Batch& batch_;
  int thread_;
  Place place_;
  static constexpr float kUnknown = -1;
  std::vector<float> largest_;  // by buffer
};

}  // namespace ftl::engine
