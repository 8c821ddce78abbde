// What `ftl train --forgetting` has measured, read back.
#pragma once

#include <filesystem>
#include <vector>

#include "train/forgetting_record.hpp"

namespace ftl::lab::report {

// By epoch, over all runs of forgetting.jsonl that came so far: pictures are the sum, loss and accuracy means
// over them. The last line of each run and epoch counts (a resumed run repeats what it lost). Nothing where
// there is no file. Throws InputError naming the line and what is wrong with it.
std::vector<train::ForgettingRecord> read_forgetting(const std::filesystem::path& path);

}  // namespace ftl::lab::report
