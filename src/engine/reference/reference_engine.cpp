#include "engine/reference/reference_engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "base/index.hpp"
#include "engine/host_model.hpp"
#include "engine/reference/reference_network.hpp"
#include "graph/ops/pictures.hpp"
#include "kernels/registry.hpp"
#include "tensor/layout.hpp"

namespace ftl::engine {
namespace {

class ReferenceProgram final : public Program {
 public:
  ReferenceProgram(const graph::Graph& graph, const Purpose& purpose) : graph_(graph), purpose_(purpose) {
    if (!purpose.training) return;
    for (std::size_t p = 0; p < purpose.training->trained.size(); ++p) {
      if (purpose.training->trained[p]) trained_.push_back(static_cast<int>(p));
    }
  }

  const Cost& cost() const override { return cost_; }
  const std::vector<WorkSegment>& segments() const override { return segments_; }

  // Convolutions read their weights in bf16, as everywhere.
  void load(const ModelMemory& model) override {
    loaded_.emplace(on_host(model).model());
    for (std::size_t p = 0; p < graph_.parameters.size(); ++p) {
      if (graph_.parameters[p].shape.size() != 4) continue;
      for (double& weight : loaded_->parameters[p]) weight = to_float(to_bf16(static_cast<float>(weight)));
    }
  }

  TrainingResult train(const Batch& batch, ModelMemory& model, const SegmentHook& after_segment) override {
    const ReferenceBatch<double> pictures = read(batch);
    HostModel& host = on_host(model);
    ReferenceModel<double> trained = *loaded_;
    trained.norms = ReferenceModel<double>(host.model()).norms;
    ReferenceNetwork<double> network(graph_, trained, ReferenceStorage::bf16);
    const auto training = network.train(pictures, *purpose_.training->loss);
    for (const int p : trained_) {
      std::ranges::transform(training.gradients[at(p)], host.gradient(p).begin(),
                             [](double value) { return static_cast<float>(value); });
    }
    for (std::size_t n = 0; n < trained.norms.size(); ++n) {
      graph::RunningStatistics& running = host.model().norms[n];
      running.mean.assign(trained.norms[n].mean.begin(), trained.norms[n].mean.end());
      running.variance.assign(trained.norms[n].variance.begin(), trained.norms[n].variance.end());
    }
    if (after_segment) after_segment(trained_);
    return result_of(training, pictures);
  }

  void infer(const Batch& batch, std::span<float> logits) override {
    const ReferenceBatch<double> pictures = read(batch);
    const std::vector<double> values =
        ReferenceNetwork<double>(graph_, *loaded_, ReferenceStorage::bf16).infer(pictures);
    std::ranges::transform(values, logits.begin(), [](double value) { return static_cast<float>(value); });
  }

  void run(const Part&, const Batch&, ModelMemory&) override {
    throw std::logic_error("the reference engine runs whole batches only");
  }

 private:
  ReferenceBatch<double> read(const Batch& batch) const {
    if (batch.images < 1 || batch.images > purpose_.max_images) {
      throw std::invalid_argument(
          fmt::format("a batch of {} images for a program of 1 to {}", batch.images, purpose_.max_images));
    }
    const auto& input = *graph_.nodes.front().as<graph::PicturesOp>();
    const std::size_t values = at(input.height) * at(input.width) * 3;
    std::vector<bf16> pictures(static_cast<std::size_t>(batch.images) * values);
    ReferenceBatch<double> read{.images = static_cast<int>(batch.images)};
    read.targets.resize(purpose_.training ? static_cast<std::size_t>(batch.images) : 0);
    for (std::int64_t first = 0; first < batch.images; first += kBlockImages) {
      const auto images = static_cast<int>(std::min<std::int64_t>(kBlockImages, batch.images - first));
      batch.fill(first, images, pictures.data() + static_cast<std::size_t>(first) * values,
                 purpose_.training ? read.targets.data() + first : nullptr);
    }
    for (const bf16 value : pictures) read.pictures.push_back(to_float(value));
    return read;
  }

  TrainingResult result_of(const ReferenceNetwork<double>::Training& training,
                           const ReferenceBatch<double>& batch) const {
    const std::size_t classes = at(graph_.classes);
    std::vector<double> gradient(training.logits.size());
    purpose_.training->loss->reference(
        {.classes = graph_.classes, .logits = training.logits, .targets = batch.targets}, gradient);
    TrainingResult result{.loss = training.loss};
    for (std::size_t image = 0; image < batch.targets.size(); ++image) {
      const auto logits = std::span(training.logits).subspan(image * classes, classes);
      if (std::ranges::max_element(logits) - logits.begin() == batch.targets[image].label) ++result.correct;
      double squares = 0;
      for (const double value : std::span(gradient).subspan(image * classes, classes))
        squares += value * value;
      result.gradient_norms.push_back(static_cast<float>(std::sqrt(squares)));
    }
    return result;
  }

  const graph::Graph& graph_;
  Purpose purpose_;
  Cost cost_;
  std::vector<WorkSegment> segments_;
  std::vector<int> trained_;
  std::optional<ReferenceModel<double>> loaded_;
};

}  // namespace

std::unique_ptr<Program> ReferenceEngine::compile(const graph::Graph& graph, const Purpose& purpose) {
  return std::make_unique<ReferenceProgram>(graph, purpose);
}

std::unique_ptr<SharedMemory> ReferenceEngine::reserve(std::int64_t, std::int64_t) {
  return std::make_unique<SharedMemory>();
}

std::unique_ptr<ModelMemory> ReferenceEngine::hold(const graph::Graph& graph, const graph::Model& model) {
  // Optimisers multiply matrices by plain C++ here, too.
  return std::make_unique<HostModel>(
      graph, model, optim::StepContext{threads_, kernels::kernels_for(Isa::generic).tile_product});
}

}  // namespace ftl::engine
