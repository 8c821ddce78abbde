// How many processors there are to work with.
#pragma once

namespace ftl {

// Processors that this process may run on.
int available_processors();

}  // namespace ftl
