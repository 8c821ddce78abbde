#include "engine/make_engine.hpp"

#include <fmt/ranges.h>

#include "base/error.hpp"
#include "engine/cpu/cpu_engine.hpp"
#include "engine/reference/reference_engine.hpp"

namespace ftl::engine {

std::vector<std::string_view> engine_names() {
  return {kCpu, kReference};
}

std::unique_ptr<Engine> make_engine(std::string_view name, const kernels::Kernels& kernels,
                                    ThreadPool& threads) {
  if (name == kCpu) return std::make_unique<CpuEngine>(kernels, threads);
  if (name == kReference) return std::make_unique<ReferenceEngine>(threads);
  throw InputError("there is no engine {}; there are {}", name, fmt::join(engine_names(), ", "));
}

}  // namespace ftl::engine
