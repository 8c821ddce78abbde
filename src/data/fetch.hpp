// Downloads of published datasets, and which dataset is meant when none is named.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ftl::data {

// An archive as its authors publish it.
struct Publication {
  std::string_view name;     // what a user calls it
  std::string_view address;  // of the folder it is published in
  std::string_view file;
  std::string_view md5;
};

// "cifar10" or "cifar100", from Krizhevsky's page. Throws InputError naming the known ones.
const Publication& publication(std::string_view name);

// Bytes received of all (0 while unknown).
using FetchProgress = std::function<void(std::int64_t done, std::int64_t total)>;

// Downloads the archive into `folder` (created when missing) and checks its digest; one that is there already
// and whole is kept. Throws RunError with the address and the reason when it cannot be fetched, was
// interrupted, or has another digest; then nothing is left behind. Returns the archive's path.
std::filesystem::path fetch(const Publication& publication, const std::filesystem::path& folder,
                            const FetchProgress& progress = {});

// The dataset to use when none is named: $FTL_DATA, else CIFAR-10 as fetch() leaves it in cache_folder(), if
// there.
std::optional<std::string> find_dataset();

}  // namespace ftl::data
