// A run in the format of DAWNBench's submissions (https://github.com/stanford-futuredata/dawn-bench-entries).
#pragma once

#include <span>
#include <string>

#include "train/result.hpp"

namespace ftl::lab::report {

// Tab-separated, a line an epoch: epoch, hours of training so far, test accuracy in percent, without
// test-time views. Of the first run of those that the records are of.
std::string dawnbench_tsv(std::span<const train::EpochRecord> records);

}  // namespace ftl::lab::report
