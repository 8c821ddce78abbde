#include "cli/console.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

namespace ftl::cli {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

// A stream whose text can be looked at.
class Sink {
 public:
  Sink() : stream_(open_memstream(&text_, &size_)) {}
  ~Sink() {
    std::fclose(stream_);
    std::free(text_);
  }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  std::FILE* stream() const { return stream_; }
  std::string text() const {
    std::fflush(stream_);
    return {text_, size_};
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* stream_;
};

const train::EpochRecord kFirst{0, 1, 2.34567, 0.25, 1.5, 0.5, std::nullopt, 6.75};
const train::EpochRecord kLast{0, 7.59, 1.2, 0.875, 0.25, 0.9375, 0.94, 51.5};

constexpr const char* kTable =
    R"(--------------------------------------------------------------------------------------------------------
|  epoch  |  train_loss  |  val_loss  |  train_acc  |  val_acc  |  ema_val_acc  |  total_time_seconds  |
--------------------------------------------------------------------------------------------------------
|      1  |      2.3457  |    1.5000  |     0.2500  |   0.5000  |               |              6.7500  |
|   7.59  |      1.2000  |    0.2500  |     0.8750  |   0.9375  |       0.9400  |             51.5000  |
)";

TEST(Console, PipeGetsThePlainTable) {
  const Sink sink;
  {
    ConsoleReporter reporter({.stream = sink.stream()});
    reporter.on_step(1, 100, 0.1);
    reporter.on_epoch(kFirst);
    reporter.on_epoch(kLast);
  }
  EXPECT_EQ(sink.text(), kTable);
}

TEST(Console, TerminalGetsABarThatMakesWayForTheTable) {
  const Sink sink;
  ConsoleReporter reporter({.stream = sink.stream(), .terminal = true});
  reporter.on_step(50, 100, 5);
  EXPECT_THAT(sink.text(),
              AllOf(StartsWith("\r\033[K["), EndsWith("50 %  50/100 steps  10.0 steps/s  0:05 left")));
  reporter.on_epoch(kFirst);
  reporter.on_epoch(kLast);
  EXPECT_THAT(sink.text(), EndsWith(std::string("left\r\033[K") + kTable));
}

TEST(Console, BarIsNotRedrawnForEveryStep) {
  const Sink sink;
  ConsoleReporter reporter({.stream = sink.stream(), .terminal = true});
  reporter.on_step(1, 100, 0.001);
  const std::string first = sink.text();
  reporter.on_step(2, 100, 0.002);
  EXPECT_EQ(sink.text(), first);
}

TEST(Console, QuietShowsNothing) {
  const Sink sink;
  {
    ConsoleReporter reporter({.stream = sink.stream(), .terminal = true, .quiet = true});
    reporter.on_step(1, 100, 0.1);
    reporter.on_epoch(kFirst);
  }
  EXPECT_THAT(sink.text(), IsEmpty());
}

TEST(Console, EachOfSeveralRunsHasATable) {
  const Sink sink;
  ConsoleReporter reporter({.stream = sink.stream(), .runs = 3});
  reporter.on_epoch(kFirst);
  train::EpochRecord second = kFirst;
  second.run = 1;
  reporter.on_epoch(second);
  EXPECT_THAT(sink.text(), AllOf(StartsWith("run 1 of 3\n---"), HasSubstr("|\nrun 2 of 3\n---")));
}

TEST(ProgressBar, FillsFromEmptyToFull) {
  EXPECT_THAT(progress_bar(0, 200, 0), AllOf(StartsWith("[>   "), HasSubstr("  0 %"), EndsWith("? left")));
  EXPECT_THAT(progress_bar(200, 200, 20), AllOf(StartsWith("[==============================] 100 %"),
                                                EndsWith("200/200 steps  10.0 steps/s  0:00 left")));
  EXPECT_THAT(progress_bar(1, 7200, 1), EndsWith("1:59:59 left"));
}

lab::Summary summary_of(const std::vector<train::RunResult>& results) {
  lab::RunSettings settings;
  settings.peak_tflops = 4;
  return lab::summarize(settings, results);
}

train::RunResult run(double accuracy) {
  train::RunResult result;
  result.accuracy = accuracy;
  result.accuracy_plain = 0.5;
  result.flop = 6e12;
  result.seconds = {0.5, 1, 2, 3, 6.5, 0.25};
  return result;
}

TEST(ResultBlock, OfOneRunHasNoSpread) {
  EXPECT_EQ(result_block(summary_of({run(0.9412)})),
            "accuracy        94.12 %\n"
            "plain accuracy  50.00 %\n"
            "hlb time        2.00 s: augmentation, training steps, weight averages\n"
            "seconds         load 0.50, init 1.00, train 2.00, eval 3.00, total 6.50\n"
            "speed           3.00 TFLOP/s, 75 % of this machine's peak of 4.00\n");
}

TEST(ResultBlock, OfSeveralRunsHasSpreadAndInterval) {
  EXPECT_THAT(result_block(summary_of({run(0.93), run(0.94), run(0.95)})),
              StartsWith("accuracy        94.00 % ± 1.00 (std of 3 runs), 95 % interval 91.52 to 96.48 %\n"));
}

TEST(ResultBlock, NamesTheProtocolAndWhatItCounts) {
  lab::RunSettings settings;
  settings.protocol = lab::Protocol::airbench;
  train::RunResult slower = run(0.93);
  slower.seconds.train = 4;
  const train::RunResult runs[] = {run(0.93), slower};
  EXPECT_THAT(
      result_block(lab::summarize(settings, runs)),
      HasSubstr("\nairbench time   4.25 s ± 1.41 (std of 2 runs): whitening, training, final evaluation\n"));
}

TEST(ResultBlock, SaysWhenTheTargetWasNotReached) {
  lab::RunSettings settings;
  settings.protocol = lab::Protocol::dawnbench;
  settings.target_accuracy = 0.9;
  const train::RunResult runs[] = {run(0.93), run(0.93)};
  train::EpochRecord epoch = kLast;
  epoch.run = 1;
  EXPECT_THAT(result_block(lab::summarize(settings, runs, std::span(&epoch, 1))),
              HasSubstr("\ndawnbench time  not reached by 1 of 2 runs: "));
  EXPECT_THAT(result_block(lab::summarize(settings, std::span(runs, 1), std::span(&kFirst, 1))),
              HasSubstr("\ndawnbench time  not reached: "));
  EXPECT_THAT(result_block(lab::summarize(settings, std::span(runs, 1), std::span(&kLast, 1))),
              HasSubstr("\ndawnbench time  52.50 s: "));
}

TEST(ResultBlock, NamesFailedRunsAndTheirReasons) {
  train::RunResult failed;
  failed.seed = 7;
  failed.failed = true;
  failed.failure = "the loss is not finite";
  EXPECT_THAT(result_block(summary_of({run(0.93), failed})),
              AllOf(StartsWith("accuracy        93.00 %\n"),
                    EndsWith("failed          seed 7: the loss is not finite\nfailed runs     1 of 2\n")));
  EXPECT_THAT(result_block(summary_of({failed})), AllOf(Not(HasSubstr("nan")), HasSubstr("1 of 1")));
}

TEST(ResultBlock, SaysThatARunWasInterrupted) {
  train::RunResult interrupted = run(0.5);
  interrupted.interrupted = true;
  EXPECT_THAT(result_block(summary_of({interrupted})), HasSubstr("interrupted"));
}

TEST(Console, ResultStatesTheTestAgainstATarget) {
  lab::RunSettings settings;
  settings.target_accuracy = 0.94;
  const train::RunResult runs[] = {run(0.93), run(0.95), run(0.96)};
  EXPECT_THAT(result_block(lab::summarize(settings, runs)),
              AllOf(HasSubstr("target          94 % reached;"), HasSubstr("p = 0.26")));
  EXPECT_THAT(result_block(lab::summarize(settings, std::span(runs, 1))),
              HasSubstr("target          94 % missed\n"));
}

TEST(Console, InterruptedBeforeAnEvaluationSaysSo) {
  train::RunResult interrupted = run(std::nan(""));
  interrupted.interrupted = true;
  EXPECT_THAT(result_block(lab::summarize({}, std::span(&interrupted, 1))),
              AllOf(HasSubstr("accuracy        not evaluated"), Not(HasSubstr("nan"))));
}

}  // namespace
}  // namespace ftl::cli
