#include "train/stage_loader.hpp"

#include "engine/work.hpp"

namespace ftl::train {

const data::TrainingLoader& StageLoader::at(const TrainingStage& stage, int epoch) {
  if (stage_ != &stage) {
    const ActivityScope doing(threads_, activity(engine::Chore::planning));
    loader_.reset();  // lets go of the last stage's pictures before it asks for more
    data::Dataset pictures = dataset_;
    pictures.train = dataset_.train.prepared(stage.size, threads_);
    loader_.emplace(pictures, stage.augmentation, seed_);
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
