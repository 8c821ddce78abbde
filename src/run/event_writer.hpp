// A run in a TensorBoard event file: its settings, scalars over time, how it ended. Records of Event messages
// in TFRecord framing (length, masked CRC-32C of it, message, masked CRC-32C of that).
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>

#include "run/hyperparameters.hpp"

namespace ftl::run {

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

  // What the tab HPARAMS shows of the run: its settings, and how it ended. TensorBoard believes the first of
  // each in a folder, so a run that is to go on in another process has not ended.
  void begin(std::span<const Hyperparameter> settings);
  void end(bool succeeded);

  const std::filesystem::path& path() const { return path_; }

 private:
  void write_session_part(const std::string& tag, const std::string& plugin_data);
  void write_record(const std::string& message);

  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace ftl::run
