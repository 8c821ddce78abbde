#include "train/metrics_file.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <sstream>
#include <utility>

#include "base/file.hpp"
#include "train/json_file.hpp"

namespace ftl::train {
namespace {

EpochRecord record_of(const std::string& line, const std::string& place) {
  const nlohmann::ordered_json object = parse_json(line, place);
  const JsonMembers json(object, place);
  EpochRecord record;
  record.run = json.get<int>("run");
  record.epoch = json.get<double>("epoch");
  record.train_loss = json.number("train_loss");
  record.train_accuracy = json.number("train_accuracy");
  record.val_loss = json.number("val_loss");
  record.val_accuracy = json.number("val_accuracy");
  if (const double average = json.number("ema_val_accuracy"); !std::isnan(average)) {
    record.ema_val_accuracy = average;
  }
  record.total_seconds = json.number("total_seconds");
  return record;
}

// Up to the end of the last line that has one.
std::string whole_lines(const std::filesystem::path& path) {
  const std::string text = read_text(path);
  return text.substr(0, text.rfind('\n') + 1);
}

}  // namespace

std::string metrics_line(const EpochRecord& record, std::uint64_t seed) {
  nlohmann::ordered_json json = {{"run", record.run},
                                 {"seed", seed},
                                 {"epoch", record.epoch},
                                 {"train_loss", record.train_loss},
                                 {"train_accuracy", record.train_accuracy},
                                 {"val_loss", record.val_loss},
                                 {"val_accuracy", record.val_accuracy},
                                 {"ema_val_accuracy", nullptr},
                                 {"total_seconds", record.total_seconds}};
  if (record.ema_val_accuracy) json["ema_val_accuracy"] = *record.ema_val_accuracy;
  return json.dump() + "\n";
}

std::vector<EpochRecord> read_metrics(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return {};
  std::map<std::pair<int, double>, EpochRecord> records;
  std::istringstream lines(whole_lines(path));
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    const EpochRecord record = record_of(line, fmt::format("{} line {}", path.string(), ++number));
    records[{record.run, record.epoch}] = record;
  }
  std::vector<EpochRecord> kept;
  for (const auto& [key, record] : records) kept.push_back(record);
  return kept;
}

void end_with_whole_line(const std::filesystem::path& path) {
  if (std::filesystem::exists(path)) std::filesystem::resize_file(path, whole_lines(path).size());
}

}  // namespace ftl::train
