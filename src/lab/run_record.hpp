// The result of a finished run on disk, for an experiment that is resumed.
#pragma once

#include <filesystem>
#include <optional>

#include "train/result.hpp"

namespace ftl::lab {

void save_run_record(const std::filesystem::path& path, const train::RunResult& result);

// Nothing when there is no such file. Throws InputError naming the file when it is not a record.
std::optional<train::RunResult> load_run_record(const std::filesystem::path& path);

}  // namespace ftl::lab
