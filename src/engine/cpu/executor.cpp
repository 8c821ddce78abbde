#include "engine/cpu/executor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <stdexcept>

#include "base/index.hpp"
#include "engine/cpu/activity.hpp"
#include "engine/cpu/cpu_op.hpp"
#include "engine/cpu/step_runner.hpp"

namespace ftl::engine {
namespace {

// Of a batch's blocks: few enough that adding them up is cheap, enough for many threads, and a power of two
// so that two, four or eight threads share them evenly. With fewer than four blocks to a lane, writing and
// reading its sums takes longer than more threads than eight would save
// (docs/notebook/2026-11-22-fewer-lanes.md).
int lanes_for(int blocks) {
  if (blocks >= 60) return 16;
  if (blocks >= 16) return 8;
  return std::min(blocks, 4);
}

}  // namespace

Executor::Executor(const graph::Graph& graph, Plan plan, const kernels::Kernels& kernels, ThreadPool& threads,
                   const ExecutorOptions& options)
    : graph_(graph),
      plan_(std::move(plan)),
      kernels_(kernels),
      threads_(threads),
      options_(options),
      images_(options.max_images),
      kept_(options.kept != nullptr ? *options.kept : own_kept_) {
  const std::int64_t kept_bytes = plan_.kept_bytes * blocks();
  if (kept_.bytes() < kept_bytes) kept_ = Buffer(kept_bytes);
  for (int thread = 0; thread < threads.threads(); ++thread) scratch_.emplace_back(plan_.scratch_bytes);
  targets_.resize(plan_.training ? at(blocks()) * kBlockImages : 0);
  losses_.resize(at(blocks()));
  make_states();
}

int Executor::images_of(int block) const {
  return static_cast<int>(std::min<std::int64_t>(kBlockImages, images_ - std::int64_t{block} * kBlockImages));
}

int Executor::lanes() const {
  return std::min(lanes_for(blocks()), divide_up(blocks(), blocks_together_));
}

// Lanes hold neighbouring blocks, sizes differing by at most as many as stay together.
int Executor::first_block(int lane) const {
  const std::int64_t groups = divide_up(blocks(), blocks_together_);
  return std::min(blocks(), static_cast<int>(lane * groups / lanes()) * blocks_together_);
}

// The order in which threads take lanes: longest first, so that at the end they wait at most for a short one.
std::vector<int> Executor::longest_lanes_first() const {
  std::vector<int> order(at(lanes()));
  std::iota(order.begin(), order.end(), 0);
  const auto length = [this](int lane) { return first_block(lane + 1) - first_block(lane); };
  std::ranges::stable_sort(order, std::greater{}, length);
  return order;
}

void Executor::make_states() {
  for (const graph::Node& node : graph_.nodes) {
    blocks_together_ = std::max(blocks_together_, cpu_op(*node.op).blocks_together(node, plan_));
  }
  std::vector<std::vector<const Step*>> steps(graph_.nodes.size());
  for (const Segment& segment : plan_.segments) {
    for (const Step& step : segment.steps) {
      if (step.node != graph::kNone) steps[at(step.node)].push_back(&step);
    }
  }
  for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
    states_.push_back(cpu_op(*graph_.nodes[n].op)
                          .state({.graph = graph_,
                                  .plan = plan_,
                                  .kernels = kernels_,
                                  .node = static_cast<int>(n),
                                  .steps = std::move(steps[n]),
                                  .largest = extent()}));
  }
}

void Executor::load(const graph::Model& model) {
  const ActivityScope doing(threads_, activity(Chore::weight_packing));
  threads_.parallel_for(static_cast<std::int64_t>(states_.size()), [&](std::int64_t n, int) {
    NodeState* state = states_[static_cast<std::size_t>(n)].get();
    if (state != nullptr) state->load(model);
  });
  struct Item {
    NodeState* state;
    int item;
  };
  std::vector<Item> items;
  for (const auto& state : states_) {
    if (state == nullptr) continue;
    for (int item = 0; item < state->packing_items(); ++item) items.push_back({state.get(), item});
  }
  threads_.parallel_for(static_cast<std::int64_t>(items.size()), [&](std::int64_t index, int) {
    const Item& item = items[static_cast<std::size_t>(index)];
    item.state->pack(item.item, model);
  });
}

