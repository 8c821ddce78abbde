#include "run/event_writer.hpp"

#include <event.pb.h>
#include <unistd.h>

#include <array>
#include <boost/crc.hpp>
#include <chrono>

#include "base/error.hpp"

namespace ftl::run {
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

google::protobuf::Value value_of(const Hyperparameter& setting) {
  google::protobuf::Value value;
  if (const auto* flag = std::get_if<bool>(&setting.value)) value.set_bool_value(*flag);
  if (const auto* number = std::get_if<double>(&setting.value)) value.set_number_value(*number);
  if (const auto* text = std::get_if<std::string>(&setting.value)) value.set_string_value(*text);
  return value;
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

void EventWriter::begin(std::span<const Hyperparameter> settings) {
  events::HParamsPluginData data;
  events::SessionStartInfo& start = *data.mutable_session_start_info();
  for (const Hyperparameter& setting : settings) {
    (*start.mutable_hparams())[setting.name] = value_of(setting);
  }
  start.set_start_time_secs(seconds_since_1970());
  write_session_part("_hparams_/session_start_info", data.SerializeAsString());
}

void EventWriter::end(bool succeeded) {
  events::HParamsPluginData data;
  events::SessionEndInfo& end = *data.mutable_session_end_info();
  end.set_status(succeeded ? events::STATUS_SUCCESS : events::STATUS_FAILURE);
  end.set_end_time_secs(seconds_since_1970());
  write_session_part("_hparams_/session_end_info", data.SerializeAsString());
}

// Its data is the summary's metadata; the value is a tensor of no elements, without which TensorBoard passes
// over it.
void EventWriter::write_session_part(const std::string& tag, const std::string& plugin_data) {
  constexpr int kFloat = 1;
  events::Event event;
  event.set_wall_time(seconds_since_1970());
  events::Summary::Value& value = *event.mutable_summary()->add_value();
  value.set_tag(tag);
  value.mutable_metadata()->mutable_plugin_data()->set_plugin_name("hparams");
  value.mutable_metadata()->mutable_plugin_data()->set_content(plugin_data);
  value.mutable_tensor()->set_dtype(kFloat);
  value.mutable_tensor()->mutable_tensor_shape()->add_dim()->set_size(0);
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

}  // namespace ftl::run
