#include "train/event_writer.hpp"

#include <event.pb.h>
#include <unistd.h>

#include <array>
#include <boost/crc.hpp>
#include <chrono>

#include "base/error.hpp"

namespace ftl::train {
namespace {

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

template <class Integer>
void append_little_endian(std::string& record, Integer value) {
  for (std::size_t byte = 0; byte < sizeof(value); ++byte)
    record += static_cast<char>(value >> (8 * byte) & 0xff);
}

// CRC-32C, rotated and offset so that a checksum of data that holds checksums stays sound (TFRecord's rule).
std::uint32_t masked_crc(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const std::uint32_t sum = crc.checksum();
  return ((sum >> 15) | (sum << 17)) + 0xa282ead8u;
}

}  // namespace

EventWriter::EventWriter(const std::filesystem::path& folder)
    : path_(folder /
            fmt::format("events.out.tfevents.{:.0f}.{}.{}", seconds_since_1970(), host_name(), getpid())),
      file_(path_, std::ios::binary | std::ios::trunc) {
  events::Event version;
  version.set_wall_time(seconds_since_1970());
  version.set_file_version("brain.Event:2");
  write_record(version.SerializeAsString());
}

void EventWriter::add(std::int64_t step, std::span<const Scalar> scalars) {
  events::Event event;
  event.set_wall_time(seconds_since_1970());
  event.set_step(step);
  for (const Scalar& scalar : scalars) {
    events::Summary::Value& value = *event.mutable_summary()->add_value();
    value.set_tag(scalar.tag);
    value.set_simple_value(static_cast<float>(scalar.value));
  }
  write_record(event.SerializeAsString());
}

void EventWriter::write_record(const std::string& message) {
  std::string record;
  append_little_endian(record, std::uint64_t{message.size()});
  append_little_endian(record, masked_crc(record));
  record += message;
  append_little_endian(record, masked_crc(message));
  file_.write(record.data(), static_cast<std::streamsize>(record.size())).flush();
  if (!file_) throw RunError("{}: cannot be written", path_.string());
}

}  // namespace ftl::train
