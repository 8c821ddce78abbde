#include "lab/run_record.hpp"

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/file.hpp"

namespace ftl::train {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Seconds, load, init, train, eval, total)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RunResult, seed, failed, failure, interrupted, accuracy, accuracy_plain,
                                   epochs, steps, flop, seconds)

}  // namespace ftl::train

namespace ftl::lab {

void save_run_record(const std::filesystem::path& path, const train::RunResult& result) {
  write_text_atomically(path, nlohmann::json(result).dump(2) + "\n");
}

std::optional<train::RunResult> load_run_record(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  try {
    return nlohmann::json::parse(read_text(path)).get<train::RunResult>();
  } catch (const nlohmann::json::exception& error) {
    throw InputError("{}: not the result of a run: {}", path.string(), error.what());
  }
}

}  // namespace ftl::lab
