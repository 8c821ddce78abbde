#include "lab/report/forgetting_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace ftl::lab::report {
namespace {

using train::ClassForgetting;
using train::ForgettingRecord;
using train::GroupScore;
using train::kAgeBins;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

void append(std::vector<Field>& row, const GroupScore& score) {
  row.insert(row.end(), {static_cast<double>(score.pictures), score.loss, score.accuracy});
}

double tenths(std::size_t bin) {
  return static_cast<double>(bin) / kAgeBins;
}

}  // namespace

Table forgetting_by_age(const ForgettingRecord& record) {
  Table table{
      "forgetting-by-age",
      fmt::format("After epoch {:.4g}: training pictures by the epochs since they were seen", record.epoch),
      {{"epochs_ago", "epochs ago"},
       {"pictures", "pictures", Unit::count},
       {"loss", "loss", Unit::number},
       {"accuracy", "accuracy", Unit::fraction}},
      {}};
  for (std::size_t bin = 0; bin < record.by_age.size(); ++bin) {
    append(table.rows.emplace_back(1, fmt::format("{:.1f} to {:.1f}", tenths(bin), tenths(bin + 1))),
           record.by_age[bin]);
  }
  append(table.rows.emplace_back(1, "never (test)"), record.unseen);
  return table;
}

Table forgetting_by_class(const ForgettingRecord& record) {
  Table table{"forgetting-by-class",
              fmt::format("After epoch {:.4g}: classes by how much higher the loss is on pictures seen more "
                          "than half an epoch ago",
                          record.epoch),
              {{"class", "class"},
               {"pictures", "pictures", Unit::count},
               {"loss", "loss", Unit::number},
               {"accuracy", "accuracy", Unit::fraction},
               {"recent_loss", "recent loss", Unit::number},
               {"oldest_loss", "oldest loss", Unit::number},
               {"loss_forgotten", "loss more", Unit::number},
               {"recent_accuracy", "recent accuracy", Unit::fraction},
               {"oldest_accuracy", "oldest accuracy", Unit::fraction}},
              {}};
  std::vector<ClassForgetting> classes = record.by_class;
  std::ranges::stable_sort(classes, std::greater(), [](const ClassForgetting& of_class) {
    const double forgotten = of_class.forgotten();
    return std::isnan(forgotten) ? -std::numeric_limits<double>::infinity() : forgotten;
  });
  for (const ClassForgetting& of_class : classes) {
    std::vector<Field>& row = table.rows.emplace_back(1, of_class.name);
    append(row, of_class.all);
    row.insert(row.end(), {of_class.recent.loss, of_class.oldest.loss, of_class.forgotten(),
                           of_class.recent.accuracy, of_class.oldest.accuracy});
  }
  return table;
}

Table forgetting_table(const Report& report) {
  Table table{"forgetting",
              "Forgetting",
              {{"run", "run"},
               {"epoch", "epoch", Unit::number},
               {"epochs_ago_from", "from epochs ago", Unit::number},
               {"epochs_ago_to", "to epochs ago", Unit::number},
               {"pictures", "pictures", Unit::count},
               {"loss", "loss", Unit::number},
               {"accuracy", "accuracy", Unit::fraction}},
              {}};
  for (const RunFolder& run : report.runs) {
    for (const ForgettingRecord& record : run.forgetting) {
      for (std::size_t bin = 0; bin < record.by_age.size(); ++bin) {
        append(table.rows.emplace_back(
                   std::vector<Field>{run.label, record.epoch, tenths(bin), tenths(bin + 1)}),
               record.by_age[bin]);
      }
      append(table.rows.emplace_back(std::vector<Field>{run.label, record.epoch, kNone, kNone}),
             record.unseen);
    }
  }
  return table;
}

}  // namespace ftl::lab::report
