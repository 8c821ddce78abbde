#include "train/step.hpp"

namespace ftl::train {

engine::Batch batch_of(const Step& step, const TrainingClock& clock) {
  return {.images = clock.batch(),
          .fill = [&step, first_of_batch = clock.first(), drawn = clock.drawn()](
                      std::int64_t first, int images, bf16* pictures, Target* targets) {
            step.loader.fill({.first = first_of_batch + first,
                              .images = images,
                              .batch_first = first_of_batch,
                              .batch_images = drawn,
                              .pictures = pictures,
                              .targets = targets,
                              .places = step.places.empty() ? nullptr : step.places.data() + first,
                              .times_taken = step.times_taken});
          }};
}

}  // namespace ftl::train
