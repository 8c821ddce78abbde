#include "engine/cpu/activity.hpp"

#include <algorithm>

#include "base/index.hpp"
#include "engine/cpu/cpu_op.hpp"

namespace ftl::engine {
namespace {

// node + 1 | 1 bit: chore | 8 bits: which
constexpr int kNodeShift = 9;
constexpr Activity kChoreBit = 1 << 8;
constexpr Activity kWhich = kChoreBit - 1;

Activity encode(Activity which, int node) {
  return (Activity{node} + 1) << kNodeShift | which;
}

}  // namespace

WorkKind work_kind(Chore chore) {
  switch (chore) {
    case Chore::weight_packing:
      return WorkKind::weight_packing;
    case Chore::finish_statistics:
      return WorkKind::statistics_finishing;
    case Chore::gradient_reduction:
      return WorkKind::gradient_reduction;
    case Chore::planning:
    case Chore::epoch_order:
    case Chore::selection:
      return WorkKind::preparation;
    case Chore::optimizer:
    case Chore::average:
      return WorkKind::optimizer;
  }
  return {};
}

std::string_view name(Chore chore) {
  switch (chore) {
    case Chore::weight_packing:
      return "weight packing";
    case Chore::finish_statistics:
      return "finish statistics";
    case Chore::gradient_reduction:
      return "gradient reduction";
    case Chore::planning:
      return "planning";
    case Chore::epoch_order:
      return "epoch order";
    case Chore::selection:
      return "selection";
    case Chore::optimizer:
      return "optimizer";
    case Chore::average:
      return "average of weights";
  }
  return {};
}

Activity activity(const Pass& pass, int node) {
  const std::vector<const Pass*>& passes = all_passes();
  return encode(std::ranges::find(passes, &pass) - passes.begin(), node);
}

Activity activity(Chore chore, int node) {
  return encode(static_cast<Activity>(chore) | kChoreBit, node);
}

Work work(Activity activity) {
  if (activity == kWaiting) return {};
  Work work;
  work.node = static_cast<int>(activity >> kNodeShift) - 1;
  const auto which = static_cast<int>(activity & kWhich);
  if ((activity & kChoreBit) != 0) {
    work.chore = static_cast<Chore>(which);
    work.kind = work_kind(*work.chore);
  } else {
    work.pass = all_passes()[at(which)];
    work.kind = work.pass->kind;
  }
  return work;
}

std::string_view Work::name() const {
  if (pass != nullptr) return pass->name;
  return chore ? engine::name(*chore) : engine::name(kind);
}

}  // namespace ftl::engine
