#include "lab/report/dawnbench.hpp"

#include <fmt/format.h>

#include "lab/protocol.hpp"

namespace ftl::lab::report {

std::string dawnbench_tsv(std::span<const train::EpochRecord> records, double init_seconds) {
  std::string tsv = "epoch\thours\ttop1Accuracy\n";
  for (const train::EpochRecord& record : records) {
    if (record.run != records.front().run) break;
    tsv += fmt::format("{:g}\t{:.8f}\t{:.4f}\n", record.epoch, (init_seconds + record.total_seconds) / 3600,
                       100 * plain_accuracy(record));
  }
  return tsv;
}

}  // namespace ftl::lab::report
