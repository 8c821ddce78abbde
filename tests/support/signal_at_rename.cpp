// Preloaded into a program under test (support/process.hpp): takes the place of rename() and raises a signal
// just before a file gets a name with a given ending for the n-th time.
#include <fcntl.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

const char* setting(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::atomic<int> times = 0;

}  // namespace

extern "C" int rename(const char* from, const char* to) noexcept {
  if (std::string_view(to).ends_with(setting("SIGNAL_AT_RENAME_ENDING")) &&
      ++times == std::atoi(setting("SIGNAL_AT_RENAME_TIMES"))) {
    std::raise(std::atoi(setting("SIGNAL_AT_RENAME")));
  }
  return renameat(AT_FDCWD, from, AT_FDCWD, to);
}
