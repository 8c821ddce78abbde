// What the files in a run directory are called; run/run_directory.hpp says what they hold.
#pragma once

namespace ftl::run {

inline constexpr const char* kRecipeFile = "recipe.toml";
inline constexpr const char* kEnvironmentFile = "environment.json";
inline constexpr const char* kMetricsFile = "metrics.jsonl";
inline constexpr const char* kForgettingFile = "forgetting.jsonl";
inline constexpr const char* kCheckpointFile = "checkpoint.safetensors";
inline constexpr const char* kTrainingStateFile = "training_state.safetensors";
inline constexpr const char* kResultFile = "result.json";
inline constexpr const char* kSummaryFile = "summary.json";

}  // namespace ftl::run
