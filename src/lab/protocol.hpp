// What counts as a run's time: the rules of the known speed runs, by their names.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "train/result.hpp"

namespace ftl::lab {

// On no clock: opening the dataset, and the evaluation of an epoch.
enum class Protocol {
  hlb,       // hlb-CIFAR10: augmentation, training steps, weight averages
  airbench,  // cifar10-airbench: also the start (plan, initial weights, whitening) and the final evaluation,
             // with the views that the recipe names
  dawnbench  // DAWNBench: the start, and training to the end of the first epoch at a target accuracy, without
             // test-time views, of the weights that evaluation uses: the average where there is one
};

std::vector<std::string> protocol_names();
std::string_view name(Protocol protocol);
// Throws std::out_of_range for what is not one of the names.
Protocol protocol_named(std::string_view name);
// What it counts: "whitening, training, final evaluation".
std::string_view on_the_clock(Protocol protocol);

// That dawnbench asks for: of the weights that evaluation uses.
double plain_accuracy(const train::EpochRecord& epoch);

struct TimedRun {
  const train::RunResult& result;
  std::span<const train::EpochRecord> epochs;  // its own, in their order; only dawnbench looks at them
};

// NaN where it is not known; by dawnbench, where the run never is at the target, or there is no target.
double protocol_seconds(Protocol protocol, const TimedRun& run, std::optional<double> target_accuracy);

}  // namespace ftl::lab
