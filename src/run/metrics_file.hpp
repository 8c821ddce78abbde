// metrics.jsonl of a run directory: a line of JSON an epoch, of all its runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "train/result.hpp"

namespace ftl::run {

// With its newline.
std::string metrics_line(const train::EpochRecord& record, std::uint64_t seed);

// By run and epoch, the last line of each (a resumed run repeats what it lost). A last line without an end,
// which a killed run may leave, is passed over. Nothing when there is no such file. Throws InputError naming
// the line.
std::vector<train::EpochRecord> read_metrics(const std::filesystem::path& path);

}  // namespace ftl::run
