// The files that a report page is made of, which the build embeds into the program (cmake/Report.cmake).
#pragma once

#include <string_view>

namespace ftl::lab::report {

struct EmbeddedPage {
  std::string_view html;    // page.html, with {{style}}, {{library}}, {{data}} and {{script}} to be filled in
  std::string_view style;   // page.css
  std::string_view script;  // page/*.js
  std::string_view chart_js;  // the library Chart.js; empty where it was not installed
};

EmbeddedPage embedded_page();

}  // namespace ftl::lab::report
