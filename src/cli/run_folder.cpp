#include "cli/run_folder.hpp"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <chrono>

namespace ftl::cli {

std::filesystem::path default_run_folder(const std::string& name) {
  const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  const std::string dated = fmt::format("runs/{}-{:%Y%m%d-%H%M%S}", name, fmt::localtime(now));
  std::filesystem::path folder = dated;
  for (int number = 2; std::filesystem::exists(folder); ++number)
    folder = fmt::format("{}-{}", dated, number);
  return folder;
}

}  // namespace ftl::cli
