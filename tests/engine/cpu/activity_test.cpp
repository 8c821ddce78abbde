// Activities stand for work and back.
#include "engine/cpu/activity.hpp"

#include <gtest/gtest.h>

#include <set>

#include "engine/cpu/cpu_op.hpp"
#include "engine/cpu/ops/convolution.hpp"

namespace ftl::engine {
namespace {

TEST(Activity, KeepsTheStepAndItsNode) {
  for (const int node : {graph::kNone, 0, 1, 300}) {
    const Work of_step = work(activity(kConvolutionWeightsPass, node));
    EXPECT_EQ(of_step.pass, &kConvolutionWeightsPass);
    EXPECT_FALSE(of_step.chore);
    EXPECT_EQ(of_step.node, node);
    EXPECT_EQ(of_step.kind, WorkKind::convolution_weights);
    EXPECT_EQ(of_step.name(), "convolution weights");
    const Work of_chore = work(activity(Chore::finish_statistics, node));
    EXPECT_EQ(of_chore.chore, Chore::finish_statistics);
    EXPECT_EQ(of_chore.pass, nullptr);
    EXPECT_EQ(of_chore.node, node);
    EXPECT_EQ(of_chore.kind, WorkKind::statistics_finishing);
  }
}

TEST(Activity, TellsAllApart) {
  std::set<Activity> all{kWaiting, activity(static_cast<Chore>(0), 0)};
  for (const Pass* pass : all_passes()) {
    for (const int node : {graph::kNone, 0, 1}) EXPECT_TRUE(all.insert(activity(*pass, node)).second);
  }
  EXPECT_EQ(work(kWaiting).kind, WorkKind::waiting);
  EXPECT_EQ(work(kWaiting).name(), "waiting");
}

}  // namespace
}  // namespace ftl::engine
