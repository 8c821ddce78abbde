#include "measure/training_step.hpp"

#include <cmath>

#include "base/random.hpp"
#include "engine/make_engine.hpp"
#include "graph/whitening.hpp"
#include "train/parameter_update.hpp"

namespace ftl::measure {
namespace {

void fill_pictures(const graph::GraphInput& size, std::int64_t first, int images, bf16* pictures) {
  const std::int64_t values = std::int64_t{size.height} * size.width * 3;
  for (int image = 0; image < images; ++image) {
    Random random(0, RandomPurpose::synthetic, static_cast<std::uint32_t>(first + image));
    for (std::int64_t i = 0; i < values; ++i) pictures[image * values + i] = to_bf16(random.uniform(-2, 2));
  }
}

engine::Batch random_batch(const graph::GraphInput& size, std::int64_t images) {
  return {.images = images, .fill = [size](std::int64_t first, int count, bf16* pictures, Target* targets) {
            fill_pictures(size, first, count, pictures);
            for (int i = 0; i < count; ++i) {
              targets[i].label = static_cast<std::int32_t>((first + i) % size.classes);
            }
          }};
}

graph::Model initial_model(const graph::Graph& graph, const graph::GraphInput& size) {
  constexpr std::int64_t kImages = 256;
  graph::Model model = graph::initialise(graph, 0);
  if (const graph::WhiteningDescription* whitening = graph.whitening()) {
    model.parameters[static_cast<std::size_t>(graph.whitening_parameter)] = graph::whitening_filters(
        *whitening, {.images = kImages,
                     .height = size.height,
                     .width = size.width,
                     .fill = [size](std::span<const std::int32_t> indices, bf16* pictures) {
                       fill_pictures(size, indices.front(), static_cast<int>(indices.size()), pictures);
                     }});
  }
  return model;
}

std::vector<bool> trained_at(engine::Engine& engine, const graph::Graph& graph, const recipe::Recipe& recipe,
                             double epoch) {
  // Epochs are a recipe's own clock; how many steps each has does not matter here.
  constexpr double kStepsPerEpoch = 1000;
  const optim::TrainingLength length{std::llround(recipe.epochs * kStepsPerEpoch), kStepsPerEpoch};
  const train::ParameterUpdate update(recipe, graph, length, engine);
  return update.trained_at(std::round(epoch * kStepsPerEpoch));
}

}  // namespace

TrainingStep::TrainingStep(const TrainingStepOptions& options)
    : graph_(graph::build_graph(options.recipe.network, options.pictures)),
      batch_(random_batch(options.pictures, options.recipe.batch)),
      loss_(static_cast<float>(options.recipe.label_smoothing)),
      engine_(engine::make_engine(engine::kCpu, options.kernels, options.threads)),
      model_(engine_->hold(graph_, initial_model(graph_, options.pictures))),
      program_(engine_->compile(graph_,
                                {.max_images = options.recipe.batch,
                                 .training = engine::Purpose::Training{
                                     trained_at(*engine_, graph_, options.recipe, options.epoch), &loss_}})) {
  program_->load(*model_);
  program_->train(batch_, *model_);
}

}  // namespace ftl::measure
