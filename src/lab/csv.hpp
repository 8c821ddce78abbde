// Fields of CSV files by RFC 4180.
#pragma once

#include <string>

namespace ftl::lab {

// Quoted where it must be.
std::string csv_field(const std::string& text);
// In full; empty where it is NaN or infinite, which means unknown.
std::string csv_field(double value);

}  // namespace ftl::lab
