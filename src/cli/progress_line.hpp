// One line on the terminal for work whose extent is known, such as an import or a download.
#pragma once

#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

namespace ftl::cli {

// Shows a share and the time left on stderr; silent when that is no terminal.
class ProgressLine {
 public:
  explicit ProgressLine(std::string what) : what_(std::move(what)) {}
  ~ProgressLine() {
    if (shown_) fmt::print(stderr, "\r\x1b[K");
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // `part` is what of it is done now; may be empty.
  void show(std::int64_t done, std::int64_t total, const std::string& part = "") {
    if (!terminal_ || total <= 0 || done <= 0) return;
    const double share = static_cast<double>(done) / static_cast<double>(total);
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start_;
    fmt::print(stderr, "\r{}{}{} {:3.0f} %, {:.0f} s left\x1b[K", what_, part.empty() ? "" : " ", part,
               100 * share, spent.count() / share * (1 - share));
    std::fflush(stderr);
    shown_ = true;
  }

 private:
  std::string what_;
  bool terminal_ = isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace ftl::cli
