// TensorBoard event files as another program reads them.
#pragma once

#include <event.pb.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"

namespace ftl::run {

// Bit by bit, from the polynomial's definition (Castagnoli, reflected).
inline std::uint32_t crc32c(std::string_view bytes) {
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

inline std::uint32_t unmasked(std::uint32_t masked) {
  const std::uint32_t rotated = masked - 0xa282ead8u;
  return (rotated >> 17) | (rotated << 15);
}

// The messages of a TFRecord file whose checksums are right.
inline std::vector<std::string> records(const std::string& file) {
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

// The one event file of a folder.
inline std::filesystem::path event_file(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with("events.out.tfevents.")) files.push_back(entry.path());
  }
  if (files.size() != 1) throw std::runtime_error(folder.string() + ": not one event file");
  return files.front();
}

// Its events but the first, which is the version.
inline std::vector<events::Event> read_events(const std::filesystem::path& file) {
  std::vector<events::Event> events;
  for (const std::string& message : records(read_text(file))) {
    if (!events.emplace_back().ParseFromString(message)) throw std::runtime_error("not an event");
  }
  events.erase(events.begin());
  return events;
}

// What the plugin for hyperparameters is told by an event.
inline events::HParamsPluginData plugin_data(const events::Event& event) {
  events::HParamsPluginData data;
  const events::SummaryMetadata::PluginData& plugin = event.summary().value(0).metadata().plugin_data();
  EXPECT_EQ(plugin.plugin_name(), "hparams");
  if (!data.ParseFromString(plugin.content())) throw std::runtime_error("not data of the plugin");
  return data;
}

}  // namespace ftl::run
