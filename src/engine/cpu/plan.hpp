// A network as a list of steps over image blocks, with all memory placed once.
//
// Batch norm needs the whole batch twice, before its forward and before its backward pass. Those are the only
// places where image blocks must wait for each other, so they cut the work into segments. Within a segment
// one thread takes an image block through all steps while it is in its own cache; between segments a value is
// kept in memory only when it cannot be recomputed cheaply (a batch norm, a ReLU, a product with a gate
// can), or is the input of a convolution of 8-bit integers, rounded. So every convolution output is written
// to memory once, and read once by each segment that needs it. Weight gradients of small pictures wait for a
// lane's next blocks, and take several at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/cpu/pass.hpp"
#include "graph/graph.hpp"
#include "kernels/activation/activation.hpp"

namespace ftl::engine {

// A pass of a node over an image block. Operands are buffers of the plan; kNone where a pass has no such one.
struct Step {
  const Pass* pass = nullptr;
  int node = graph::kNone;
  std::vector<int> inputs{};    // values that it reads
  int gradient = graph::kNone;  // of the node's value
  std::vector<int> outputs{};   // what it writes: a value, or gradients of the inputs
  int winners = graph::kNone;   // which position won in each window of a convolution's pool
  int integers = graph::kNone;  // of 8 bits, that a convolution or a norm rounds a convolution's input to
  int scratch = graph::kNone;   // memory for the step alone
  kernels::ActivationKind activation =
      kernels::ActivationKind::identity;  // applied to a convolution's results

  // The first of them.
  int input() const { return inputs.empty() ? graph::kNone : inputs.front(); }
  int output() const { return outputs.empty() ? graph::kNone : outputs.front(); }
};

struct PlanBuffer {
  std::int64_t bytes = 0;  // of one image block
  bool kept = false;  // in memory for every block, across segments; else in the thread's own scratch memory
  std::int64_t offset =
      0;  // kept: where its array over the blocks starts, in bytes per block; else in scratch
  // In scratch: how many neighbouring blocks of a lane have one each, for a step that takes several at a
  // time.
  int copies = 1;
};

struct Segment {
  std::vector<Step> steps;
  bool sums_in_lanes = false;           // has steps whose pass does: blocks go in lanes
  std::vector<int> forward_statistics;  // nodes whose statistics of the batch are complete after this segment
  std::vector<int> backward_sums;       // ... whose sums over its gradient are
};

struct Plan {
  std::vector<Segment> segments;
  std::vector<PlanBuffer> buffers;
  int output = graph::kNone;       // buffer of the network's output
  std::int64_t kept_bytes = 0;     // per image block
  std::int64_t scratch_bytes = 0;  // per thread
  std::vector<bool> trained;       // by parameter
  bool training = false;
  double flop = 0;  // of one image, as executed_flop counts it
};

// Operations of a step for one image, those of convolutions only. Two of 8-bit integers count as one: tile
// instructions do twice as many of them in the same time, so that rates compare with the peak of bf16.
double executed_flop(const graph::Graph& graph, const Plan& plan, const Step& step);

// Forward and backward. Gradients are computed for the parameters with trained[parameter] only, and nothing
// is carried back further than the first of them.
Plan plan_training(const graph::Graph& graph, const std::vector<bool>& trained);

// Forward with the running statistics; one segment. Products are of bf16, also where training rounds to 8-bit
// integers: then weights are rounded in the same way first, and pictures not.
Plan plan_inference(const graph::Graph& graph);

}  // namespace ftl::engine
