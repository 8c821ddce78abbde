#include "train/forgetting_record.hpp"

#include "base/json.hpp"

namespace ftl::train {
namespace {

// NaN becomes null.
Json json_of(const GroupScore& score) {
  return {{"pictures", score.pictures}, {"loss", score.loss}, {"accuracy", score.accuracy}};
}

Json json_of(const ClassForgetting& of_class) {
  Json json{{"class", of_class.name}};
  json.update(json_of(of_class.all));
  json["recent"] = json_of(of_class.recent);
  json["oldest"] = json_of(of_class.oldest);
  return json;
}

}  // namespace

std::string json_line(const ForgettingRecord& record, std::uint64_t seed) {
  Json seen = Json::array(), classes = Json::array();
  for (int bin = 0; bin < kAgeBins; ++bin) {
    Json& json = seen.emplace_back(
        Json{{"from", static_cast<double>(bin) / kAgeBins}, {"to", static_cast<double>(bin + 1) / kAgeBins}});
    json.update(json_of(record.by_age[static_cast<std::size_t>(bin)]));
  }
  for (const ClassForgetting& of_class : record.by_class) classes.push_back(json_of(of_class));
  const Json json{{"run", record.run},
                  {"seed", seed},
                  {"epoch", record.epoch},
                  {"seen", seen},
                  {"unseen", json_of(record.unseen)},
                  {"classes", classes}};
  return json.text() + "\n";
}

}  // namespace ftl::train
