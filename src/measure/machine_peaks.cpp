#include "measure/machine_peaks.hpp"

#include <fmt/format.h>

#include <deque>

#include "base/interrupt.hpp"
#include "base/json.hpp"
#include "kernels/peak.hpp"
#include "kernels/registry.hpp"

namespace ftl::measure {
namespace {

std::vector<Isa> usable_isas() {
  std::vector<Isa> isas;
  for (const IsaStatus& candidate : isa_candidates()) {
    if (candidate.usable) isas.push_back(candidate.isa);
  }
  return isas;
}

// The measurements one after the other, each announced.
class Measurements {
 public:
  Measurements(const MachinePeaksOptions& options, int total) : options_(options), total_(total) {}

  void announce(const std::string& what) {
    throw_if_interrupted();
    if (options_.progress) options_.progress(done_, total_, what);
    ++done_;
  }

 private:
  const MachinePeaksOptions& options_;
  int total_;
  int done_ = 0;
};

}  // namespace

MachinePeaks measure_machine(const MachinePeaksOptions& options) {
  const std::vector<Isa> isas = usable_isas();
  const kernels::StreamKernels& stream = kernels::kernels_for(isas.front()).stream;
  MachinePeaks peaks{.cpu = cpu_model(), .threads = {1}, .products = {}, .bandwidth = {}};
  if (options.threads > 1) peaks.threads.push_back(options.threads);
  const std::size_t levels = memory_levels(1).size();
  Measurements measurements(options, static_cast<int>(peaks.threads.size() * (isas.size() + levels)));
  std::deque<ThreadPool> pools;
  for (const int count : peaks.threads) pools.emplace_back(count);
  for (const Isa isa : isas) {
    for (ThreadPool& threads : pools) {
      measurements.announce(fmt::format("{}, threads: {}", name(isa), threads.threads()));
      const kernels::Kernels& kernels = kernels::kernels_for(isa);
      peaks.products.push_back({isa, threads.threads(), kernels::measure_peak(kernels, threads),
                                kernels::measure_peak(kernels, threads, kernels::PeakOperands::cache)});
    }
  }
  for (std::size_t level = 0; level < levels; ++level) {
    for (ThreadPool& threads : pools) {
      const MemoryLevel memory = memory_levels(threads.threads())[level];
      measurements.announce(fmt::format("{}, threads: {}", memory.name, threads.threads()));
      peaks.bandwidth.push_back(
          {memory, threads.threads(), measure_bandwidth(memory, stream, threads, options.seconds)});
    }
  }
  return peaks;
}

std::string to_json(const MachinePeaks& peaks) {
  Json json{{"cpu", peaks.cpu},
            {"threads", peaks.threads},
            {"products", Json::array()},
            {"bandwidth", Json::array()}};
  for (const ProductPeak& peak : peaks.products) {
    json["products"].push_back({{"isa", name(peak.isa)},
                                {"threads", peak.threads},
                                {"tflops", peak.rate / 1e12},
                                {"loaded_tflops", peak.loaded_rate / 1e12}});
  }
  for (const BandwidthPeak& peak : peaks.bandwidth) {
    json["bandwidth"].push_back({{"level", peak.level.name},
                                 {"bytes", peak.level.bytes},
                                 {"threads", peak.threads},
                                 {"read_gbytes_per_second", peak.bandwidth.read / 1e9},
                                 {"write_gbytes_per_second", peak.bandwidth.write / 1e9},
                                 {"copy_gbytes_per_second", peak.bandwidth.copy / 1e9}});
  }
  return json.indented_text() + "\n";
}

}  // namespace ftl::measure
