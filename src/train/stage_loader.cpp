#include "train/stage_loader.hpp"

#include "data/derived_dataset.hpp"
#include "engine/work.hpp"

namespace ftl::train {

const data::TrainingLoader& StageLoader::at(const TrainingStage& stage, int epoch) {
  if (stage_ != &stage) {
    const ActivityScope doing(threads_, activity(engine::Chore::planning));
    const data::PictureSize own{dataset_.train.height, dataset_.train.width};
    loader_.reset();
    loader_.emplace(stage.size == own ? dataset_ : data::resize_training(dataset_, stage.size, threads_),
                    stage.augmentation, seed_);
    stage_ = &stage;
    epoch_ = -1;
  }
  if (epoch_ != epoch) {
    const ActivityScope doing(threads_, activity(engine::Chore::epoch_order));
    loader_->begin_epoch(epoch);
    epoch_ = epoch;
  }
  return *loader_;
}

}  // namespace ftl::train
