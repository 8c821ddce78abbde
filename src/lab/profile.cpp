#include "lab/profile.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "base/index.hpp"

namespace ftl::lab {
namespace {

constexpr double kSecond = 1e-9;  // of a nanosecond

struct Sum {
  double seconds = 0;
  double flop = 0;
};

template <class Key, class MakeRow>
std::vector<ProfileRow> sorted_rows(const std::map<Key, Sum>& sums, const MakeRow& make_row) {
  std::vector<ProfileRow> rows;
  for (const auto& [key, sum] : sums) {
    ProfileRow row = make_row(key);
    row.seconds = sum.seconds;
    row.flop = sum.flop;
    rows.push_back(std::move(row));
  }
  std::ranges::stable_sort(rows, std::greater(), &ProfileRow::seconds);
  return rows;
}

}  // namespace

engine::Work Recording::work(Activity activity) const {
  return engine::is_item(activity) ? items.at(activity) : engine::work_around(activity);
}

std::string Recording::layer(const engine::Work& work) const {
  return work.node == graph::kNone ? "" : layers[at(work.node)];
}

double Profile::measured_seconds() const {
  return std::accumulate(kinds.begin(), kinds.end(), 0.0,
                         [](double sum, const ProfileRow& row) { return sum + row.seconds; });
}

Profile sum_up(const Recording& recording) {
  std::map<Activity, Sum> by_activity;
  for (const std::vector<Span>& line : recording.lines) {
    for (const Span& span : line) {
      if (span.activity == kUnnamed) continue;
      by_activity[span.activity].seconds += static_cast<double>(span.end - span.begin) * kSecond;
    }
  }
  std::map<engine::WorkKind, Sum> by_kind;
  for (auto& [activity, sum] : by_activity) {
    if (const auto flop = recording.flop.find(activity); flop != recording.flop.end())
      sum.flop = flop->second;
    Sum& of_kind = by_kind[recording.work(activity).kind];
    of_kind.seconds += sum.seconds;
    of_kind.flop += sum.flop;
  }
  Profile profile{.threads = static_cast<int>(recording.lines.size()),
                  .steps = recording.steps,
                  .wall_seconds = recording.wall_seconds,
                  .kinds = {},
                  .layers = {}};
  profile.kinds = sorted_rows(by_kind, [](engine::WorkKind kind) {
    return ProfileRow{.kind = kind, .layer = {}, .work = engine::name(kind)};
  });
  profile.layers = sorted_rows(by_activity, [&](Activity activity) {
    const engine::Work work = recording.work(activity);
    return ProfileRow{.kind = work.kind, .layer = recording.layer(work), .work = work.name};
  });
  return profile;
}

}  // namespace ftl::lab
