// Runs a plan: owns its memory and what its nodes keep (packed weights, sums over blocks), and spreads image
// blocks over threads. Results do not depend on the number of threads: a block's values depend on no other
// block, and sums over blocks are kept apart in lanes whose number follows from the batch alone.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/thread_pool.hpp"
#include "engine/batch.hpp"
#include "engine/cpu/node_state.hpp"
#include "engine/cpu/plan.hpp"
#include "graph/model.hpp"
#include "kernels/registry.hpp"
#include "loss/block_loss.hpp"
#include "tensor/buffer.hpp"

namespace ftl::engine {

struct ExecutorOptions {
  std::int64_t max_images = 0;       // the largest batch it will be given
  const loss::Loss* loss = nullptr;  // to train by; must outlive the executor
  // Where to keep what Plan::kept_bytes is about, grown where it is too small; executors that take turns may
  // share it. Null: in memory of its own.
  Buffer* kept = nullptr;
};

// Refuses batches of more images than its max_images, and of none, with std::invalid_argument.
class Executor {
 public:
  // `graph`, `kernels` and `threads` must outlive the executor.
  Executor(const graph::Graph& graph, Plan plan, const kernels::Kernels& kernels, ThreadPool& threads,
           const ExecutorOptions& options);
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  const graph::Graph& graph() const { return graph_; }
  const Plan& plan() const { return plan_; }

  // Takes over the model's weights (packs them as they are multiplied); for an inference plan also its
  // running statistics.
  void load(const graph::Model& model);

  // Forward and backward of one batch with the weights last loaded. Writes the gradients of trained
  // parameters (gradients[parameter], as large as the parameter) and updates the model's running statistics.
  // Calls after_segment, where there is one, with the index of each segment of the plan that is done.
  TrainingResult train(const Batch& batch, graph::Model& model, std::vector<std::vector<float>>& gradients,
                       const std::function<void(std::size_t segment)>& after_segment = {});

  // One segment of the training plan, or some of its steps, with what follows a segment; for measuring. On
  // the images of the batch last given to train(), and on what their buffers hold.
  void run(const Segment& segment, const Batch& batch, graph::Model& model,
           std::vector<std::vector<float>>& gradients);

  // Logits, [images][classes], scaled by the network's logit scale.
  void infer(const Batch& batch, std::span<float> logits);

 private:
  friend class StepRunner;

  void accept(const Batch& batch);
  void make_states();
  void run_segment(const Segment& segment, const Batch& batch);
  void reduce_lanes(const Segment& segment, std::vector<std::vector<float>>& gradients);
  BatchExtent extent() const { return {images_, blocks(), lanes()}; }
  int blocks() const { return static_cast<int>(divide_up(images_, std::int64_t{kBlockImages})); }
  int images_of(int block) const;
  int lanes() const;
  int first_block(int lane) const;
  std::vector<int> longest_lanes_first() const;

  const graph::Graph& graph_;
  Plan plan_;
  const kernels::Kernels& kernels_;
  ThreadPool& threads_;
  ExecutorOptions options_;
  std::int64_t images_ = 0;  // of the batch in work
  Buffer own_kept_;
  Buffer& kept_;
  std::vector<Buffer> scratch_;  // by thread
  std::vector<Target> targets_;
  std::vector<loss::BlockLoss> losses_;             // by block
  std::vector<std::unique_ptr<NodeState>> states_;  // by node, null where nothing is kept for it
  int blocks_together_ = 1;                         // that a lane has a multiple of, but for the last one
};

}  // namespace ftl::engine
