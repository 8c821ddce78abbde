// What this machine can do at best: products by instruction set, and memory traffic.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "machine/instruction_set.hpp"
#include "measure/memory_bandwidth.hpp"

namespace ftl::measure {

struct ProductPeak {
  Isa isa = Isa::generic;
  int threads = 1;
  // Floating-point operations a second (kernels/peak.hpp).
  double rate = 0;         // on registers alone
  double loaded_rate = 0;  // with operands from the first-level cache
};

struct BandwidthPeak {
  MemoryLevel level;
  int threads = 1;
  Bandwidth bandwidth;
};

struct MachinePeaks {
  std::string cpu;
  std::vector<int> threads;              // 1, and all where that is more
  std::vector<ProductPeak> products;     // every usable instruction set, fastest first, each by `threads`
  std::vector<BandwidthPeak> bandwidth;  // each level by `threads`, with the widest vectors
};

struct MachinePeaksOptions {
  int threads = 1;       // all
  double seconds = 0.3;  // of measuring for each bandwidth; a product peak takes two tenths of a second
  // Called before each measurement; may be empty.
  std::function<void(int done, int total, const std::string& what)> progress{};
};

// Throws Interruption on Ctrl-C.
MachinePeaks measure_machine(const MachinePeaksOptions& options);

// An object with the keys that the documentation names. Ends with a newline.
std::string to_json(const MachinePeaks& peaks);

}  // namespace ftl::measure
