#include "cli/console.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "cli/progress_line.hpp"

namespace ftl::cli {
namespace {

constexpr std::array<std::string_view, 7> kColumns = {
    "epoch", "train_loss", "val_loss", "train_acc", "val_acc", "ema_val_acc", "total_time_seconds"};
constexpr auto kRedrawInterval = std::chrono::milliseconds(100);
constexpr const char* kEraseLine = "\r\033[K";

std::string table_line(const std::array<std::string, kColumns.size()>& cells) {
  std::string line = "|";
  for (std::size_t column = 0; column < kColumns.size(); ++column) {
    line += fmt::format("  {:>{}}  |", cells[column], kColumns[column].size());
  }
  return line;
}

std::string table_rule() {
  std::size_t width = 1;
  for (const std::string_view column : kColumns) width += column.size() + 5;
  return std::string(width, '-');
}

std::string accuracy_text(const lab::Sample& sample) {
  if (std::isnan(sample.mean)) return "not evaluated";
  std::string mean = fmt::format("{:.2f} %", 100 * sample.mean);
  if (sample.values.size() < 2) return mean;
  return fmt::format("{} ± {:.2f} (std of {} runs), 95 % interval {:.2f} to {:.2f} %", mean, 100 * sample.std,
                     sample.values.size(), 100 * (sample.mean - sample.ci95),
                     100 * (sample.mean + sample.ci95));
}

// By the rules of the protocol. dawnbench has no time for a run that never is at the target.
std::string time_text(const lab::Summary& summary) {
  const lab::Sample& seconds = summary.protocol_seconds;
  const std::size_t runs = seconds.values.size();
  if (!std::isnan(seconds.mean)) {
    const std::string mean = fmt::format("{:.2f} s", seconds.mean);
    return runs < 2 ? mean : fmt::format("{} ± {:.2f} (std of {} runs)", mean, seconds.std, runs);
  }
  if (summary.settings.protocol != lab::Protocol::dawnbench) return "not known";
  const auto without = std::ranges::count_if(seconds.values, [](double value) { return std::isnan(value); });
  return runs < 2 ? "not reached" : fmt::format("not reached by {} of {} runs", without, runs);
}

std::string figures(const lab::Summary& summary) {
  const train::Seconds& seconds = summary.seconds;
  std::string text = fmt::format("accuracy        {}\n", accuracy_text(summary.accuracy));
  if (summary.settings.holdout > 0) {
    text += fmt::format("                of {} held-out training pictures, not of the test split\n",
                        summary.settings.test_images);
  }
  if (summary.settings.folds > 0) {
    text += fmt::format("                over {} folds of the training pictures, not of the test split\n",
                        summary.settings.folds);
  }
  text += fmt::format("plain accuracy  {}\n", accuracy_text(summary.accuracy_plain));
  const lab::Protocol protocol = summary.settings.protocol;
  text += fmt::format("{:<16}{}: {}\n", fmt::format("{} time", name(protocol)), time_text(summary),
                      on_the_clock(protocol));
  text += fmt::format("seconds         load {:.2f}, init {:.2f}, train {:.2f}, eval {:.2f}, total {:.2f}\n",
                      seconds.load, seconds.init, seconds.train, seconds.eval, seconds.total);
  if (std::isnan(summary.tflops)) return text;
  text += fmt::format("speed           {:.2f} TFLOP/s, {:.0f} % of this machine's peak of {:.2f}\n",
                      summary.tflops, 100 * summary.fraction_of_peak(), summary.settings.peak_tflops);
  return text;
}

// By a one-sided t-test, where there are runs enough for one.
std::string target_text(const lab::Summary& summary) {
  const std::string verdict = summary.misses_target() ? "missed" : "reached";
  const double target = 100 * *summary.settings.target_accuracy;
  const double p_value = summary.target_p_value();
  if (std::isnan(p_value)) return fmt::format("{:g} % {}", target, verdict);
  return fmt::format("{:g} % {}; one-sided t-test that the true mean exceeds it: p = {:.2g}", target, verdict,
                     p_value);
}

}  // namespace

bool is_terminal(std::FILE* stream) {
  return isatty(fileno(stream)) == 1;
}

std::string table_header() {
  std::array<std::string, kColumns.size()> names;
  std::ranges::copy(kColumns, names.begin());
  return table_rule() + "\n" + table_line(names) + "\n" + table_rule() + "\n";
}

std::string table_row(const train::EpochRecord& record) {
  const auto figure = [](double value) -> std::string {
    return std::isnan(value) ? "nan" : fmt::format("{:.4f}", value);
  };
  return table_line({fmt::format("{:.4g}", record.epoch), figure(record.train_loss), figure(record.val_loss),
                     figure(record.train_accuracy), figure(record.val_accuracy),
                     record.ema_val_accuracy ? figure(*record.ema_val_accuracy) : "",
                     figure(record.total_seconds)});
}

std::string progress_bar(std::int64_t done, std::int64_t total, double train_seconds) {
  constexpr int kWidth = 30;
  const double share = static_cast<double>(done) / static_cast<double>(std::max<std::int64_t>(total, 1));
  const int filled = static_cast<int>(share * kWidth);
  const std::string bar = (std::string(static_cast<std::size_t>(filled), '=') + ">").substr(0, kWidth);
  const double rate = train_seconds > 0 ? static_cast<double>(done) / train_seconds : 0;
  const std::string left = rate > 0 ? duration(static_cast<double>(total - done) / rate) : "?";
  return fmt::format("[{:<{}}] {:3.0f} %  {}/{} steps  {:.1f} steps/s  {} left", bar, kWidth, 100 * share,
                     done, total, rate, left);
}

std::string result_block(const lab::Summary& summary) {
  std::string text;
  if (!summary.accuracy.values.empty()) text += figures(summary);
  if (summary.settings.target_accuracy) text += fmt::format("target          {}\n", target_text(summary));
  if (summary.interrupted)
    text += "interrupted     before its end; plain accuracy is of the last epoch evaluated\n";
  for (const lab::Failure& failure : summary.failures) {
    text += fmt::format("failed          seed {}: {}\n", failure.seed, failure.reason);
  }
  if (!summary.failures.empty()) {
    text += fmt::format("failed runs     {} of {}\n", summary.failures.size(), summary.runs);
  }
  return text;
}

void ConsoleReporter::on_step(std::int64_t done, std::int64_t total, double train_seconds) {
  if (options_.quiet || !options_.terminal) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_redraw_) return;
  next_redraw_ = now + kRedrawInterval;
  print(kEraseLine + progress_bar(done, total, train_seconds));
  std::fflush(options_.stream);
  bar_shown_ = true;
}

void ConsoleReporter::on_epoch(const train::EpochRecord& record) {
  if (options_.quiet) return;
  erase_bar();
  if (record.run != run_) {
    if (options_.runs > 1) print(fmt::format("run {} of {}\n", record.run + 1, options_.runs));
    print(table_header());
    run_ = record.run;
  }
  print(table_row(record) + "\n");
  std::fflush(options_.stream);
}

void ConsoleReporter::erase_bar() {
  if (!bar_shown_) return;
  print(kEraseLine);
  std::fflush(options_.stream);
  bar_shown_ = false;
}

}  // namespace ftl::cli
