// ftl data import|info|fetch
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <memory>

#include "base/json_file.hpp"
#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "cli/progress_line.hpp"
#include "data/dataset.hpp"
#include "data/fetch.hpp"

namespace ftl::cli {
namespace {

struct Arguments {
  data::OpenOptions open;
  std::string json;  // a file, "-" for stdout, empty for none
  std::string publication;
  std::string folder;
};

data::Dataset open_with_progress(const Arguments& arguments) {
  ProgressLine line("importing " + arguments.open.data);
  data::OpenOptions options = arguments.open;
  options.progress = [&line](std::int64_t done, std::int64_t total) { line.show(done, total); };
  return data::open_dataset(options);
}

std::vector<std::int64_t> class_counts(const data::Dataset& dataset, const data::Split& split) {
  std::vector<std::int64_t> counts(dataset.class_names.size());
  for (std::int64_t i = 0; i < split.count(); ++i) ++counts[static_cast<std::size_t>(split.label(i))];
  return counts;
}

void import(const Arguments& arguments) {
  const data::Dataset dataset = open_with_progress(arguments);
  fmt::print("{}: {} training and {} test pictures of {}x{} in {} classes, in {}\n", dataset.name,
             dataset.train.count(), dataset.test.count(), dataset.train.size().width,
             dataset.train.size().height, dataset.classes(), dataset.import.string());
}

Json as_json(const data::Dataset& dataset) {
  return {{"dataset", dataset.name},
          {"digest", dataset.digest},
          {"import", dataset.import.string()},
          {"classes", dataset.classes()},
          {"class_names", dataset.class_names},
          {"train_images", dataset.train.count()},
          {"test_images", dataset.test.count()},
          {"train_images_per_class", class_counts(dataset, dataset.train)},
          {"test_images_per_class", class_counts(dataset, dataset.test)},
          {"height", dataset.train.size().height},
          {"width", dataset.train.size().width},
          {"mean", dataset.mean},
          {"standard_deviation", dataset.standard_deviation}};
}

void print_info(const data::Dataset& dataset, std::FILE* out) {
  fmt::print(out, "dataset             {}\n", dataset.name);
  fmt::print(out, "digest              {}\n", dataset.digest);
  fmt::print(out, "import              {}\n", dataset.import.string());
  fmt::print(out, "pictures            {} training, {} test, {}x{}\n", dataset.train.count(),
             dataset.test.count(), dataset.train.size().width, dataset.train.size().height);
  fmt::print(out, "mean                {:.4f}\n", fmt::join(dataset.mean, " "));
  fmt::print(out, "standard deviation  {:.4f}\n", fmt::join(dataset.standard_deviation, " "));
  fmt::print(out, "\n{:24} {:>8} {:>8}\n", "class", "training", "test");
  const auto train = class_counts(dataset, dataset.train);
  const auto test = class_counts(dataset, dataset.test);
  for (std::size_t i = 0; i < train.size(); ++i) {
    fmt::print(out, "{:24} {:8} {:8}\n", dataset.class_names[i], train[i], test[i]);
  }
}

void info(const Arguments& arguments) {
  check_json_target(arguments.json);
  const data::Dataset dataset = open_with_progress(arguments);
  print_info(dataset, message_stream(arguments.json));
  write_json(arguments.json, json_text(as_json(dataset)));
}

void fetch(const Arguments& arguments) {
  ProgressLine line("fetching " + arguments.publication);
  const std::filesystem::path folder =
      arguments.folder.empty() ? data::cache_folder() : std::filesystem::path(arguments.folder);
  const std::filesystem::path path =
      data::fetch(data::publication(arguments.publication), folder,
                  [&line](std::int64_t done, std::int64_t total) { line.show(done, total); });
  fmt::print("{}\n", path.string());
}

void add_source_options(Command command, Arguments& arguments) {
  command.option("path", arguments.open.data, "CIFAR binary or image folder, an archive of one, or synthetic")
      .required();
  command.option("--test-data", arguments.open.test_data, "another test split");
  command.option("--size", arguments.open.picture_size, "resize pictures to this many pixels a side")
      .positive();
}

}  // namespace

void add_data_command(Command program) {
  const auto arguments = std::make_shared<Arguments>();
  Command data = program.subcommand("data", "Imports, describes and downloads datasets");
  data.require_subcommand();

  Command import_command = data.subcommand("import", "Import a dataset, so that later runs start at once");
  add_source_options(import_command, *arguments);
  import_command.action([arguments] { import(*arguments); });

  Command info_command = data.subcommand("info", "Describe a dataset: counts, classes, statistics, import");
  add_source_options(info_command, *arguments);
  info_command.option("--json", arguments->json, "also write it as JSON to this file; - for stdout");
  info_command.action([arguments] { info(*arguments); });

  Command fetch_command = data.subcommand("fetch", "Download a published dataset and check its digest");
  fetch_command.option("name", arguments->publication, "cifar10 or cifar100").required();
  fetch_command.option("--out", arguments->folder, "folder for the archive; default: the cache folder");
  fetch_command.action([arguments] { fetch(*arguments); });
}

}  // namespace ftl::cli
