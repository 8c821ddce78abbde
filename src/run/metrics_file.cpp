#include "run/metrics_file.hpp"

#include <cmath>
#include <map>
#include <utility>

#include "base/json_file.hpp"

namespace ftl::run {
namespace {

train::EpochRecord record_of(const JsonMembers& json) {
  train::EpochRecord record;
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

}  // namespace

std::string metrics_line(const train::EpochRecord& record, std::uint64_t seed) {
  Json json = {{"run", record.run},
               {"seed", seed},
               {"epoch", record.epoch},
               {"train_loss", record.train_loss},
               {"train_accuracy", record.train_accuracy},
               {"val_loss", record.val_loss},
               {"val_accuracy", record.val_accuracy},
               {"ema_val_accuracy", nullptr},
               {"total_seconds", record.total_seconds}};
  if (record.ema_val_accuracy) json["ema_val_accuracy"] = *record.ema_val_accuracy;
  return json.text() + "\n";
}

std::vector<train::EpochRecord> read_metrics(const std::filesystem::path& path) {
  std::map<std::pair<int, double>, train::EpochRecord> records;
  for_each_json_line(path, [&](const JsonMembers& line) {
    const train::EpochRecord record = record_of(line);
    records[{record.run, record.epoch}] = record;
  });
  std::vector<train::EpochRecord> kept;
  for (const auto& [key, record] : records) kept.push_back(record);
  return kept;
}

}  // namespace ftl::run
