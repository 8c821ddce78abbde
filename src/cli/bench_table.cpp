#include "cli/bench_table.hpp"

#include <fmt/format.h>

namespace ftl::cli {
namespace {

using measure::BenchTotal;
using measure::ConvolutionBench;
using measure::MeasuredConvolution;
using measure::PassTiming;
using measure::Timing;

// "64x15x15 -> 256x15x15, 3x3"
std::string shape_text(const kernels::ConvolutionGeometry& g) {
  std::string text =
      fmt::format("{} -> {}, {}x{}", to_string(g.in), to_string(g.out), g.kernel_height, g.kernel_width);
  if (g.stride > 1) text += fmt::format(", stride {}", g.stride);
  if (g.groups > 1) text += fmt::format(", {} groups", g.groups);
  return text;
}

constexpr const char* kFigureNames = "      ms  spread  TFLOP/s  nominal   peak";

std::string figures(const ConvolutionBench& bench, const MeasuredConvolution& convolution,
                    const Timing& timing, double executed) {
  return fmt::format("{:8.3f} {:5.0f} %  {:7.3f}  {:7.3f}  {:3.0f} %", 1e3 * timing.seconds,
                     100 * timing.spread / timing.seconds, executed / 1e12,
                     bench.nominal_rate(convolution, timing) / 1e12, 100 * executed / bench.peak);
}

std::string pass_line(const ConvolutionBench& bench, const MeasuredConvolution& convolution,
                      const PassTiming& pass) {
  std::string line =
      fmt::format("  {:<17}{:<18}{}", name(pass.direction), pass.with,
                  figures(bench, convolution, pass.ours, bench.executed_rate(convolution, pass)));
  if (pass.onednn) {
    line += fmt::format("  |{}  {:6.2f}",
                        figures(bench, convolution, *pass.onednn, bench.bf16_rate(convolution, *pass.onednn)),
                        pass.onednn->seconds / pass.ours.seconds);
  } else if (!bench.onednn_version.empty()) {
    line += "  | not offered";
  }
  return line + "\n";
}

std::string total_text(const ConvolutionBench& bench) {
  const auto text = [&](const BenchTotal& total) {
    return fmt::format("{:.1f} ms at {:.2f} TFLOP/s, {:.1f} % of peak", 1e3 * total.seconds,
                       total.rate / 1e12, 100 * total.rate / bench.peak);
  };
  const BenchTotal ours = total_of_ours(bench);
  std::string line = fmt::format("all convolutions of a training step: ftl {}", text(ours));
  if (bench.onednn_version.empty()) return line + "; oneDNN not built\n";
  const std::optional<BenchTotal> onednn = total_of_onednn(bench);
  if (!onednn) return line + "; oneDNN does not offer all\n";
  return line + fmt::format("; oneDNN {}; ratio {:.2f}\n", text(*onednn), onednn->seconds / ours.seconds);
}

// How many of the timed repetitions were disturbed.
std::string disturbed_text(const ConvolutionBench& bench) {
  int timed = 0;
  int disturbed = 0;
  int without_others = 0;
  const auto add = [&](const Timing& timing) {
    const bool all = timing.repetitions == timing.disturbed;
    timed += timing.repetitions + (all ? 0 : timing.disturbed);
    disturbed += timing.disturbed;
    without_others += all ? 1 : 0;
  };
  for (const MeasuredConvolution& convolution : bench.convolutions) {
    for (const PassTiming& pass : convolution.passes) {
      add(pass.ours);
      if (pass.onednn) add(*pass.onednn);
    }
  }
  std::string text = fmt::format("{} of {} repetitions left out: the machine was slow before or after them",
                                 disturbed, timed);
  if (without_others > 0) text += fmt::format("; {} figures have no others, and count them", without_others);
  return text + "\n";
}

std::string threads_text(int threads) {
  return threads == 1 ? "1 thread" : fmt::format("{} threads", threads);
}

}  // namespace

std::string bench_table(const ConvolutionBench& bench) {
  std::string text =
      fmt::format("{}, {} pictures of {}x{} at epoch {:g}; {}, {}; peak {:.2f} TFLOP/s\n", bench.recipe,
                  bench.batch, bench.pictures.height, bench.pictures.width, bench.epoch, name(bench.isa),
                  threads_text(bench.threads), bench.peak / 1e12);
  text +=
      "Times are medians for the whole batch, the spread is that of the middle half. TFLOP/s are of "
      "executed\n"
      "operations, two of int8 counted as one; nominal ones count all, and taps outside the picture too. "
      "Packing\nweights is not in the times.\n";
  const bool peer = !bench.onednn_version.empty();
  if (peer) {
    text += fmt::format(
        "oneDNN {}: the convolution alone in {}, layouts of its choice, no pool or bias; ratio: oneDNN's "
        "time "
        "by ftl's.\n",
        bench.onednn_version, bench.onednn_precision);
  } else {
    text += "oneDNN: not built (install libdnnl-dev and build again).\n";
  }
  text += fmt::format("\n  {:<17}{:<18}{:<43}{}\n", "pass", "with", "ftl",
                      peer ? fmt::format("  | oneDNN {}", bench.onednn_version) : "");
  text +=
      fmt::format("  {:<35}{}{}\n", "", kFigureNames, peer ? fmt::format("  |{}   ratio", kFigureNames) : "");
  for (const MeasuredConvolution& convolution : bench.convolutions) {
    text += fmt::format("{}{}  {}\n", convolution.name, convolution.linear ? " (linear)" : "",
                        shape_text(convolution.geometry));
    for (const PassTiming& pass : convolution.passes) text += pass_line(bench, convolution, pass);
  }
  return text + "\n" + total_text(bench) + disturbed_text(bench);
}

std::string peaks_table(const measure::MachinePeaks& peaks) {
  std::string text = peaks.cpu + "\n\nproducts of bf16, TFLOP/s  registers   from L1\n";
  for (const measure::ProductPeak& peak : peaks.products) {
    text += fmt::format("  {:<12}  {:<10}  {:9.3f}  {:8.3f}\n", name(peak.isa), threads_text(peak.threads),
                        peak.rate / 1e12, peak.loaded_rate / 1e12);
  }
  text += "\nmemory, GB/s                      read     write      copy (read + written)\n";
  for (const measure::BandwidthPeak& peak : peaks.bandwidth) {
    text += fmt::format("  {:<12}  {:<10}  {:8.1f}  {:8.1f}  {:8.1f}\n", peak.level.name,
                        threads_text(peak.threads), peak.bandwidth.read / 1e9, peak.bandwidth.write / 1e9,
                        peak.bandwidth.copy / 1e9);
  }
  return text;
}

}  // namespace ftl::cli
