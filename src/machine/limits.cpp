#include "machine/limits.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/processors.hpp"

namespace ftl {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kUnknown = std::numeric_limits<std::int64_t>::max();

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    if (list.substr(0, end) == word) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

// A hierarchy of control groups as it is mounted.
struct Mount {
  fs::path root;   // of the hierarchy's groups, the one that the mount shows
  fs::path point;  // where
};

// `controller` is "" for the hierarchy of version 2.
std::optional<Mount> find_mount(const SystemFiles& files, std::string_view controller) {
  std::ifstream mounts(files.root / "proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    // number parent device root point options [tags] - type source super-options
    const std::size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::istringstream before(line.substr(0, dash));
    std::istringstream after(line.substr(dash + 3));
    std::string skip, root, point, type, options;
    before >> skip >> skip >> skip >> root >> point;
    after >> type >> skip >> options;
    const bool is_it =
        controller.empty() ? type == "cgroup2" : type == "cgroup" && has_word(options, controller);
    if (is_it) return Mount{root, files.root / fs::path(point).relative_path()};
  }
  return std::nullopt;
}

// The process's group in that hierarchy.
std::optional<fs::path> find_group(const SystemFiles& files, std::string_view controller) {
  std::ifstream groups(files.root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string_view controllers = std::string_view(line).substr(first + 1, second - first - 1);
    if (controller.empty() ? controllers.empty() : has_word(controllers, controller))
      return line.substr(second + 1);
  }
  return std::nullopt;
}

// The folders of the process's group and of each group above it that can be seen.
std::vector<fs::path> group_folders(const SystemFiles& files, std::string_view controller) {
  const std::optional<Mount> mount = find_mount(files, controller);
  const std::optional<fs::path> group = find_group(files, controller);
  if (!mount || !group) return {};
  // A container may see its own group as the root, and be told the group's full name all the same.
  const fs::path within = group->lexically_relative(mount->root);
  const bool seen = !within.empty() && *within.begin() != "..";
  fs::path folder = seen && within != "." ? mount->point / within : mount->point;
  std::vector<fs::path> folders{folder};
  while (folder != mount->point && folder.has_relative_path())
    folders.push_back(folder = folder.parent_path());
  return folders;
}

// A file of one number; nothing where there is none ("max", or no such file).
std::optional<double> read_number(const fs::path& path) {
  std::ifstream file(path);
  double number = 0;
  if (file >> number) return number;
  return std::nullopt;
}

// The number behind a word in a file of words and numbers.
std::optional<double> read_entry(const fs::path& path, std::string_view word) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string key;
    double value = 0;
    if (words >> key >> value && key == word) return value;
  }
  return std::nullopt;
}

// What a group's limit leaves of memory.
std::int64_t left_of(std::optional<double> limit, std::optional<double> used, std::optional<double> cached) {
  // Version 1 says "no limit" by a number near the largest.
  if (!limit || *limit > 1e18) return kUnknown;
  const double left = *limit - std::max(0.0, used.value_or(0) - cached.value_or(0));
  return static_cast<std::int64_t>(std::max(0.0, left));
}

}  // namespace

double processor_quota(const SystemFiles& files) {
  double quota = std::numeric_limits<double>::infinity();
  const auto allow = [&](std::optional<double> time, std::optional<double> period) {
    if (time && period && *time > 0 && *period > 0) quota = std::min(quota, *time / *period);
  };
  for (const fs::path& folder : group_folders(files, "cpu")) {
    allow(read_number(folder / "cpu.cfs_quota_us"), read_number(folder / "cpu.cfs_period_us"));
  }
  for (const fs::path& folder : group_folders(files, "")) {
    std::ifstream file(folder / "cpu.max");
    double time = 0;
    double period = 0;
    if (file >> time >> period) allow(time, period);
  }
  return quota;
}

int default_threads(const SystemFiles& files) {
  const double most = std::ceil(processor_quota(files));
  return static_cast<int>(std::clamp<double>(most, 1, available_processors()));
}

std::int64_t available_memory(const SystemFiles& files) {
  std::int64_t bytes = kUnknown;
  if (const auto kilobytes = read_entry(files.root / "proc/meminfo", "MemAvailable:")) {
    bytes = static_cast<std::int64_t>(*kilobytes) * 1024;
  }
  for (const fs::path& folder : group_folders(files, "memory")) {
    bytes = std::min(bytes, left_of(read_number(folder / "memory.limit_in_bytes"),
                                    read_number(folder / "memory.usage_in_bytes"),
                                    read_entry(folder / "memory.stat", "total_inactive_file")));
  }
  for (const fs::path& folder : group_folders(files, "")) {
    bytes =
        std::min(bytes, left_of(read_number(folder / "memory.max"), read_number(folder / "memory.current"),
                                read_entry(folder / "memory.stat", "inactive_file")));
  }
  return bytes;
}

}  // namespace ftl
