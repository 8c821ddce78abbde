// Scalars over time in a TensorBoard event file: records of Event messages in TFRecord framing (length,
// masked CRC-32C of it, message, masked CRC-32C of that).
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>

namespace ftl::train {

struct Scalar {
  std::string tag;  // "loss/train": TensorBoard groups by what is before the '/'
  double value = 0;
};

class EventWriter {
 public:
  // Starts events.out.tfevents.<seconds>.<host>.<process> in an existing folder. Throws RunError naming the
  // file when it or a later record cannot be written.
  explicit EventWriter(const std::filesystem::path& folder);

  // Adds one event, on disk when this returns.
  void add(std::int64_t step, std::span<const Scalar> scalars);

  const std::filesystem::path& path() const { return path_; }

 private:
  void write_record(const std::string& message);

  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace ftl::train
