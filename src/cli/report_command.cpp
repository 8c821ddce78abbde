// ftl report PATH...
#include <fmt/core.h>

#include <memory>

#include "base/error.hpp"
#include "base/file.hpp"
#include "cli/commands.hpp"
#include "cli/dataset_arguments.hpp"
#include "cli/json_output.hpp"
#include "data/fetch.hpp"
#include "lab/report/dawnbench.hpp"
#include "lab/report/forgetting_table.hpp"
#include "lab/report/page.hpp"
#include "lab/report/table.hpp"
#include "lab/run_record.hpp"
#include "machine/limits.hpp"
#include "run/metrics_file.hpp"
#include "run/run_directory.hpp"
#include "run/run_files.hpp"

namespace ftl::cli {
namespace {

using lab::report::Report;
using lab::report::RunFolder;

constexpr std::size_t kRunsWithEpochs = 4;  // whose epochs are printed, too

struct ReportArguments {
  std::vector<std::string> paths;
  DatasetArguments dataset;
  std::string out = "report.html";
  std::string csv;
  std::string dawnbench;
  bool text = false;
  int threads = default_threads();
};

// The dataset that a run was made with, where it is found without being named: the synthetic set, or the
// default data if it has the same content.
std::optional<data::Dataset> find_again(const RunFolder& run) {
  const std::optional<std::string> found = run.dataset == "synthetic" ? run.dataset : data::find_dataset();
  if (!found || data::dataset_name(*found) != run.dataset) return std::nullopt;
  try {
    DatasetArguments arguments;
    arguments.data = *found;
    data::Dataset dataset = open_dataset(arguments, stderr);
    if (dataset.digest == run.dataset_digest) return dataset;
  } catch (const InputError&) {  // it is there, but not what the run was made with
  }
  return std::nullopt;
}

// How a command names the data that a run was made with.
std::string data_options(const RunFolder& run) {
  std::string options = "--data " + run.dataset;
  const std::string joint = " + ";  // of a test split from another place
  if (const std::size_t at = options.find(joint); at != std::string::npos) {
    options.replace(at, joint.size(), " --test-data ");
  }
  const std::size_t size = run.dataset_digest.find('-');  // of pictures, where one was asked for
  if (size != std::string::npos) {
    const std::size_t end = run.dataset_digest.find('x', size);
    options += " --size " + run.dataset_digest.substr(size + 1, end - size - 1);
  }
  return options;
}

void add_predictions(const ReportArguments& arguments, Report& report) {
  const RunFolder* run = best_run(report);
  if (run == nullptr) {
    report.predictions_missing =
        "No finished run has kept its checkpoint, so there are no predictions to show.";
    return;
  }
  const bool named = !arguments.dataset.data.empty();
  const std::optional<data::Dataset> dataset =
      named ? open_dataset(arguments.dataset, stderr) : find_again(*run);
  if (!dataset) {
    report.predictions_missing = fmt::format(
        "The confusion matrix and the most confidently wrong pictures need the data: ftl report {}",
        data_options(*run));
    return;
  }
  ThreadPool threads(arguments.threads);
  report.predictions = lab::report::predict(
      {.checkpoint = run->folder / run::kCheckpointFile, .dataset = *dataset, .threads = threads});
}

void print_text(const Report& report) {
  for (const lab::report::Table& table : lab::report::tables_of(report)) {
    fmt::print("{}\n", to_text(table));
  }
  for (const lab::report::Table& grid : lab::report::grids_of(report)) fmt::print("{}\n", to_text(grid));
  if (const RunFolder* run = forgetting_run(report)) {
    fmt::print("{}\n", to_text(lab::report::forgetting_by_age(run->forgetting.back())));
  }
  if (report.runs.size() <= kRunsWithEpochs) fmt::print("{}\n", to_text(epochs_table(report)));
  if (!report.predictions) fmt::print("{}\n", report.predictions_missing);
}

void write_csv(const std::string& folder, const Report& report) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw InputError("--csv {}: cannot be written: {}", folder, error.message());
  std::vector<lab::report::Table> tables = lab::report::tables_of(report);
  tables.push_back(epochs_table(report));
  if (forgetting_run(report) != nullptr) tables.push_back(lab::report::forgetting_table(report));
  for (const lab::report::Table& table : tables) {
    write_text_atomically(std::filesystem::path(folder) / (table.key + ".csv"), to_csv(table));
  }
}

// The one run that DAWNBench's format has room for.
void write_dawnbench(const ReportArguments& arguments, const Report& report) {
  const RunFolder& run = report.runs.front();
  if (arguments.paths.size() > 1 || !report.experiments.empty() || !run.finished) {
    throw InputError("--dawnbench {}: takes one finished run directory", arguments.dawnbench);
  }
  const auto first = lab::load_run_record(run::result_path(run.folder, 0, run.runs));
  if (!first || first->failed) {
    throw InputError("{}: its first run has not succeeded; there is no entry to write", run.folder.string());
  }
  const std::vector<train::EpochRecord> records = run::read_metrics(run.folder / run::kMetricsFile);
  write_text_atomically(arguments.dawnbench, lab::report::dawnbench_tsv(records, first->seconds.init));
}

void report(const ReportArguments& arguments) {
  if (!arguments.text && arguments.dawnbench.empty()) check_output_file("--out", arguments.out);
  check_output_file("--dawnbench", arguments.dawnbench);
  Report report = lab::report::read_report({arguments.paths.begin(), arguments.paths.end()});
  if (!arguments.dawnbench.empty()) {
    write_dawnbench(arguments, report);
    return;
  }
  add_predictions(arguments, report);
  if (!arguments.csv.empty()) write_csv(arguments.csv, report);
  if (arguments.text) {
    print_text(report);
    return;
  }
  write_text_atomically(arguments.out, lab::report::page(report));
  fmt::print("{}: {} run{}, {} experiment{}\n", arguments.out, report.runs.size(),
             report.runs.size() == 1 ? "" : "s", report.experiments.size(),
             report.experiments.size() == 1 ? "" : "s");
  if (!report.predictions) fmt::print("{}\n", report.predictions_missing);
}

}  // namespace

void add_report_command(Command program) {
  const auto arguments = std::make_shared<ReportArguments>();
  Command command =
      program.subcommand("report", "Show runs and experiments: one HTML file, or tables in the terminal");
  command.option("paths", arguments->paths, "Run directories and experiments' folders").required();
  Option out = command.option("--out", arguments->out, "The page").show_default();
  Option text =
      command.flag("--text", arguments->text, "Print tables instead of writing a page").excludes(out);
  Option csv = command.option("--csv", arguments->csv, "Also write the tables as CSV files into this folder");
  Option dawnbench =
      command
          .option("--dawnbench", arguments->dawnbench,
                  "Write the epochs of one run directory as DAWNBench's TSV to this file, and nothing else")
          .excludes(out)
          .excludes(text)
          .excludes(csv);
  add_dataset_options(command, arguments->dataset);
  Option data = command.option_named("--data").description(
      "The dataset of the best run, for its confusion matrix and mistakes; default: looked for");
  data.excludes(dawnbench);
  for (const char* of_data : {"--test-data", "--size"}) command.option_named(of_data).needs(data);
  command.option("--threads", arguments->threads, "Threads; default: as many as there are processors to use")
      .range(1, 1024);
  command.action([arguments] { report(*arguments); });
}

}  // namespace ftl::cli
