// A step of Muon for the filters of speedrun, on two threads.
#include <benchmark/benchmark.h>

#include "base/random.hpp"
#include "kernels/registry.hpp"
#include "optim/optimizer_config.hpp"

namespace ftl::optim {
namespace {

struct Filters {
  int rows;
  int columns;
};
constexpr Filters kFilters[] = {{64, 216},   {64, 576},   {256, 576}, {256, 2304},
                                {256, 2304}, {256, 2304}, {256, 2304}};

void muon_step(benchmark::State& state) {
  std::vector<std::vector<float>> weights;
  std::vector<std::vector<float>> gradients;
  std::vector<std::int64_t> sizes;
  std::vector<ParameterView> views;
  Random random(1, RandomPurpose::test);
  for (const Filters& filters : kFilters) {
    sizes.push_back(std::int64_t{filters.rows} * filters.columns);
    for (auto* values : {&weights, &gradients}) {
      values->emplace_back(static_cast<std::size_t>(sizes.back()));
      for (float& value : values->back()) value = random.normal();
    }
  }
  for (std::size_t i = 0; i < std::size(kFilters); ++i)
    views.push_back({weights[i], gradients[i], kFilters[i].rows, kFilters[i].columns});
  const auto muon = make_optimizer(MuonConfig{.momentum = 0.655}, sizes);
  ThreadPool threads(2);
  const auto& kernels = kernels::kernels_for(select_isa());
  for (auto _ : state) muon->step(views, 0.1, {threads, kernels.tile_product});
}

BENCHMARK(muon_step)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ftl::optim
