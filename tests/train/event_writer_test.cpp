#include "train/event_writer.hpp"

#include <gmock/gmock.h>

#include <cstring>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "support/temporary_folder.hpp"

namespace ftl::train {
namespace {

using testing::StartsWith;

// Bit by bit, from the polynomial's definition (Castagnoli, reflected).
std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc % 2 == 1 ? 0x82f63b78u : 0u);
  }
  return ~crc;
}

template <class Value>
Value take(std::string_view& bytes) {
  Value value{};
  if (bytes.size() < sizeof(value)) throw std::runtime_error("the record is cut short");
  std::memcpy(&value, bytes.data(), sizeof(value));
  bytes.remove_prefix(sizeof(value));
  return value;
}

std::uint32_t unmasked(std::uint32_t masked) {
  const std::uint32_t rotated = masked - 0xa282ead8u;
  return (rotated >> 17) | (rotated << 15);
}

// The messages of a TFRecord file whose checksums are right.
std::vector<std::string> records(const std::string& file) {
  std::vector<std::string> messages;
  std::string_view rest = file;
  while (!rest.empty()) {
    const std::uint32_t length_crc = crc32c(rest.substr(0, 8));
    const auto length = take<std::uint64_t>(rest);
    EXPECT_EQ(unmasked(take<std::uint32_t>(rest)), length_crc);
    messages.emplace_back(rest.substr(0, length));
    rest.remove_prefix(length);
    EXPECT_EQ(unmasked(take<std::uint32_t>(rest)), crc32c(messages.back()));
  }
  return messages;
}

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

TEST(EventWriter, MissingFolderIsARunError) {
  EXPECT_THROW(EventWriter("/nonexistent/folder"), RunError);
}

}  // namespace
}  // namespace ftl::train