void Executor::accept(const Batch& batch) {
  if (batch.images < 1 || batch.images > options_.max_images) {
    throw std::invalid_argument(
        fmt::format("a batch of {} images for an executor of 1 to {}", batch.images, options_.max_images));
  }
  images_ = batch.images;
}

TrainingResult Executor::train(const Batch& batch, graph::Model& model,
                               std::vector<std::vector<float>>& gradients,
                               const std::function<void(std::size_t segment)>& after_segment) {
  accept(batch);
  for (std::size_t segment = 0; segment < plan_.segments.size(); ++segment) {
    run(plan_.segments[segment], batch, model, gradients);
    if (after_segment) after_segment(segment);
  }
  TrainingResult result;
  for (int block = 0; block < blocks(); ++block) {
    const auto& [loss, scores] = losses_[at(block)];
    result.loss += loss;
    result.correct += scores.correct;
    result.gradient_norms.insert(result.gradient_norms.end(), scores.gradient_norms.begin(),
                                 scores.gradient_norms.begin() + images_of(block));
  }
  return result;
}

void Executor::run(const Segment& segment, const Batch& batch, graph::Model& model,
                   std::vector<std::vector<float>>& gradients) {
  run_segment(segment, batch);
  for (const int node : segment.forward_statistics) {
    const ActivityScope doing(threads_, activity(Chore::finish_statistics, node));
    states_[at(node)]->finish_statistics(extent(), model);
  }
  for (const int node : segment.backward_sums) {
    const ActivityScope doing(threads_, activity(Chore::finish_statistics, node));
    states_[at(node)]->finish_backward_sums(extent(), model, gradients);
  }
  if (segment.sums_in_lanes) reduce_lanes(segment, gradients);
}

void Executor::infer(const Batch& batch, std::span<float> logits) {
  accept(batch);
  run_segment(plan_.segments.front(), batch);
  const Shape shape{graph_.classes, 1, 1};
  const PlanBuffer& output = plan_.buffers[at(plan_.output)];
  const auto scale = static_cast<float>(graph_.logit_scale);
  for (std::int64_t image = 0; image < images_; ++image) {
    const std::int64_t block = image / kBlockImages;
    const auto* values =
        reinterpret_cast<const bf16*>(kept_.data() + block * plan_.kept_bytes + output.offset);
    for (int c = 0; c < graph_.classes; ++c) {
      const std::int64_t index = blocked_index(shape, static_cast<int>(image % kBlockImages), c, 0, 0);
      logits[static_cast<std::size_t>(image * graph_.classes + c)] = scale * to_float(values[index]);
    }
  }
}

void Executor::run_segment(const Segment& segment, const Batch& batch) {
  if (!segment.sums_in_lanes) {
    threads_.parallel_for(blocks(), [&](std::int64_t block, int thread) {
      StepRunner(*this, batch, thread).run(segment, {.block = static_cast<int>(block)});
    });
    return;
  }
  const std::vector<int> order = longest_lanes_first();
  threads_.parallel_for(lanes(), [&](std::int64_t item, int thread) {
    const int lane = order[at(static_cast<int>(item))];
    StepRunner runner(*this, batch, thread);
    const int first = first_block(lane);
    const int last = first_block(lane + 1);
    for (int block = first; block < last; ++block) {
      runner.run(segment,
                 {.block = block, .lane = lane, .index = block - first, .last_of_lane = block + 1 == last});
    }
  });
}

void Executor::reduce_lanes(const Segment& segment, std::vector<std::vector<float>>& gradients) {
  const ActivityScope doing(threads_, activity(Chore::gradient_reduction));
  struct Item {
    const NodeState* state;
    int item;
  };
  std::vector<Item> items;
  for (const Step& step : segment.steps) {
    if (!step.pass->sums_in_lanes) continue;
    const NodeState* state = states_[at(step.node)].get();
    for (int item = 0; item < state->reduction_items(); ++item) items.push_back({state, item});
  }
  threads_.parallel_for(static_cast<std::int64_t>(items.size()), [&](std::int64_t index, int) {
    const Item& item = items[static_cast<std::size_t>(index)];
    item.state->reduce(item.item, extent(), gradients);
  });
}

}  // namespace ftl::engine
