// One line on the terminal for work whose extent is known, such as an import or a download.
#pragma once

#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

namespace ftl::cli {

// "0:07", "12:34", "1:02:03"; rounded up to seconds.
inline std::string duration(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::ceil(seconds));
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

// Shows a share and the time left on stderr; silent when that is no terminal. What was done before the first
// call, perhaps by an earlier process, says nothing about the time left.
class ProgressLine {
 public:
  explicit ProgressLine(std::string what) : what_(std::move(what)) {}
  ~ProgressLine() { erase(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // `part` is what of it is done now; may be empty.
  void show(std::int64_t done, std::int64_t total, const std::string& part = "") {
    if (total > 0 && done > 0) show(static_cast<double>(done) / static_cast<double>(total), part);
  }
  void show(double share, const std::string& part = "") {
    if (!terminal_) return;
    const auto now = std::chrono::steady_clock::now();
    if (shown_ && now < drawn_ + kInterval) return;
    drawn_ = now;
    if (!first_) first_ = Mark{share, now};
    const double since_first = share - first_->share;
    const std::chrono::duration<double> spent = now - first_->time;
    const std::string left =
        since_first > 0 ? ", " + duration(spent.count() / since_first * (1 - share)) + " left" : "";
    fmt::print(stderr, "\r{}{}{} {:3.0f} %{}\x1b[K", what_, part.empty() ? "" : " ", part, 100 * share, left);
    std::fflush(stderr);
    shown_ = true;
  }
  // So that something else can be printed; the next show() brings it back.
  void erase() {
    if (shown_) fmt::print(stderr, "\r\x1b[K");
    std::fflush(stderr);
    shown_ = false;
  }

 private:
  static constexpr std::chrono::milliseconds kInterval{100};

  struct Mark {
    double share;
    std::chrono::steady_clock::time_point time;
  };

  std::string what_;
  bool terminal_ = isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  std::optional<Mark> first_;  // what was shown first
  std::chrono::steady_clock::time_point drawn_{};
};

}  // namespace ftl::cli
