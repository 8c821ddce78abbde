// Imports: one memory-mapped file a dataset, uint8 pixels first, then labels and class names, and a footer
// last.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "data/dataset.hpp"

namespace ftl::data {

// Reads all pictures of both splits, on all processors, into an import at `path`; a failure leaves no file.
// Numbers for normalising are exact sums over the training split.
void write_import(const Dataset& dataset, const std::filesystem::path& path, const ImportProgress& progress);

// An import as a dataset without name and digest. Nothing when there is none or it is not whole (written by
// another version, cut off, or its checksum over all but the pixels is wrong).
std::optional<Dataset> open_import(const std::filesystem::path& path);

// The digest of what `source` (a file or folder) holds. It is kept in the folder `cache` and computed anew
// only when the size or modification time of a file has changed since.
std::string content_digest(const std::filesystem::path& source, const std::filesystem::path& cache);

// Creates the folder when missing. Throws InputError naming it when it cannot be written, with `advice` what
// to do.
void make_writable_folder(const std::filesystem::path& folder, std::string_view advice);

inline constexpr std::string_view kCacheAdvice = "set FTL_CACHE to one that can";

}  // namespace ftl::data
