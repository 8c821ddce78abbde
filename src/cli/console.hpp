// What a training run shows to the person who started it.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>

#include "lab/summary.hpp"
#include "train/result.hpp"

namespace ftl::cli {

struct ConsoleOptions {
  std::FILE* stream = stdout;  // stderr where stdout carries JSON
  bool terminal = false;       // is_terminal(stream): the progress bar may move
  bool quiet = false;          // shows nothing
  int runs = 1;
};

bool is_terminal(std::FILE* stream);

// The per-epoch table, and on a terminal a progress bar below it. A pipe gets plain lines.
class ConsoleReporter final : public train::TrainingObserver {
 public:
  explicit ConsoleReporter(const ConsoleOptions& options) : options_(options) {}
  ~ConsoleReporter() override { erase_bar(); }
  ConsoleReporter(const ConsoleReporter&) = delete;
  ConsoleReporter& operator=(const ConsoleReporter&) = delete;

  void on_step(std::int64_t done, std::int64_t total, double train_seconds) override;
  void on_epoch(const train::EpochRecord& record) override;

 private:
  void erase_bar();
  void print(const std::string& text) { std::fputs(text.c_str(), options_.stream); }

  ConsoleOptions options_;
  int run_ = -1;  // whose table is open
  bool bar_shown_ = false;
  std::chrono::steady_clock::time_point next_redraw_{};
};

// The pieces, each ending without a newline unless it is several lines.
std::string table_header();
std::string table_row(const train::EpochRecord& record);
// "[=====>    ]  37 %  74/200 steps  12.3 steps/s  0:10 left"
std::string progress_bar(std::int64_t done, std::int64_t total, double train_seconds);
// The block at the end: accuracy, times, speed, failures. Several lines.
std::string result_block(const lab::Summary& summary);

}  // namespace ftl::cli
