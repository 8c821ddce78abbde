#include "cli/dataset_arguments.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "cli/progress_line.hpp"
#include "data/fetch.hpp"

namespace ftl::cli {
namespace {

std::string default_data(std::FILE* messages) {
  if (const std::optional<std::string> found = data::find_dataset()) return *found;
  const data::Publication& cifar10 = data::publication("cifar10");
  ProgressLine line("fetching " + std::string(cifar10.file));
  try {
    return data::fetch(cifar10, data::cache_folder(),
                       [&](std::int64_t done, std::int64_t total) { line.show(done, total); })
        .string();
  } catch (const RunError& error) {
    if (interrupted()) throw;
    fmt::print(messages,
               "No CIFAR-10 ({}): training on the synthetic set. Name yours with --data or FTL_DATA.\n",
               error.what());
    return "synthetic";
  }
}

}  // namespace

void add_dataset_options(Command command, DatasetArguments& arguments) {
  command.option(
      "--data", arguments.data,
      "CIFAR binary or image folder, an archive of one, or synthetic; default: $FTL_DATA, else CIFAR-10");
  command.option("--test-data", arguments.test_data, "Another test split");
  command
      .option("--size", arguments.picture_size,
              "Resize an image folder's pictures to this many pixels a side")
      .positive();
}

data::Dataset open_dataset(const DatasetArguments& arguments, std::FILE* messages) {
  data::OpenOptions options;
  options.data = arguments.data.empty() ? default_data(messages) : arguments.data;
  options.test_data = arguments.test_data;
  options.picture_size = arguments.picture_size;
  ProgressLine line("importing " + options.data);
  options.progress = [&](std::int64_t done, std::int64_t total) { line.show(done, total); };
  return data::open_dataset(options);
}

}  // namespace ftl::cli
