#include "lab/report/predictions.hpp"

#include <algorithm>

#include "data/png.hpp"
#include "engine/make_engine.hpp"
#include "run/model_dataset.hpp"
#include "train/evaluator.hpp"
#include "train/training_stage.hpp"

namespace ftl::lab::report {
namespace {

struct Guess {
  int label = 0;
  double confidence = 0;
};

Guess guess(std::span<const float> logits) {
  const std::vector<double> probabilities = loss::probabilities(logits);
  const auto best = std::ranges::max_element(probabilities);
  return {static_cast<int>(best - probabilities.begin()), *best};
}

void keep_surest(std::vector<WrongPicture>& wrong, std::size_t count) {
  std::stable_sort(wrong.begin(), wrong.end(),
                   [](const WrongPicture& a, const WrongPicture& b) { return a.confidence > b.confidence; });
  wrong.resize(std::min(wrong.size(), count));
}

}  // namespace

Predictions judge(std::span<const float> logits, const std::vector<std::string>& class_names,
                  const data::Split& split, std::size_t wrong_pictures) {
  const std::size_t classes = class_names.size();
  Predictions predictions;
  predictions.pictures = split.count();
  predictions.class_names = class_names;
  predictions.confusion.assign(classes, std::vector<std::int64_t>(classes));
  std::vector<WrongPicture> wrong;
  for (std::int64_t i = 0; i < split.count(); ++i) {
    const Guess best = guess(logits.subspan(static_cast<std::size_t>(i) * classes, classes));
    const int truth = split.label(i);
    ++predictions.confusion[static_cast<std::size_t>(truth)][static_cast<std::size_t>(best.label)];
    if (best.label != truth) wrong.push_back({i, truth, best.label, best.confidence, ""});
  }
  predictions.accuracy = 1 - static_cast<double>(wrong.size()) / static_cast<double>(split.count());
  keep_surest(wrong, wrong_pictures);
  std::vector<std::uint8_t> room;
  for (WrongPicture& picture : wrong) {
    picture.png = data::encode_png(split.size(), split.read(picture.index, room));
  }
  predictions.most_confidently_wrong = std::move(wrong);
  return predictions;
}

Predictions predict(const PredictionOptions& options) {
  const std::string checkpoint = options.checkpoint.string();
  const run::LoadedModel model = run::load_model(options.checkpoint);
  const data::Dataset dataset =
      run::dataset_for_model(model, checkpoint, train::dataset_for(model.recipe, options.dataset));
  const auto engine = engine::make_engine(engine::kCpu, kernels::kernels_for(select_isa()), options.threads);
  train::Evaluator evaluator({model.graph, dataset, *engine});
  evaluator.load(model.model);
  Predictions predictions = judge(evaluator.logits(dataset.test, model.recipe.evaluation), model.class_names,
                                  dataset.test, options.wrong_pictures);
  predictions.checkpoint = checkpoint;
  predictions.dataset = dataset.name;
  return predictions;
}

}  // namespace ftl::lab::report
