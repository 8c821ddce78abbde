// The engines that there are.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/engine.hpp"
#include "kernels/registry.hpp"

namespace ftl::engine {

inline constexpr std::string_view kCpu = "cpu";              // the plan of fused steps (engine/cpu)
inline constexpr std::string_view kReference = "reference";  // node by node in double (engine/reference)

std::vector<std::string_view> engine_names();

// `kernels`, of the instruction set that the CPU engine runs, and `threads` must outlive the engine. Throws
// InputError for a name that is none of the above.
std::unique_ptr<Engine> make_engine(std::string_view name, const kernels::Kernels& kernels,
                                    ThreadPool& threads);

}  // namespace ftl::engine
