#include "lab/experiment_folder.hpp"

#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json_file.hpp"
#include "lab/run_record.hpp"
#include "run/run_directory.hpp"
#include "run/run_files.hpp"

namespace ftl::lab {
namespace {

namespace fs = std::filesystem;
using train::RunResult;

constexpr const char* kFile = "experiment.json";
constexpr const char* kFormat = "ftl experiment";
constexpr int kVersion = 1;

Json json_of(const ExperimentAxis& axis) {
  return {{"key", axis.key},
          {"label", axis.label},
          {"values", axis.values},
          {"scale", axis.logarithmic ? "log" : "linear"}};
}

Json json_of(const ExperimentCell& cell) {
  return {{"name", cell.name},
          {"folder", cell.folder},
          {"settings", Json(cell.settings)},
          {"coordinates", cell.coordinates},
          {"baseline", cell.baseline}};
}

template <class Item>
Json list_of(const std::vector<Item>& items) {
  Json list = Json::array();
  for (const Item& item : items) list.push_back(json_of(item));
  return list;
}

ExperimentAxis axis_of(const Json& json) {
  return {.key = json.at("key").get<std::string>(),
          .label = json.at("label").get<std::string>(),
          .values = json.at("values").get<std::vector<std::string>>(),
          .logarithmic = json.at("scale") == Json("log")};
}

ExperimentCell cell_of(const Json& json) {
  return {.name = json.at("name").get<std::string>(),
          .folder = json.at("folder").get<std::string>(),
          .settings = json.at("settings").get<std::map<std::string, std::string>>(),
          .coordinates = json.at("coordinates").get<std::vector<int>>(),
          .baseline = json.at("baseline").get<bool>()};
}

ExperimentDescription description_of(const Json& json) {
  ExperimentDescription description{.kind = json.at("kind").get<std::string>(),
                                    .recipe = json.at("recipe").get<std::string>(),
                                    .dataset = json.at("dataset").get<std::string>(),
                                    .runs = json.at("runs").get<int>(),
                                    .seed = json.at("seed").get<std::uint64_t>()};
  for (const Json& axis : json.at("axes")) description.axes.push_back(axis_of(axis));
  for (const Json& cell : json.at("cells")) description.cells.push_back(cell_of(cell));
  return description;
}

}  // namespace

std::string to_json(const ExperimentDescription& description) {
  const Json json{{"format", kFormat},
                  {"version", kVersion},
                  {"kind", description.kind},
                  {"recipe", description.recipe},
                  {"dataset", description.dataset},
                  {"runs", description.runs},
                  {"seed", description.seed},
                  {"axes", list_of(description.axes)},
                  {"cells", list_of(description.cells)}};
  return json_text(json);
}

std::string cell_folder(std::size_t index) {
  return fmt::format("cells/{:04}", index + 1);
}

bool holds_experiment(const fs::path& folder) {
  return file_exists(folder / kFile);
}

ExperimentDescription load_experiment(const fs::path& folder) {
  if (!holds_experiment(folder)) throw InputError("{}: holds no experiment (no {})", folder.string(), kFile);
  const fs::path file = folder / kFile;
  try {
    const Json json = Json::parse(read_text(file));
    if (!json.contains("format") || json.at("format") != Json(kFormat))
      throw InputError("{}: not an experiment of ftl", file.string());
    if (json.at("version") != Json(kVersion)) {
      throw InputError("{}: has version {} of the format, not {}; made by another version of ftl",
                       file.string(), json.at("version").text(), kVersion);
    }
    return description_of(json);
  } catch (const JsonError& error) {
    throw InputError("{}: not an experiment: {}", file.string(), error.what());
  }
}

void check_same_experiment(const fs::path& folder, const ExperimentDescription& description) {
  if (!holds_experiment(folder)) return;
  ExperimentDescription held = load_experiment(folder);
  const int runs = std::exchange(held.runs, description.runs);
  if (to_json(held) != to_json(description)) {
    throw InputError("{}: holds another experiment; go on with the same command, or name another --out",
                     folder.string());
  }
  if (runs > description.runs || (runs == 1 && description.runs > 1)) {
    throw InputError("{}: its cells have {}, which cannot become {}; name another --out", folder.string(),
                     runs == 1 ? "one run each" : fmt::format("{} runs each", runs), description.runs);
  }
}

void save_experiment(const fs::path& folder, const ExperimentDescription& description) {
  write_text_atomically(folder / kFile, to_json(description));
}

void begin_experiment(const fs::path& folder, const ExperimentDescription& description) {
  check_same_experiment(folder, description);
  if (holds_experiment(folder)) return;
  try {
    fs::create_directories(folder);
    save_experiment(folder, description);
  } catch (const fs::filesystem_error& error) {
    throw InputError("{}: cannot be written: {}", folder.string(), error.code().message());
  } catch (const RunError& error) {
    throw InputError("{}: {}", folder.string(), error.what());
  }
}

int finished_runs(const fs::path& cell_folder, int runs) {
  int finished = 0;
  while (finished < runs && file_exists(run::result_path(cell_folder, finished, runs))) ++finished;
  return finished;
}

bool is_finished(const fs::path& cell_folder, int runs) {
  return file_exists(cell_folder / run::kSummaryFile) && finished_runs(cell_folder, runs) == runs;
}

std::optional<std::vector<RunResult>> load_cell(const fs::path& cell_folder, int runs) {
  if (!is_finished(cell_folder, runs)) return std::nullopt;
  std::vector<RunResult> results;
  for (int run = 0; run < runs; ++run) {
    results.push_back(*load_run_record(run::result_path(cell_folder, run, runs)));
  }
  return results;
}

CellFigures figures_of(const std::vector<RunResult>& runs) {
  std::vector<double> accuracies, seconds;
  for (const RunResult& run : runs) {
    if (run.failed) continue;
    accuracies.push_back(run.accuracy);
    seconds.push_back(run.seconds.train);
  }
  return {.accuracy = describe(accuracies),
          .train_seconds = describe(seconds),
          .failed = static_cast<int>(runs.size() - accuracies.size())};
}

}  // namespace ftl::lab
