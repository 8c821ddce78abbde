#include "train/training_clock.hpp"

#include <gmock/gmock.h>

namespace ftl::train {
namespace {

using testing::ElementsAre;

recipe::Recipe recipe_of(int batch, double epochs, const recipe::SelectionConfig& selection = {}) {
  recipe::Recipe recipe;
  recipe.batch = batch;
  recipe.epochs = epochs;
  recipe.selection = selection;
  return recipe;
}

struct Draw {
  int epoch;
  std::int64_t first;
  std::int64_t drawn;
  friend bool operator==(const Draw&, const Draw&) = default;
};

std::vector<Draw> draws(TrainingClock clock) {
  std::vector<Draw> all;
  for (; !clock.finished(); clock.advance()) all.push_back({clock.epoch(), clock.first(), clock.drawn()});
  EXPECT_EQ(clock.total_steps(), static_cast<std::int64_t>(all.size()));
  return all;
}

TEST(TrainingClock, DrawsABatchAStepAndDropsWhatRemainsOfAnEpoch) {
  EXPECT_THAT(draws({recipe_of(4, 2), 11}),
              ElementsAre(Draw{0, 0, 4}, Draw{0, 4, 4}, Draw{1, 0, 4}, Draw{1, 4, 4}));
}

TEST(TrainingClock, EndsWithinAnEpochAndTakesAtLeastOneStep) {
  EXPECT_THAT(draws({recipe_of(4, 1.5), 8}), ElementsAre(Draw{0, 0, 4}, Draw{0, 4, 4}, Draw{1, 0, 4}));
  EXPECT_THAT(draws({recipe_of(4, 0.01), 8}), ElementsAre(Draw{0, 0, 4}));
  EXPECT_THAT(draws({recipe_of(100, 1), 8}), ElementsAre(Draw{0, 0, 8})) << "a batch larger than the dataset";
}

TEST(TrainingClock, DrawsMoreWhileSelecting) {
  const TrainingClock clock(recipe_of(4, 4, {.keep = 0.5, .start = 1, .until = 2.5}), 16);
  EXPECT_THAT(draws(clock), ElementsAre(Draw{0, 0, 4}, Draw{0, 4, 4}, Draw{0, 8, 4}, Draw{0, 12, 4},  //
                                        Draw{1, 0, 8}, Draw{1, 8, 8},                                 //
                                        Draw{2, 0, 8}, Draw{2, 8, 4}, Draw{2, 12, 4},                 //
                                        Draw{3, 0, 4}, Draw{3, 4, 4}, Draw{3, 8, 4}, Draw{3, 12, 4}));
}

TEST(TrainingClock, DrawsWhatAnEpochHasLeft) {
  // 10 a step: 16 pictures are one step of 10 and one of 6; 24 leave 4, a batch without selection.
  EXPECT_THAT(draws({recipe_of(4, 1, {.keep = 0.4}), 16}), ElementsAre(Draw{0, 0, 10}, Draw{0, 10, 6}));
  EXPECT_THAT(draws({recipe_of(4, 1, {.keep = 0.4}), 24}),
              ElementsAre(Draw{0, 0, 10}, Draw{0, 10, 10}, Draw{0, 20, 4}));
  EXPECT_THAT(draws({recipe_of(4, 1, {.keep = 0.3}), 16}), ElementsAre(Draw{0, 0, 13}))
      << "3 pictures are no batch";
  EXPECT_THAT(draws({recipe_of(4, 1.25, {.keep = 0.5}), 16}),
              ElementsAre(Draw{0, 0, 8}, Draw{0, 8, 8}, Draw{1, 0, 4}))
      << "training ends after 20 pictures";
}

TEST(TrainingClock, CountsBatchesAndEpochsByWhatIsDrawn) {
  TrainingClock clock(recipe_of(4, 3, {.keep = 0.5, .start = 1, .until = 2}), 16);
  clock.go_to(5);
  EXPECT_EQ(clock.step(), 5);
  EXPECT_EQ(clock.batches(), 6);
  EXPECT_EQ(clock.epochs(), 1.5);
  EXPECT_FALSE(clock.between_epochs());
  clock.advance();
  EXPECT_EQ(clock.epochs(), 2);
  EXPECT_TRUE(clock.between_epochs());
  EXPECT_EQ(clock.step_at(0.6), 3);
  EXPECT_EQ(clock.step_at(2), 6);
  EXPECT_EQ(clock.step_at(7), clock.total_steps());
  EXPECT_EQ(clock.length().total_steps, 12);
}

}  // namespace
}  // namespace ftl::train
