// Where and with what a run was made, so that its figures can be read later.
#pragma once

#include <string>

#include "machine/instruction_set.hpp"

namespace ftl::run {

struct Environment {
  std::string cpu;
  Isa isa = Isa::generic;
  int threads = 1;
  std::string compiler;
  std::string version;  // of ftl
  std::string operating_system;
  std::string dataset;  // digest of its content
};

// That of this process, which runs `version` of ftl on the dataset with this digest.
Environment current_environment(Isa isa, int threads, std::string version, std::string dataset);

std::string to_json(const Environment& environment);

}  // namespace ftl::run
