#include "optim/optimizer.hpp"

#include "optim/muon.hpp"
#include "optim/sgd.hpp"

namespace ftl::optim {

std::unique_ptr<Optimizer> make_optimizer(const OptimizerConfig& config,
                                          std::span<const std::int64_t> sizes) {
  if (config.kind == OptimizerKind::muon) return std::make_unique<Muon>(config, sizes);
  return std::make_unique<Sgd>(config, sizes);
}

}  // namespace ftl::optim
