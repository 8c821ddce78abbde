#include "lab/report/forgetting.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/error.hpp"
#include "base/json_file.hpp"

namespace ftl::lab::report {
namespace {

using train::ClassForgetting;
using train::ForgettingRecord;
using train::GroupScore;

GroupScore score(const JsonMembers& json) {
  return {json.get<std::int64_t>("pictures"), json.number("loss"), json.number("accuracy")};
}

ForgettingRecord record(const JsonMembers& json) {
  ForgettingRecord record;
  record.run = json.get<int>("run");
  record.epoch = json.get<double>("epoch");
  const std::vector<JsonMembers> seen = json.objects("seen");
  if (seen.size() != record.by_age.size()) {
    throw InputError("{}: \"seen\" holds {} groups, not {}: it is of another version of ftl", json.place(),
                     seen.size(), record.by_age.size());
  }
  std::ranges::transform(seen, record.by_age.begin(), score);
  for (const JsonMembers& of_class : json.objects("classes")) {
    record.by_class.push_back({of_class.get<std::string>("class"), score(of_class),
                               score(of_class.object("recent")), score(of_class.object("oldest"))});
  }
  record.unseen = score(json.object("unseen"));
  return record;
}

// The mean over the pictures of one group in several runs, those left out that have none or have diverged.
class Mean {
 public:
  void add(const GroupScore& score) {
    if (score.pictures == 0 || !std::isfinite(score.loss)) return;
    const auto pictures = static_cast<double>(score.pictures);
    sums_.pictures += score.pictures;
    sums_.loss += pictures * score.loss;
    sums_.accuracy += pictures * score.accuracy;
  }
  GroupScore score() const {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    if (sums_.pictures == 0) return {0, kNone, kNone};
    const auto pictures = static_cast<double>(sums_.pictures);
    return {sums_.pictures, sums_.loss / pictures, sums_.accuracy / pictures};
  }

 private:
  GroupScore sums_;
};

template <class Group>
GroupScore mean(const std::vector<ForgettingRecord>& runs, Group group) {
  Mean mean;
  for (const ForgettingRecord& run : runs) mean.add(group(run));
  return mean.score();
}

ForgettingRecord mean_over(const std::vector<ForgettingRecord>& runs) {
  ForgettingRecord all;
  all.epoch = runs.front().epoch;
  for (std::size_t bin = 0; bin < all.by_age.size(); ++bin) {
    all.by_age[bin] = mean(runs, [=](const ForgettingRecord& run) { return run.by_age[bin]; });
  }
  for (std::size_t c = 0; c < runs.front().by_class.size(); ++c) {
    const auto of_class = [&](GroupScore ClassForgetting::*part) {
      return mean(runs, [=](const ForgettingRecord& run) { return run.by_class.at(c).*part; });
    };
    all.by_class.push_back({runs.front().by_class[c].name, of_class(&ClassForgetting::all),
                            of_class(&ClassForgetting::recent), of_class(&ClassForgetting::oldest)});
  }
  all.unseen = mean(runs, [](const ForgettingRecord& run) { return run.unseen; });
  return all;
}

}  // namespace

std::vector<ForgettingRecord> read_forgetting(const std::filesystem::path& path) {
  std::map<int, std::map<double, ForgettingRecord>> runs;
  std::size_t classes = 0;
  for_each_json_line(path, [&](const JsonMembers& line) {
    ForgettingRecord read = record(line);
    if (runs.empty()) classes = read.by_class.size();
    if (read.by_class.size() != classes) {
      throw InputError("{}: holds {} classes, the lines before it {}: the file is damaged", line.place(),
                       read.by_class.size(), classes);
    }
    runs[read.run][read.epoch] = std::move(read);
  });
  // Of all runs the first record, the second, ...: with --kfold epochs may end at slightly different times.
  std::vector<std::vector<ForgettingRecord>> by_place;
  for (const auto& [run, by_epoch] : runs) {
    std::size_t place = 0;
    for (const auto& [epoch, record] : by_epoch) {
      if (place == by_place.size()) by_place.emplace_back();
      by_place[place++].push_back(record);
    }
  }
  std::vector<ForgettingRecord> epochs;
  for (const std::vector<ForgettingRecord>& records : by_place) epochs.push_back(mean_over(records));
  return epochs;
}

}  // namespace ftl::lab::report
