// Ctrl-C as a question that long work asks at places where it can stop without loss.
#pragma once

#include "base/error.hpp"

namespace ftl {

// Ctrl-C ended what could not go on by itself.
class Interruption : public RunError {
 public:
  Interruption() : RunError("interrupted") {}
};

// From now on SIGINT and SIGTERM set a flag instead of ending the process; a second one ends it at once.
void catch_interrupts();

bool interrupted();

// Throws Interruption when interrupted(): for work that leaves nothing behind when it is given up.
void throw_if_interrupted();

}  // namespace ftl
