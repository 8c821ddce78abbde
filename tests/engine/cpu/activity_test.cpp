// Each pass of a node is an activity of its own.
#include "engine/cpu/activity.hpp"

#include <gtest/gtest.h>

#include <set>

#include "engine/cpu/cpu_op.hpp"

namespace ftl::engine {
namespace {

TEST(PassActivity, TellsAllApart) {
  std::set<Activity> all{kWaiting, activity(static_cast<Chore>(0), 0)};
  for (const Pass* pass : all_passes()) {
    for (const int node : {graph::kNone, 0, 1}) {
      EXPECT_TRUE(is_item(activity(*pass, node)));
      EXPECT_TRUE(all.insert(activity(*pass, node)).second) << pass->name;
    }
  }
}

}  // namespace
}  // namespace ftl::engine
