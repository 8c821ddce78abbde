// A run in the format of DAWNBench's submissions (https://github.com/stanford-futuredata/dawn-bench-entries).
#pragma once

#include <span>
#include <string>

#include "train/result.hpp"

namespace ftl::lab::report {

// Tab-separated, a line an epoch: epoch, hours on the clock so far and test accuracy in percent, by the rules
// of Protocol::dawnbench (lab/protocol.hpp): `init_seconds` and training; without test-time views, of the
// weights that evaluation uses. Of the first run of those that the records are of.
std::string dawnbench_tsv(std::span<const train::EpochRecord> records, double init_seconds);

}  // namespace ftl::lab::report
