// The report as one HTML file that needs nothing else to be opened.
#pragma once

#include <string>

#include "lab/report/report.hpp"

namespace ftl::lab::report {

// All that the page shows, as one JSON object.
std::string page_data(const Report& report);

// The page; throws RunError when ftl was built without Chart.js.
std::string page(const Report& report);

}  // namespace ftl::lab::report
