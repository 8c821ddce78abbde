#include "run/metrics_file.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json_file.hpp"
#include "support/temporary_folder.hpp"

namespace ftl::run {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::ThrowsMessage;

const train::EpochRecord kFirst{0, 1, 2.5, 0.25, 1.5, 0.5, std::nullopt, 4.0};
const train::EpochRecord kLast{1, 1.5, 2, 0.5, std::nan(""), 0.75, 0.875, 6.0};

TEST(MetricsFile, IsReadAsItWasWritten) {
  const test::TemporaryFolder folder;
  const auto path = folder.write("metrics.jsonl", metrics_line(kLast, 8) + metrics_line(kFirst, 7));
  const std::vector<train::EpochRecord> records = read_metrics(path);
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(records[0].run, 0);
  EXPECT_EQ(records[0].epoch, 1);
  EXPECT_EQ(records[0].train_loss, 2.5);
  EXPECT_EQ(records[0].train_accuracy, 0.25);
  EXPECT_EQ(records[0].val_loss, 1.5);
  EXPECT_EQ(records[0].val_accuracy, 0.5);
  EXPECT_EQ(records[0].ema_val_accuracy, std::nullopt);
  EXPECT_EQ(records[0].total_seconds, 4);
  EXPECT_TRUE(std::isnan(records[1].val_loss));
  EXPECT_EQ(records[1].ema_val_accuracy, 0.875);
  EXPECT_THAT(read_metrics(folder / "none"), IsEmpty());
}

TEST(MetricsFile, TheLastOfRepeatedEpochsCounts) {
  const test::TemporaryFolder folder;
  train::EpochRecord again = kFirst;
  again.val_accuracy = 0.625;
  const auto path = folder.write("metrics.jsonl", metrics_line(kFirst, 7) + metrics_line(again, 7));
  const std::vector<train::EpochRecord> records = read_metrics(path);
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records[0].val_accuracy, 0.625);
}

TEST(MetricsFile, ALineWithoutAnEndIsPassedOver) {
  const test::TemporaryFolder folder;
  const auto path = folder.write("metrics.jsonl", metrics_line(kFirst, 7) + "{\"run\": 0, \"se");
  EXPECT_THAT(read_metrics(path), SizeIs(1));
  end_with_whole_line(path);
  EXPECT_EQ(read_text(path), metrics_line(kFirst, 7));
  end_with_whole_line(folder.write("begun", "{"));
  EXPECT_EQ(read_text(folder / "begun"), "");
}

TEST(MetricsFile, DamageIsNamedByItsLine) {
  const test::TemporaryFolder folder;
  const auto path = folder.write("metrics.jsonl", metrics_line(kFirst, 7) + "{\"run\"\n");
  EXPECT_THAT([&] { read_metrics(path); },
              ThrowsMessage<InputError>(AllOf(HasSubstr("metrics.jsonl line 2"), HasSubstr("damaged"))));
}

}  // namespace
}  // namespace ftl::run
