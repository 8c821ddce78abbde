#include "train/memory_need.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "engine/make_engine.hpp"
#include "graph/graph.hpp"
#include "kernels/registry.hpp"
#include "recipe/recipe.hpp"

namespace ftl::train {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

class MemoryNeed : public testing::Test {
 protected:
  TrainingStage stage(int side) const {
    TrainingStage stage;
    stage.size = {side, side};
    stage.graph = graph::build_graph(recipe::load_recipe("airbench94").network, {side, side, 10});
    return stage;
  }

  ThreadPool threads_{1};
  std::unique_ptr<engine::Engine> engine_ =
      engine::make_engine(engine::kCpu, kernels::kernels_for(Isa::generic), threads_);
};

TEST_F(MemoryNeed, GrowsWithTheBatchAndIsThatOfTheLargestStage) {
  const std::vector<TrainingStage> small{stage(32)};
  const auto need = [&](std::int64_t batch) { return step_memory(small, *engine_, batch); };
  EXPECT_GT(need(320), need(192));
  EXPECT_EQ(need(320) - need(192), need(192) - need(64)) << "as much for each image block";
  EXPECT_GT(step_memory({stage(32), stage(40)}, *engine_, 320), need(320));
}

TEST_F(MemoryNeed, TooLittleIsRefusedBeforeTheStartAndSaysHowMuchItTakes) {
  const std::vector<TrainingStage> stages{stage(40)};
  const std::int64_t needed = step_memory(stages, *engine_, 1000);
  EXPECT_NO_THROW(check_memory(stages, *engine_, 1000, needed));
  EXPECT_THAT([&] { check_memory(stages, *engine_, 1000, needed - 1); },
              ThrowsMessage<InputError>(AllOf(HasSubstr("train.batch is 1000"), HasSubstr("40x40"),
                                              HasSubstr("GB are available"), HasSubstr("train.batch=500"))));
}

}  // namespace
}  // namespace ftl::train
