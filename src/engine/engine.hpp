// Where networks run. What trains, evaluates, profiles and measures knows engines only by this file; engines
// are made in engine/make_engine.hpp, and tests/engine/conformance_test.cpp holds each of them to the
// reference.
//
//   Engine       compiles a graph into programs, holds models, makes optimizers
//   Program      runs a graph on batches: trains or infers
//   ModelMemory  weights, their gradients and running statistics, where the engine keeps them
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/thread_pool.hpp"
#include "engine/batch.hpp"
#include "engine/work.hpp"
#include "graph/model.hpp"
#include "loss/loss.hpp"
#include "optim/optimizer_config.hpp"

namespace ftl::engine {

// A model in training, or one of several whose weights evaluation compares. Parameters and norms are
// numbered as the graph numbers them. The CPU engines keep it in memory, a device keeps it on the device.
class ModelMemory {
 public:
  virtual ~ModelMemory() = default;

  // All weights and running statistics, for checkpoints and for what is set from the data.
  virtual graph::Model read() const = 0;
  virtual void write(const graph::Model& model) = 0;

  // The gradient that the last batch left of a parameter, in the host's memory. What is written there counts
  // in the steps of optimizers that follow: this is where several machines add up theirs.
  virtual std::span<float> gradient(int parameter) = 0;

  // One step of an optimizer that make_optimizer made for these parameters, by the gradients.
  virtual void step(optim::Optimizer& optimizer, std::span<const int> parameters, double learning_rate) = 0;

  // Weights and statistics become decay * own + (1 - decay) * other, both of one engine and graph.
  virtual void average_with(const ModelMemory& other, double decay) = 0;
};

// Memory that programs which take turns share.
class SharedMemory {
 public:
  virtual ~SharedMemory() = default;
};

// What a program is to do.
struct Purpose {
  struct Training {
    std::vector<bool> trained;         // by parameter; nothing is carried back further than the first of them
    const loss::Loss* loss = nullptr;  // outlives the program
  };
  std::int64_t max_images = 0;         // the largest batch
  std::optional<Training> training{};  // nothing: inference by the running statistics
  SharedMemory* memory = nullptr;      // of reserve, outlives the program; null: memory of its own
};

// What a program takes, known before it is compiled.
struct Cost {
  double flop = 0;  // of convolutions and linear layers, for one image; two of 8-bit integers count as one
  std::int64_t shareable_bytes = 0;  // what programs that take turns can have in one SharedMemory
  std::int64_t own_bytes = 0;        // working memory of the program's threads
};

// Some items of a program's segment, to be run by themselves.
struct Part {
  int segment = 0;
  std::vector<int> items{};  // rising
  // Spreads work over threads as these items ask for, and not as their segment does.
  bool alone = false;
};

// Called after each segment of train() with the parameters whose gradients it has completed, maybe none.
using SegmentHook = std::function<void(std::span<const int> parameters)>;

class Program {
 public:
  virtual ~Program() = default;

  virtual const Cost& cost() const = 0;

  // Takes over the weights as they are now (packs them as they are multiplied); for inference also the
  // running statistics.
  virtual void load(const ModelMemory& model) = 0;

  // Forward and backward of one batch with the weights last loaded. Writes the model's gradients of trained
  // parameters, leaves the others alone, and updates its running statistics. Throws std::invalid_argument for
  // no images or more than max_images.
  virtual TrainingResult train(const Batch& batch, ModelMemory& model, const SegmentHook& after_segment) = 0;
  TrainingResult train(const Batch& batch, ModelMemory& model) { return train(batch, model, {}); }

  // Logits, [images][classes], scaled by the network's logit scale. Throws as train does.
  virtual void infer(const Batch& batch, std::span<float> logits) = 0;

  // The work in its order, for profiles and measurements; none where an engine cannot be run item by item.
  virtual const std::vector<WorkSegment>& segments() const = 0;
  // Runs some of it, on what the memory holds since the batch last given to train(). A part with all items of
  // its segment, and not alone, also does what follows the segment.
  virtual void run(const Part& part, const Batch& batch, ModelMemory& model) = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;

  virtual std::string_view name() const = 0;
  // The host's threads, which fill batches and run what is not the engine's.
  virtual ThreadPool& threads() = 0;

  // `graph` and what `purpose` points to must outlive the program. Throws RunError where memory is lacking.
  virtual std::unique_ptr<Program> compile(const graph::Graph& graph, const Purpose& purpose) = 0;
  // What compile would make, without making it.
  virtual Cost cost(const graph::Graph& graph, const Purpose& purpose) const = 0;
  // `bytes` of it, of which the system provides the first `provided` now rather than at their first use.
  virtual std::unique_ptr<SharedMemory> reserve(std::int64_t bytes, std::int64_t provided) = 0;

  virtual std::unique_ptr<ModelMemory> hold(const graph::Graph& graph, const graph::Model& model) = 0;
  // For parameters of these sizes (elements each); its state is where the parameters are.
  virtual std::unique_ptr<optim::Optimizer> make_optimizer(const optim::OptimizerRule& rule,
                                                           std::span<const std::int64_t> sizes) = 0;
};

}  // namespace ftl::engine
