#include "lab/run_record.hpp"

#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/file.hpp"

namespace ftl::train {

static void to_json(nlohmann::json& json, const Seconds& seconds) {
  json = {{"load", seconds.load}, {"init", seconds.init},   {"train", seconds.train},
          {"eval", seconds.eval}, {"total", seconds.total}, {"final_eval", seconds.final_eval}};
}

// The final evaluation's are null where there was none, and not in older records; so is init where an older
// version began the run.
static void from_json(const nlohmann::json& json, Seconds& seconds) {
  json.at("load").get_to(seconds.load);
  const nlohmann::json& init = json.at("init");
  seconds.init = init.is_null() ? std::numeric_limits<double>::quiet_NaN() : init.get<double>();
  json.at("train").get_to(seconds.train);
  json.at("eval").get_to(seconds.eval);
  json.at("total").get_to(seconds.total);
  const auto known = json.find("final_eval");
  if (known != json.end() && !known->is_null()) known->get_to(seconds.final_eval);
}

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
