#include "measure/convolution_bench.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "base/index.hpp"
#include "base/json.hpp"
#include "graph/ops/convolution.hpp"
#include "kernels/peak.hpp"
#include "measure/onednn.hpp"

namespace ftl::measure {
namespace {

// Short beside a turn, long beside a thread's waking up.
constexpr double kSecondsOfLook = 2e-3;
// Before the first pass, which is to know by then how fast the machine can be.
constexpr int kFirstLooks = 50;

class Bench {
 public:
  explicit Bench(const ConvolutionBenchOptions& options)
      : options_(options),
        step_(options.step),
        passes_(convolution_passes(step_.graph(), step_.segments())),
        probe_(options.step.kernels, options.step.threads, kSecondsOfLook),
        gauge_([this] { return probe_.look(); }) {}

  ConvolutionBench measure() {
    result_ = {.recipe = options_.step.recipe.name,
               .isa = options_.step.kernels.isa,
               .threads = options_.step.threads.threads(),
               .batch = step_.images(),
               .epoch = options_.step.epoch,
               .pictures = options_.step.pictures,
               .onednn_version = onednn_version(),
               .onednn_precision = onednn_precision(options_.step.kernels.isa)};
    configure_onednn(result_.isa, result_.threads);
    for (int look = 0; look < kFirstLooks; ++look) gauge_.look();
    for (int segment = 0; at(segment) < step_.segments().size(); ++segment) {
      for (const ConvolutionPass& pass : passes_) {
        if (pass.part.segment == segment) measure(pass);
      }
      step_.run(first_items(segment, static_cast<int>(step_.segments()[at(segment)].items.size())));
    }
    collect();
    result_.peak = gauge_.typical();
    return std::move(result_);
  }

 private:
  void measure(const ConvolutionPass& pass) {
    const graph::Node& node = step_.graph().nodes[at(pass.node)];
    if (options_.progress) {
      options_.progress(measured_++, static_cast<int>(passes_.size()),
                        fmt::format("{} {}", node.name, name(pass.direction)));
    }
    run_up_to(pass);
    std::vector<Contestant> contestants{{.run = [&] { step_.run(pass.part); }}};
    const OnednnProblem problem{.geometry = plain_geometry(step_.graph(), pass.node),
                                .direction = pass.direction,
                                .images = static_cast<int>(step_.images()),
                                .isa = result_.isa};
    if (auto run = onednn_convolution(problem)) {
      contestants.push_back({.run = std::move(run), .leave = rest_onednn});
    }
    const std::vector<Timing> timings = time_in_turns(contestants, options_.seconds, gauge_);
    PassTiming timing{.direction = pass.direction,
                      .with = extras(pass),
                      .int8 = pass.int8,
                      .ours = timings[0],
                      .onednn = {}};
    if (timings.size() > 1) timing.onednn = timings[1];
    timings_[pass.node].push_back(std::move(timing));
  }

  // Brings the operands to where the pass finds them in training: some are in a thread's own memory, which
  // other steps use too.
  void run_up_to(const ConvolutionPass& pass) {
    step_.run(first_items(pass.part.segment, pass.part.items.back()));
  }

  static engine::Part first_items(int segment, int count) {
    engine::Part part{.segment = segment, .items = std::vector<int>(at(count))};
    std::iota(part.items.begin(), part.items.end(), 0);
    return part;
  }

  void collect() {
    const graph::Graph& graph = step_.graph();
    for (auto& [node, timings] : timings_) {
      const auto& convolution = *graph.nodes[at(node)].as<graph::ConvolutionOp>();
      std::ranges::sort(timings, {}, &PassTiming::direction);
      result_.convolutions.push_back(
          {.name = graph.nodes[at(node)].name,
           .linear = graph.parameters[at(convolution.weight)].role == graph::ParameterRole::linear,
           .geometry = plain_geometry(graph, node),
           .flop = kernels::convolution_flop(convolution.geometry),
           .passes = std::move(timings)});
    }
  }

