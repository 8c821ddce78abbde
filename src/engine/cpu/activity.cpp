#include "engine/cpu/activity.hpp"

#include <algorithm>

#include "engine/cpu/cpu_op.hpp"

namespace ftl::engine {

Activity activity(const Pass& pass, int node) {
  const std::vector<const Pass*>& passes = all_passes();
  return item_activity(static_cast<int>(std::ranges::find(passes, &pass) - passes.begin()), node);
}

}  // namespace ftl::engine
