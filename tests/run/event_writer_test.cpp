#include "run/event_writer.hpp"

#include <gmock/gmock.h>

#include <cstring>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "run/event_file.hpp"
#include "support/temporary_folder.hpp"

namespace ftl::run {
namespace {

using testing::StartsWith;

std::string bytes_of(float value) {
  std::string bytes(sizeof(value), '\0');
  std::memcpy(bytes.data(), &value, sizeof(value));
  return bytes;
}

TEST(EventWriter, ChecksumOfTheTestIsCrc32c) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
}

TEST(EventWriter, WritesVersionThenScalars) {
  const test::TemporaryFolder folder;
  EventWriter writer(folder.path());
  EXPECT_THAT(writer.path().filename().string(), StartsWith("events.out.tfevents."));
  const Scalar scalars[] = {{"loss", 0.5}, {"zero", 0}};
  writer.add(3, scalars);

  const std::vector<std::string> messages = records(read_text(writer.path()));
  ASSERT_EQ(messages.size(), 2u);
  // Each starts with field 1, fixed64: the wall time.
  EXPECT_EQ(messages[0][0], 0x09);
  EXPECT_EQ(messages[0].substr(9),
            "\x1a\x0d"
            "brain.Event:2");
  const std::string loss = "\x0a\x04loss\x15" + bytes_of(0.5f);
  const std::string zero = "\x0a\x04zero\x15" + bytes_of(0);
  EXPECT_EQ(messages[1].substr(9), "\x10\x03\x2a\x1a\x0a\x0b" + loss + "\x0a\x0b" + zero);
}

TEST(EventWriter, WallTimeIsNow) {
  const test::TemporaryFolder folder;
  const EventWriter writer(folder.path());
  const std::string message = records(read_text(writer.path())).at(0);
  double wall_time = 0;
  std::memcpy(&wall_time, message.data() + 1, sizeof(wall_time));
  EXPECT_NEAR(wall_time, static_cast<double>(time(nullptr)), 60);
}

TEST(EventWriter, TellsThePluginForHyperparametersWhatARunIs) {
  const test::TemporaryFolder folder;
  EventWriter writer(folder.path());
  const Hyperparameter settings[] = {{"lr", 0.25}, {"nesterov", false}, {"kind", std::string("muon")}};
  writer.begin(settings);

  const std::vector<events::Event> written = read_events(writer.path());
  ASSERT_EQ(written.size(), 1u);
  ASSERT_EQ(written[0].summary().value_size(), 1);
  EXPECT_EQ(written[0].summary().value(0).tag(), "_hparams_/session_start_info");
  EXPECT_TRUE(written[0].summary().value(0).has_tensor());
  const events::SessionStartInfo start = plugin_data(written[0]).session_start_info();
  EXPECT_NEAR(start.start_time_secs(), static_cast<double>(time(nullptr)), 60);
  ASSERT_EQ(start.hparams().size(), 3u);
  EXPECT_EQ(start.hparams().at("lr").number_value(), 0.25);
  EXPECT_TRUE(start.hparams().at("nesterov").has_bool_value());
  EXPECT_FALSE(start.hparams().at("nesterov").bool_value());
  EXPECT_EQ(start.hparams().at("kind").string_value(), "muon");
}

TEST(EventWriter, TellsThePluginForHyperparametersHowARunEnded) {
  const test::TemporaryFolder folder;
  EventWriter writer(folder.path());
  writer.end(true);
  writer.end(false);
  const std::vector<events::Event> written = read_events(writer.path());
  ASSERT_EQ(written.size(), 2u);
  EXPECT_EQ(written[0].summary().value(0).tag(), "_hparams_/session_end_info");
  EXPECT_EQ(plugin_data(written[0]).session_end_info().status(), events::STATUS_SUCCESS);
  EXPECT_EQ(plugin_data(written[1]).session_end_info().status(), events::STATUS_FAILURE);
}

// The fields' numbers are TensorBoard's (plugins/hparams/plugin_data.proto): tag, wire type, length, content.
TEST(EventWriter, WritesTheEndAsTensorBoardDefinesIt) {
  const test::TemporaryFolder folder;
  EventWriter writer(folder.path());
  writer.end(true);
  const events::Event written = read_events(writer.path()).at(0);
  const std::string& content = written.summary().value(0).metadata().plugin_data().content();
  EXPECT_EQ(content.substr(0, 5), "\x22\x0b\x08\x01\x11");
  EXPECT_EQ(content.size(), 13u);
}

TEST(EventWriter, MissingFolderIsARunError) {
  EXPECT_THROW(EventWriter("/nonexistent/folder"), RunError);
}

}  // namespace
}  // namespace ftl::run
