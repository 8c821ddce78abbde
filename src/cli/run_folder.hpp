// Where runs go when --out does not say.
#pragma once

#include <filesystem>
#include <string>

namespace ftl::cli {

// runs/<name>-<date>-<time>, with a number where two start in one second.
std::filesystem::path default_run_folder(const std::string& name);

}  // namespace ftl::cli
