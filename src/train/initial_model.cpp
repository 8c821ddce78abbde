#include "train/initial_model.hpp"

#include "base/interrupt.hpp"
#include "data/augmentation.hpp"
#include "graph/whitening.hpp"

namespace ftl::train {

graph::Model initial_model(const graph::Graph& graph, const data::Dataset& dataset, std::uint64_t seed) {
  graph::Model model = graph::initialise(graph, seed);
  const graph::WhiteningDescription* description = graph.whitening();
  if (description == nullptr) return model;
  const data::Split& split = dataset.train;
  const graph::WhiteningSource source{.images = split.count(),
                                      .height = split.size().height,
                                      .width = split.size().width,
                                      .fill = [&](std::span<const std::int32_t> indices, bf16* pictures) {
                                        throw_if_interrupted();
                                        data::fill_view(dataset, split, data::View{}, indices, pictures);
                                      }};
  model.parameters[static_cast<std::size_t>(graph.whitening_parameter)] =
      graph::whitening_filters(*description, source);
  return model;
}

}  // namespace ftl::train