  const ConvolutionBenchOptions& options_;
  TrainingStep step_;
  std::vector<ConvolutionPass> passes_;
  kernels::PeakProbe probe_;
  SpeedGauge gauge_;
  std::map<int, std::vector<PassTiming>> timings_;  // by node
  int measured_ = 0;
  ConvolutionBench result_;
};

// Sums over all passes; `seconds_of` and `rate_of` pick whose.
template <class SecondsOf, class RateOf>
BenchTotal total(const ConvolutionBench& bench, const SecondsOf& seconds_of, const RateOf& rate_of) {
  double flop = 0;
  double seconds = 0;
  for (const MeasuredConvolution& convolution : bench.convolutions) {
    for (const PassTiming& pass : convolution.passes) {
      flop += rate_of(convolution, pass) * seconds_of(pass);
      seconds += seconds_of(pass);
    }
  }
  return {seconds, flop / seconds};
}

// `executed` is the rate of it.
Json json_of(const ConvolutionBench& bench, const MeasuredConvolution& convolution, const Timing& timing,
             double executed) {
  return {{"seconds", timing.seconds},
          {"spread", timing.spread},
          {"repetitions", timing.repetitions},
          {"disturbed", timing.disturbed},
          {"tflops", executed / 1e12},
          {"nominal_tflops", bench.nominal_rate(convolution, timing) / 1e12},
          {"fraction_of_peak", executed / bench.peak}};
}

Json json_of(const Shape& shape) {
  return {shape.channels, shape.height, shape.width};
}

Json json_of(const ConvolutionBench& bench, const MeasuredConvolution& convolution) {
  const kernels::ConvolutionGeometry& g = convolution.geometry;
  Json json{{"name", convolution.name},
            {"linear", convolution.linear},
            {"in", json_of(g.in)},
            {"out", json_of(g.out)},
            {"kernel", {g.kernel_height, g.kernel_width}},
            {"stride", g.stride},
            {"pad", g.pad},
            {"groups", g.groups},
            {"passes", Json::array()}};
  for (const PassTiming& pass : convolution.passes) {
    Json ours = json_of(bench, convolution, pass.ours, bench.executed_rate(convolution, pass));
    Json onednn;
    if (pass.onednn) {
      onednn = json_of(bench, convolution, *pass.onednn, bench.bf16_rate(convolution, *pass.onednn));
    }
    json["passes"].push_back({{"direction", name(pass.direction)},
                              {"with", pass.with},
                              {"ftl", std::move(ours)},
                              {"onednn", std::move(onednn)}});
  }
  return json;
}

Json json_of(const ConvolutionBench& bench, const BenchTotal& sum) {
  return {{"seconds", sum.seconds}, {"tflops", sum.rate / 1e12}, {"fraction_of_peak", sum.rate / bench.peak}};
}

}  // namespace

double ConvolutionBench::executed_rate(const MeasuredConvolution& convolution, const PassTiming& pass) const {
  return bf16_rate(convolution, pass.ours) / (pass.int8 ? 2 : 1);
}

double ConvolutionBench::bf16_rate(const MeasuredConvolution& convolution, const Timing& timing) const {
  return convolution.flop.executed * static_cast<double>(batch) / timing.seconds;
}

double ConvolutionBench::nominal_rate(const MeasuredConvolution& convolution, const Timing& timing) const {
  return convolution.flop.nominal * static_cast<double>(batch) / timing.seconds;
}

BenchTotal total_of_ours(const ConvolutionBench& bench) {
  return total(
      bench, [](const PassTiming& pass) { return pass.ours.seconds; },
      [&](const MeasuredConvolution& convolution, const PassTiming& pass) {
        return bench.executed_rate(convolution, pass);
      });
}

std::optional<BenchTotal> total_of_onednn(const ConvolutionBench& bench) {
  for (const MeasuredConvolution& convolution : bench.convolutions) {
    for (const PassTiming& pass : convolution.passes) {
      if (!pass.onednn) return std::nullopt;
    }
  }
  return total(
      bench, [](const PassTiming& pass) { return pass.onednn->seconds; },
      [&](const MeasuredConvolution& convolution, const PassTiming& pass) {
        return bench.bf16_rate(convolution, *pass.onednn);
      });
}

ConvolutionBench bench_convolutions(const ConvolutionBenchOptions& options) {
  return Bench(options).measure();
}

std::string to_json(const ConvolutionBench& bench) {
  Json json{{"recipe", bench.recipe}, {"isa", name(bench.isa)},       {"threads", bench.threads},
            {"batch", bench.batch},   {"epoch", bench.epoch},         {"peak_tflops", bench.peak / 1e12},
            {"onednn", nullptr},      {"convolutions", Json::array()}};
  if (!bench.onednn_version.empty()) {
    json["onednn"] = {{"version", bench.onednn_version}, {"precision", bench.onednn_precision}};
  }
  for (const MeasuredConvolution& convolution : bench.convolutions) {
    json["convolutions"].push_back(json_of(bench, convolution));
  }
  const BenchTotal ours = total_of_ours(bench);
  const std::optional<BenchTotal> onednn = total_of_onednn(bench);
  json["total"] = {{"ftl", json_of(bench, ours)},
                   {"onednn", onednn ? json_of(bench, *onednn) : Json()},
                   {"onednn_over_ftl", onednn ? Json(onednn->seconds / ours.seconds) : Json()}};
  return json.indented_text() + "\n";
}

}  // namespace ftl::measure
