// What the machine, or the container around the program, gives: processors and memory.
//
// A container limits both by control groups, of version 1 or 2, and each group above limits further. Sources:
// the kernel's Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst; proc(5) for mountinfo and meminfo.
#pragma once

#include <cstdint>
#include <filesystem>

namespace ftl {

// Where the system's files are; tests lay out their own.
struct SystemFiles {
  std::filesystem::path root = "/";
};

// Processors' worth of time that the control groups allow (1.5: one and a half), the least up the hierarchy;
// infinite where nothing limits it.
double processor_quota(const SystemFiles& files = {});

// As many threads as can work at once: the processors that this process may run on, and no more than the
// quota, rounded up. At least 1.
int default_threads(const SystemFiles& files = {});

// Bytes that this process can still take: what the system has available, and no more than any control group
// above leaves, where files that are merely cached do not count as used. The largest number where nothing is
// known.
std::int64_t available_memory(const SystemFiles& files = {});

}  // namespace ftl
