// A recording as a file for trace viewers.
#pragma once

#include <string>

#include "lab/profile.hpp"

namespace ftl::lab {

// Trace events as chrome://tracing and https://ui.perfetto.dev show them: a row a thread, time from the first
// span on. Spans that nobody named are left out. JSON that ends with a newline.
std::string chrome_trace(const Recording& recording);

}  // namespace ftl::lab
