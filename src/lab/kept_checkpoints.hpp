// Which of an experiment's checkpoints stay: a thousand cells would fill a disk.
#pragma once

#include <filesystem>
#include <vector>

#include "lab/experiment_folder.hpp"

namespace ftl::lab {

// Removes the checkpoints of all finished cells but the one with the highest mean accuracy, the first of them
// where several have it. The same settings and seed make the same checkpoint again.
void keep_best_checkpoints(const std::filesystem::path& folder, const ExperimentDescription& description);

}  // namespace ftl::lab
