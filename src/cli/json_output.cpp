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

void check_json_target(const std::string& json) {
  if (json.empty() || json == "-") return;
  std::filesystem::path folder = std::filesystem::path(json).parent_path();
  if (folder.empty()) folder = ".";
  if (!std::filesystem::is_directory(folder)) {
    throw InputError("--json {}: the folder {} does not exist", json, folder.string());
  }
  if (std::filesystem::is_directory(json)) throw InputError("--json {}: is a folder; name a file", json);
  if (access(folder.c_str(), W_OK) != 0) {
    throw InputError("--json {}: the folder {} cannot be written", json, folder.string());
  }
}

}  // namespace ftl::cli
