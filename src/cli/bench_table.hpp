// What `ftl bench` prints: text of several lines.
#pragma once

#include <string>

#include "measure/convolution_bench.hpp"
#include "measure/machine_peaks.hpp"

namespace ftl::cli {

std::string bench_table(const measure::ConvolutionBench& bench);
std::string peaks_table(const measure::MachinePeaks& peaks);

}  // namespace ftl::cli
