// --data and --test-data, as every command that needs pictures takes them.
#pragma once

#include <cstdio>
#include <string>

#include "cli/options.hpp"
#include "data/dataset.hpp"

namespace ftl::cli {

struct DatasetArguments {
  std::string data;
  std::string test_data;
  int picture_size = 0;
};

void add_dataset_options(Command command, DatasetArguments& arguments);

// Opens what --data names. Without it: $FTL_DATA, a fetched CIFAR-10, CIFAR-10 from its official address, or,
// where none of these can be had, the synthetic set, saying so in one line on `messages`.
data::Dataset open_dataset(const DatasetArguments& arguments, std::FILE* messages);

}  // namespace ftl::cli
