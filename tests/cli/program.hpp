// The program with what it needs to do something in a moment: small recipes, small pictures, a folder.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>

#include "base/file.hpp"
#include "data/files.hpp"
#include "support/process.hpp"
#include "support/temporary_folder.hpp"

namespace ftl::cli {

// One convolution: trains in milliseconds.
inline constexpr const char* kSmallRecipe = R"(
[train]
batch = 60
epochs = 3
[augment]
pad = 1
flip = "random"
[network]
layers = [
  { op = "conv", out = 16 },
  { op = "max_pool" },
  { op = "batch_norm" },
  { op = "act", kind = "relu" },
  { op = "global_avg_pool" },
  { op = "linear", bias = true },
]
[optimizer.filters]
lr = 0.002
[optimizer.biases]
lr = 0.002
[eval]
views = "mirror"
)";

// Every kind of layer, every augmentation, both optimizers, growing pictures, selective backprop, an average
// of the weights; for pictures of 16x16 or more.
inline constexpr const char* kEveryLayerRecipe = R"(
[train]
batch = 80
epochs = 4
label_smoothing = 0.1
resolution = [{ size = 8, until = 0.5 }, { size = 12, until = 2.5 }]
[augment]
pad = 2
flip = "alternating"
cutout = 4
cutmix = 5
brightness = 0.1
contrast = 0.1
[network]
logit_scale = 0.125
layers = [
  { op = "whiten", kernel = 2, negatives = true, bias = true, images = 100 },
  { op = "act", kind = "gelu" },
  { op = "conv", out = 48, init = "dirac" },
  { op = "max_pool" },
  { op = "batch_norm", scale = true, momentum = 0.4 },
  { op = "act", kind = "silu", name = "stem" },
  { op = "conv", out = 48, groups = "depthwise", kernel = 3 },
  { op = "batch_norm" },
  { op = "act", kind = "celu" },
  { op = "conv", out = 40, kernel = 1, stride = 2, bias = true },
  { op = "squeeze_excite", ratio = 4 },
  { op = "add", from = "stem", shortcut = [ { op = "avg_pool", kernel = 3, stride = 2, pad = 1 }, { op = "conv", out = 40, kernel = 1 } ] },
  { op = "act", kind = "sigmoid" },
  { op = "global_max_pool" },
  { op = "linear", bias = true },
]
[optimizer.filters]
kind = "muon"
lr = 0.05
momentum = 0.6
schedule = { kind = "one_cycle", warmup = 0.3 }
[optimizer.linear]
lr = 0.02
weight_decay = 0.01
[optimizer.biases]
lr = 0.01
[optimizer.whiten_bias]
lr = 0.01
train_until = 2
[select]
keep = 0.5
start = 1
until = 3.5
size = 9
[ema]
every = 2
decay = 0.9
[eval]
views = "six"
views_fraction = 0.5
)";

struct PictureSet {
  std::vector<std::string> classes = {"red", "green", "blue"};
  int side = 8;
  int train = 40;  // pictures a class
  int test = 20;
};

// Noise on which each class has a colour of its own.
inline data::Tree coloured_pictures(const PictureSet& set) {
  data::Tree tree;
  std::minstd_rand random(1);
  for (std::size_t c = 0; c < set.classes.size(); ++c) {
    for (int i = 0; i < set.train + set.test; ++i) {
      data::Picture picture = data::plain_picture({set.side, set.side}, 0, 0, 0);
      for (std::size_t value = 0; value < picture.pixels.size(); ++value) {
        picture.pixels[value] = static_cast<std::uint8_t>(random() % 120 + (value % 3 == c % 3 ? 100 : 0));
      }
      tree[(i < set.train ? "train/" : "test/") + set.classes[c] + "/" + std::to_string(i) + ".png"] =
          data::png_of(picture);
    }
  }
  return tree;
}

class ProgramTest : public ::testing::Test {
 protected:
  ProgramTest() {
    folder.write("small.toml", kSmallRecipe);
    folder.write("every.toml", kEveryLayerRecipe);
  }

  void place_pictures(const std::string& name = "pictures", const PictureSet& set = {}) const {
    data::write_tree(folder / name, coloured_pictures(set));
  }

  // Runs the program in the test's folder.
  test::ProcessResult ftl(const std::string& arguments, test::ProcessOptions options = {}) const {
    options.folder = folder.path();
    options.environment.emplace("FTL_CACHE", (folder / "cache").string());
    options.arguments = {FTL_BINARY};
    std::istringstream words(arguments);
    for (std::string word; words >> word;) options.arguments.push_back(word);
    return test::run_process(options);
  }

  // What a network learns differs a little by instruction set. Who asks how much it learned trains on the one
  // that every machine has.
  static test::ProcessOptions on_generic() { return {.environment = {{"FTL_ISA", "generic"}}}; }

  // Runs the program and ends it by SIGKILL just before the state of so many epochs would be in place, those
  // of all runs counted together. Returns whether it was ended so.
  bool killed_after(int epochs, const std::string& arguments) const {
    return ftl(arguments, {.signal = {SIGKILL, "training_state.safetensors", epochs}}).exit_code == -1;
  }

  // Runs what must succeed and returns what it printed.
  std::string done(const std::string& arguments, const test::ProcessOptions& options = {}) const {
    const test::ProcessResult result = ftl(arguments, options);
    EXPECT_EQ(result.exit_code, 0) << arguments << "\n" << result.out << result.err;
    return result.out;
  }

  // Runs what must be refused as bad input before it does anything: exit code 2, one line on stderr, nothing
  // on stdout, no new files but in the cache, nothing half-written there. Returns the line.
  std::string refusal(const std::string& arguments, const test::ProcessOptions& options = {}) const {
    const std::set<std::string> before = files();
    const test::ProcessResult result = ftl(arguments, options);
    EXPECT_EQ(result.exit_code, 2) << arguments;
    EXPECT_EQ(result.out, "") << arguments;
    EXPECT_EQ(files(), before) << arguments;
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
    EXPECT_TRUE(result.err.starts_with("ftl: ") && result.err.ends_with('\n')) << result.err;
    return result.err;
  }

  // Everything below the test's folder, imports left out.
  std::set<std::string> files() const {
    std::set<std::string> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
      const std::string path = entry.path().lexically_relative(folder.path()).string();
      const bool import = path.ends_with(".ftl") || path.ends_with(".digest") || path == "cache";
      if (!import) paths.insert(path);
    }
    return paths;
  }

  bool exists(const std::string& file) const { return std::filesystem::exists(folder / file); }
  std::string text(const std::string& file) const { return read_text(folder / file); }
  nlohmann::json json(const std::string& file) const { return nlohmann::json::parse(text(file)); }
  std::vector<nlohmann::json> json_lines(const std::string& file) const {
    std::vector<nlohmann::json> lines;
    std::istringstream stream(text(file));
    for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }

  test::TemporaryFolder folder;
};

}  // namespace ftl::cli
