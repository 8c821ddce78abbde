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
#include <string>
#include <vector>

#include "graph/graph.hpp"

namespace ftl::engine {

enum class StepKind {
  pictures,     // out: pictures filled by the batch source
  patches,      // in -> out
  convolution,  // in -> out, out2: which position won the pool, rounded: in as 8-bit integers, if it is
                // not those already
  statistics,   // in: sums of a batch norm's input
  batch_norm,   // in -> out, or rounded: 8-bit integers of it
  activation,   // in -> out
  pool,         // in -> out
  multiply,     // in, in2: gate -> out
  add,          // in, in2 -> out
  loss,         // in: network output -> out: its gradient
  convolution_weights,  // in or the integers made of it, gradient, in2: which position won, scratch -> the
                        // lane's sums
  convolution_data,     // gradient, in2: which position won, scratch -> out
  batch_norm_reduce,    // in, gradient -> out, and the two sums
  batch_norm_data,      // in, gradient -> out
  activation_data,      // in, gradient -> out
  pool_data,            // in, gradient -> out
  multiply_data,        // in, in2: gate, gradient -> out, out2: the gate's gradient
  copy,                 // in -> out
  accumulate,           // out += in
};

std::string_view name(StepKind kind);

// Which buffer plays which part; kNone where the kind has no such part.
struct Step {
  StepKind kind;
  int node = graph::kNone;
  int in = graph::kNone;
  int in2 = graph::kNone;
  int gradient = graph::kNone;
  int out = graph::kNone;
  int out2 = graph::kNone;
  int rounded = graph::kNone;
  int scratch = graph::kNone;
  kernels::ActivationKind activation = kernels::ActivationKind::identity;  // a convolution's, of its out
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
  bool sums_weights = false;            // has convolution_weights steps: blocks go in lanes
  std::vector<int> forward_statistics;  // batch norm nodes whose moments are complete after this segment
  std::vector<int> backward_sums;       // ... whose two backward sums are
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

// Whether a convolution's step multiplies 8-bit integers.
bool multiplies_int8(const graph::Graph& graph, const Plan& plan, const Step& step);

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
