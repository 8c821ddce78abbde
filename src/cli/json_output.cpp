#include "cli/json_output.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <filesystem>

#include "base/error.hpp"
#include "base/file.hpp"

namespace ftl::cli {

void write_json(const std::string& json, std::string_view text) {
  if (json.empty()) return;
  if (json == "-") {
    fmt::print("{}", text);
  } else {
    write_text_atomically(json, text);
  }
}

void check_output_file(std::string_view option, const std::string& path) {
  if (path.empty()) return;
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  if (!std::filesystem::is_directory(folder)) {
    throw InputError("{} {}: the folder {} does not exist", option, path, folder.string());
  }
  if (std::filesystem::is_directory(path)) throw InputError("{} {}: is a folder; name a file", option, path);
  if (access(folder.c_str(), W_OK) != 0) {
    throw InputError("{} {}: the folder {} cannot be written", option, path, folder.string());
  }
}

void check_json_target(const std::string& json) {
  if (json != "-") check_output_file("--json", json);
}

}  // namespace ftl::cli
