// Activities stand for work and back.
#include "engine/work.hpp"

#include <gtest/gtest.h>

namespace ftl::engine {
namespace {

TEST(Activity, KeepsTheChoreAndItsNode) {
  for (const int node : {graph::kNone, 0, 1, 300}) {
    const Activity of_chore = activity(Chore::finish_statistics, node);
    EXPECT_FALSE(is_item(of_chore));
    const Work work = work_around(of_chore);
    EXPECT_EQ(work.node, node);
    EXPECT_EQ(work.kind, WorkKind::statistics_finishing);
    EXPECT_EQ(work.name, "finish statistics");
    EXPECT_TRUE(is_item(item_activity(4, node)));
  }
}

TEST(Activity, TellsAllApart) {
  EXPECT_NE(item_activity(0, 0), item_activity(0, 1));
  EXPECT_NE(item_activity(0, 0), item_activity(1, 0));
  EXPECT_NE(item_activity(0, 0), activity(static_cast<Chore>(0), 0));
  EXPECT_NE(item_activity(0, graph::kNone), kWaiting);
  EXPECT_FALSE(is_item(kWaiting));
  EXPECT_EQ(work_around(kWaiting).kind, WorkKind::waiting);
  EXPECT_EQ(work_around(kWaiting).name, "waiting");
}

}  // namespace
}  // namespace ftl::engine
