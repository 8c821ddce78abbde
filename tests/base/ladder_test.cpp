// The layers of src/ only include from layers below them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/file.hpp"

namespace ftl {
namespace {

using Layers = std::set<std::string>;

// What each layer may include from, itself aside.
const std::map<std::string, Layers>& ladder() {
  static const std::map<std::string, Layers> layers = [] {
    std::map<std::string, Layers> all{
        {"base", {}},
        {"machine", {"base"}},
        {"tensor", {"base"}},
        {"kernels", {"base", "machine", "tensor"}},
        {"data", {"base", "machine", "tensor"}},
        {"graph", {"base", "machine", "tensor", "kernels"}},
        {"loss", {"base", "tensor"}},
        {"optim", {"base", "machine", "tensor", "kernels"}},
        {"engine", {"base", "machine", "tensor", "kernels", "graph", "loss", "optim"}},
    };
    // From here on each layer may use all that stand before it, but for `measure` and `lab`, which stand side
    // by side.
    Layers below;
    for (const auto& [layer, uses] : all) below.insert(layer);
    all["recipe"] = below;
    all["recipe"].erase("engine");
    for (const char* layer : {"recipe", "train", "run", "lab", "measure", "cli"}) {
      all.try_emplace(layer, below);
      below.insert(layer);
    }
    all["measure"].erase("lab");
    return all;
  }();
  return layers;
}

std::vector<std::string> layers_included_by(const std::string& text) {
  static const std::regex include(R"(^\s*#\s*include\s*"([^"/]+)/)");
  std::vector<std::string> layers;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (std::smatch match; std::regex_search(line, match, include)) layers.push_back(match[1]);
  }
  return layers;
}

bool allowed(const std::string& from, const std::string& to) {
  return from == to || ladder().at(from).contains(to);
}

TEST(Ladder, ReadsIncludes) {
  EXPECT_THAT(
      layers_included_by("#include <vector>\n#include \"graph/graph.hpp\"\n  # include \"base/error.hpp\"\n"),
      testing::ElementsAre("graph", "base"));
}

TEST(Ladder, ForbidsUpwardAndSideways) {
  EXPECT_TRUE(allowed("graph", "kernels"));
  EXPECT_FALSE(allowed("kernels", "graph"));
  EXPECT_FALSE(allowed("data", "kernels"));
  EXPECT_FALSE(allowed("optim", "graph"));
}

TEST(Ladder, EverySourceOnlyIncludesFromLayersBelow) {
  const std::filesystem::path source = std::filesystem::path(FTL_SOURCE_DIR) / "src";
  int includes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source)) {
    const auto path = std::filesystem::relative(entry.path(), source);
    const bool is_source = path.extension() == ".hpp" || path.extension() == ".cpp";
    if (!entry.is_regular_file() || !is_source || path == "main.cpp") continue;
    const std::string layer = path.begin()->string();
    ASSERT_TRUE(ladder().contains(layer)) << path << ": src/" << layer << " has no place in the ladder";
    for (const std::string& included : layers_included_by(read_text(entry.path()))) {
      ++includes;
      EXPECT_TRUE(allowed(layer, included)) << path << ": " << layer << " may not include from " << included;
    }
  }
  EXPECT_GT(includes, 20) << "found hardly any includes under " << source;
}

}  // namespace
}  // namespace ftl
