// Activities stand for work and back.
#include "engine/cpu/activity.hpp"

#include <gtest/gtest.h>

namespace ftl::engine {
namespace {

TEST(Activity, KeepsTheStepAndItsNode) {
  for (const int node : {graph::kNone, 0, 1, 300}) {
    const Work of_step = work(activity(StepKind::convolution_weights, node));
    EXPECT_EQ(of_step.step, StepKind::convolution_weights);
    EXPECT_FALSE(of_step.chore);
    EXPECT_EQ(of_step.node, node);
    EXPECT_EQ(of_step.kind, WorkKind::convolution_weights);
    EXPECT_EQ(of_step.name(), "convolution weights");
    const Work of_chore = work(activity(Chore::finish_statistics, node));
    EXPECT_EQ(of_chore.chore, Chore::finish_statistics);
    EXPECT_FALSE(of_chore.step);
    EXPECT_EQ(of_chore.node, node);
    EXPECT_EQ(of_chore.kind, WorkKind::statistics_finishing);
  }
}

TEST(Activity, TellsAllApart) {
  EXPECT_NE(activity(StepKind::pictures, 0), activity(StepKind::pictures, 1));
  EXPECT_NE(activity(StepKind::pictures, 0), activity(StepKind::patches, 0));
  EXPECT_NE(activity(static_cast<StepKind>(0), 0), activity(static_cast<Chore>(0), 0));
  EXPECT_NE(activity(StepKind::pictures, graph::kNone), kWaiting);
  EXPECT_EQ(work(kWaiting).kind, WorkKind::waiting);
  EXPECT_EQ(work(kWaiting).name(), "waiting");
}

}  // namespace
}  // namespace ftl::engine
