// Runs a plan: owns its memory, its packed weights and the batch norms' sums, and spreads image blocks over
// threads. Results do not depend on the number of threads: a block's values depend on no other block, and
// sums over blocks are kept apart in lanes whose number follows from the batch alone.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/thread_pool.hpp"
#include "kernels/loss/loss.hpp"
#include "kernels/registry.hpp"
#include "net/model.hpp"
#include "net/plan.hpp"
#include "tensor/buffer.hpp"

namespace ftl::net {

// Where pictures come from: fill writes pictures [first, first + images) of the batch,
// [images][height][width][3], and in training their targets. Called from several threads. An executor refuses
// more images than its max_images, and none, with std::invalid_argument.
struct Batch {
  std::int64_t images = 0;
  std::function<void(std::int64_t first, int images, bf16* pictures, kernels::Target* targets)> fill;
};

struct ExecutorOptions {
  std::int64_t max_images = 0;  // the largest batch it will be given
  float label_smoothing = 0;
  // Where to keep what Plan::kept_bytes is about, grown where it is too small; executors that take turns may
  // share it. Null: in memory of its own.
  Buffer* kept = nullptr;
};

struct TrainingResult {
  double loss = 0;  // summed over the batch
  std::int64_t correct = 0;
  std::vector<float> gradient_norms;  // by image (kernels::LossResult)
};

class Executor {
 public:
  // `graph`, `kernels` and `threads` must outlive the executor.
  Executor(const Graph& graph, Plan plan, const kernels::Kernels& kernels, ThreadPool& threads,
           const ExecutorOptions& options);
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  const Graph& graph() const { return graph_; }
  const Plan& plan() const { return plan_; }

  // Takes over the model's weights (packs them as they are multiplied); for an inference plan also its
  // running statistics.
  void load(const Model& model);

  // Forward and backward of one batch with the weights last loaded. Writes the gradients of trained
  // parameters (gradients[parameter], as large as the parameter) and updates the model's running statistics.
  TrainingResult train(const Batch& batch, Model& model, std::vector<std::vector<float>>& gradients);

  // One segment of the training plan, or some of its steps, with what follows a segment; for measuring. On
  // the images of the batch last given to train(), and on what their buffers hold.
  void run(const Segment& segment, const Batch& batch, Model& model,
           std::vector<std::vector<float>>& gradients);

  // Logits, [images][classes], scaled by the network's logit scale.
  void infer(const Batch& batch, std::span<float> logits);

 private:
  friend class StepRunner;

  struct ConvolutionState {
    int node = 0;
    kernels::ConvolutionGeometry geometry;
    Buffer forward;   // packed weights
    Buffer backward;  // empty where no data gradient is computed
    // Where training multiplies 8-bit integers: the weights' scales, padded to whole channel blocks, and by
    // block the largest magnitudes of the input and of the gradient. In inference, the weights rounded.
    std::vector<float> output_scales, input_scales;
    std::vector<float> largest_x, largest_dy;
    std::vector<float> rounded;
    std::vector<float> bias;
    Buffer weight_lanes;  // [lanes], of weight_gradient_bytes each
    Buffer bias_lanes;    // [lanes][padded channels]

    kernels::PackedWeights weights() {
      return {forward.span<bf16>(), backward.span<bf16>(), output_scales, input_scales};
    }
  };
  struct NormState {
    std::vector<float> multiplier, offset;  // forward
    std::vector<float> a, b, c;             // backward
    std::vector<kernels::BatchNormMoments> moments;
    Buffer forward_sums;   // [blocks][2][padded channels]
    Buffer backward_sums;  // [blocks][2][padded channels]
    Buffer extremes;       // [blocks][2][padded channels] of its input, where its output is rounded at once
  };

  void accept(const Batch& batch);
  void scale_or_round(ConvolutionState& state, std::span<const float> weights);
  void pack_weights(const Model& model);
  void prepare_convolutions();
  void prepare_norms();
  void run_segment(const Segment& segment, const Batch& batch);
  void finish_statistics(int node, Model& model);
  void finish_backward_sums(int node, const Model& model, std::vector<std::vector<float>>& gradients);
  struct BlockSums;
  // Of [blocks][2][row], what stands at `channel` of both rows.
  BlockSums add_blocks(const Buffer& of_blocks, int row, int channel) const;
  void reduce_lanes(const Segment& segment, std::vector<std::vector<float>>& gradients);
  void set_affine(const BatchNormNode& norm, int channel, double mean, double variance, const Model& model);
  bool trains(int parameter) const {
    return parameter != kNone && plan_.trained[static_cast<std::size_t>(parameter)];
  }
  int blocks() const { return static_cast<int>(divide_up(images_, std::int64_t{kBlockImages})); }
  int images_of(int block) const;
  int lanes() const;
  int first_block(int lane) const;
  std::vector<int> longest_lanes_first() const;

  const Graph& graph_;
  Plan plan_;
  const kernels::Kernels& kernels_;
  ThreadPool& threads_;
  ExecutorOptions options_;
  std::int64_t images_ = 0;  // of the batch in work
  Buffer own_kept_;
  Buffer& kept_;
  std::vector<Buffer> scratch_;  // by thread
  std::vector<kernels::Target> targets_;
  std::vector<kernels::LossResult> losses_;  // by block
  std::vector<ConvolutionState> convolutions_;
  std::vector<int> convolution_of_node_;
  std::vector<NormState> norms_;
  int blocks_together_ = 1;  // that a lane has a multiple of, but for the last one
};

}  // namespace ftl::net
