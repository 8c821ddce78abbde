// Every convolution of a recipe's training step, each direction as the step runs it, beside oneDNN. Where
// some repetitions were timed while the machine was as fast as it can be, only those count.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "measure/convolution_pass.hpp"
#include "measure/timing.hpp"
#include "measure/training_step.hpp"

namespace ftl::measure {

struct PassTiming {
  Direction direction = Direction::forward;
  std::string with;   // what ours does along with the products (extras)
  bool int8 = false;  // ours multiplies 8-bit integers
  Timing ours;
  std::optional<Timing> onednn;  // the convolution alone; nothing where oneDNN does not offer it
};

struct MeasuredConvolution {
  std::string name;
  bool linear = false;                      // a linear layer: a convolution as large as its input
  kernels::ConvolutionGeometry geometry{};  // plain_geometry
  kernels::ConvolutionFlop flop;            // of one picture and one direction
  std::vector<PassTiming> passes;           // those that the step runs, in the order of Direction
};

struct ConvolutionBench {
  std::string recipe;
  Isa isa = Isa::generic;
  int threads = 1;
  std::int64_t batch = 0;
  double epoch = 0;
  graph::GraphInput pictures;
  double peak = 0;  // floating-point operations a second on registers, the median of undisturbed looks
  std::string onednn_version{};                     // empty: not built in
  std::string onednn_precision;                     // "bf16" or "fp32"
  std::vector<MeasuredConvolution> convolutions{};  // in the network's order

  // Rates in floating-point operations a second; two of 8-bit integers count as one executed.
  double executed_rate(const MeasuredConvolution& convolution, const PassTiming& pass) const;
  double bf16_rate(const MeasuredConvolution& convolution, const Timing& timing) const;
  double nominal_rate(const MeasuredConvolution& convolution, const Timing& timing) const;
};

// All passes together.
struct BenchTotal {
  double seconds = 0;  // of a training step
  double rate = 0;     // executed floating-point operations a second
};
BenchTotal total_of_ours(const ConvolutionBench& bench);
// Nothing when oneDNN lacks a pass.
std::optional<BenchTotal> total_of_onednn(const ConvolutionBench& bench);

struct ConvolutionBenchOptions {
  TrainingStepOptions step;
  double seconds = 0.3;  // of measuring for each pass, ours and oneDNN's each
  // Called before each pass; may be empty.
  std::function<void(int done, int total, const std::string& what)> progress{};
};

// Throws InputError when the recipe does not fit the pictures, Interruption on Ctrl-C.
ConvolutionBench bench_convolutions(const ConvolutionBenchOptions& options);

// An object with the keys that the documentation names; what is unknown is null. Ends with a newline.
std::string to_json(const ConvolutionBench& bench);

}  // namespace ftl::measure
