// Where --json FILE and other files that an option names go.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace ftl::cli {

// The stream for everything but JSON: stderr when `json` is "-", for then stdout carries the JSON.
inline std::FILE* message_stream(const std::string& json) {
  return json == "-" ? stderr : stdout;
}

// Writes `text` to the file, whole or not at all, or to stdout for "-"; nothing when `json` is empty.
void write_json(const std::string& json, std::string_view text);

// Throws InputError naming `option` when no file `path` can be written, before long work is done for nothing;
// an empty path is none.
void check_output_file(std::string_view option, const std::string& path);
// The same for what write_json takes.
void check_json_target(const std::string& json);

}  // namespace ftl::cli
