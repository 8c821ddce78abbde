// Ctrl-C as a question that long work asks at places where it can stop without loss.
#pragma once

namespace ftl {

// From now on SIGINT and SIGTERM set a flag instead of ending the process; a second one ends it at once.
void catch_interrupts();

bool interrupted();

}  // namespace ftl
