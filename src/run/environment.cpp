#include "run/environment.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include "base/json_file.hpp"

namespace ftl::run {
namespace {

#if defined(__clang__)
constexpr const char* kCompiler = __VERSION__;
#else
constexpr const char* kCompiler = "GCC " __VERSION__;
#endif

std::string operating_system() {
  utsname system{};
  if (uname(&system) != 0) return "unknown";
  return fmt::format("{} {} {}", system.sysname, system.release, system.machine);
}

}  // namespace

Environment current_environment(Isa isa, int threads, std::string version, std::string dataset) {
  return {cpu_model(), isa, threads, kCompiler, std::move(version), operating_system(), std::move(dataset)};
}

std::string to_json(const Environment& environment) {
  const Json json = {{"cpu", environment.cpu},         {"isa", name(environment.isa)},
                     {"threads", environment.threads}, {"compiler", environment.compiler},
                     {"version", environment.version}, {"operating_system", environment.operating_system},
                     {"dataset", environment.dataset}};
  return json_text(json);
}

}  // namespace ftl::run
