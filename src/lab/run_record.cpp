#include "lab/run_record.hpp"

#include <limits>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json.hpp"

namespace ftl::lab {
namespace {

Json json_of(const train::Seconds& seconds) {
  return {{"load", seconds.load}, {"init", seconds.init},   {"train", seconds.train},
          {"eval", seconds.eval}, {"total", seconds.total}, {"final_eval", seconds.final_eval}};
}

Json json_of(const train::RunResult& result) {
  return {{"seed", result.seed},         {"failed", result.failed},
          {"failure", result.failure},   {"interrupted", result.interrupted},
          {"accuracy", result.accuracy}, {"accuracy_plain", result.accuracy_plain},
          {"epochs", result.epochs},     {"steps", result.steps},
          {"flop", result.flop},         {"seconds", json_of(result.seconds)}};
}

// The final evaluation's are null where there was none, and not in older records; so is init where an older
// version began the run.
train::Seconds seconds_of(const Json& json) {
  train::Seconds seconds;
  json.at("load").get_to(seconds.load);
  const Json& init = json.at("init");
  seconds.init = init.is_null() ? std::numeric_limits<double>::quiet_NaN() : init.get<double>();
  json.at("train").get_to(seconds.train);
  json.at("eval").get_to(seconds.eval);
  json.at("total").get_to(seconds.total);
  const Json* final_eval = json.find("final_eval");
  if (final_eval != nullptr && !final_eval->is_null()) final_eval->get_to(seconds.final_eval);
  return seconds;
}

train::RunResult result_of(const Json& json) {
  train::RunResult result;
  json.at("seed").get_to(result.seed);
  json.at("failed").get_to(result.failed);
  json.at("failure").get_to(result.failure);
  json.at("interrupted").get_to(result.interrupted);
  json.at("accuracy").get_to(result.accuracy);
  json.at("accuracy_plain").get_to(result.accuracy_plain);
  json.at("epochs").get_to(result.epochs);
  json.at("steps").get_to(result.steps);
  json.at("flop").get_to(result.flop);
  result.seconds = seconds_of(json.at("seconds"));
  return result;
}

}  // namespace

void save_run_record(const std::filesystem::path& path, const train::RunResult& result) {
  write_text_atomically(path, json_of(result).sorted().indented_text() + "\n");
}

std::optional<train::RunResult> load_run_record(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  try {
    return result_of(Json::parse(read_text(path)));
  } catch (const JsonError& error) {
    throw InputError("{}: not the result of a run: {}", path.string(), error.what());
  }
}

}  // namespace ftl::lab
