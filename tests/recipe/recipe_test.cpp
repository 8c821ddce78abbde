#include "recipe/recipe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "graph/layers/activation.hpp"
#include "graph/layers/add.hpp"
#include "graph/layers/batch_norm.hpp"
#include "graph/layers/convolution.hpp"
#include "graph/layers/linear.hpp"
#include "graph/layers/pool.hpp"
#include "graph/layers/squeeze_excite.hpp"
#include "graph/layers/whitening.hpp"
#include "graph/ops/concat.hpp"

namespace ftl::recipe {
namespace {

using testing::HasSubstr;

constexpr std::string_view kSmall = R"(
[train]
batch = 64
epochs = 2
[network]
layers = [
  { op = "conv", out = 16, kernel = [1, 3] },
  { op = "batch_norm" },
  { op = "act", kind = "silu", name = "body" },
  { op = "conv", out = 16, groups = "depthwise" },
  { op = "add", from = "body", shortcut = [ { op = "conv", out = 16, kernel = 1 } ] },
  { op = "global_avg_pool" },
  { op = "linear" },
]
[optimizer.filters]
lr = 0.5
[optimizer.biases]
lr = 0.25
)";

// Resolved, and no key has its default: what is not read, or not written, shows.
constexpr std::string_view kEveryKey = R"(name = "every-key"
description = "a \"quoted\" line"
source = "a \\ backslash"

[train]
batch = 64
epochs = 2.5
label_smoothing = 0.1
holdout = 0.25
resolution = [{ size = 8, until = 0.5 }, { size = 12, until = 2 }]

[augment]
pad = 1
flip = "random"
cutout = 8
cutmix = 3
cutmix_start = 1.5
brightness = 0.25
contrast = 0.5

[network]
width = 0.5
products = "int8"
logit_scale = 0.125
layers = [
  { op = "whiten", name = "whitened", kernel = 3, negatives = true, eps = 0.01, images = 0, bias = true, train_until = 1.5 },
  { op = "conv", out = 16, kernel = [1, 3], stride = 2, pad = 1, groups = 4, bias = true, init = "dirac", train_until = 2 },
  { op = "batch_norm", scale = true, bias = false, eps = 1e-12, momentum = 0.8, train_until = 0.5 },
  { op = "act", kind = "silu" },
  { op = "max_pool", kernel = 3, stride = 1, pad = 1 },
  { op = "avg_pool", kernel = 3, stride = 1, pad = 1 },
  { op = "squeeze_excite", from = "whitened", ratio = 4, act = "gelu", train_until = 1 },
  { op = "add", from = "whitened", shortcut = [{ op = "act", name = "inner", kind = "celu" }] },
  { op = "global_max_pool" },
  { op = "linear", out = 12, bias = false, balance = true, init = "unit_std", train_until = 2.5 },
]

[optimizer.filters]
kind = "muon"
lr = 0.5
momentum = 0.6
nesterov = false
weight_decay = 0.001
newton_schulz_steps = 5
normalize_every = 2
train_until = 1
schedule = { kind = "cosine", warmup = 0.25, start = 0.1, end = 0.2, until = 2 }

[optimizer.linear]
kind = "sgd"
lr = 0.25
momentum = 0.7
nesterov = false
weight_decay = 0.002
train_until = 1.5
schedule = { kind = "cosine", warmup = 0.125, start = 0.3, end = 0.4, until = 1 }

[optimizer.biases]
kind = "sgd"
lr = 1
momentum = 0.8
nesterov = false
weight_decay = 0.003
train_until = 2
schedule = { kind = "constant", warmup = 0.5, start = 0.5, end = 0.6, until = 0.5 }

[optimizer.scales]
kind = "sgd"
lr = 2
momentum = 0.81
nesterov = false
weight_decay = 0.004
train_until = 0.5
schedule = { kind = "constant", warmup = 0.01, start = 0.7, end = 0.8, until = 0.25 }

[optimizer.whiten_bias]
kind = "adamw"
lr = 3
beta1 = 0.82
beta2 = 0.9
eps = 0.001
weight_decay = 0.005
train_until = 0.25
schedule = { kind = "cosine", warmup = 0.02, start = 0.9, end = 1, until = 0.75 }

[select]
keep = 0.5
start = 0.5
until = 1.5
scores = "fresh"
size = 10

[ema]
enabled = true
start_epoch = 1.5
every = 5
decay = 0.95

[eval]
views = "mirror"
views_fraction = 0.25
)";

Recipe small(const std::vector<std::string>& settings = {}) {
  return parse_recipe(kSmall, "small.toml", settings);
}

// What is said about the small recipe after these settings.
std::string error_of(const std::vector<std::string>& settings) {
  try {
    small(settings);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

std::string error_of_text(const std::string& text) {
  try {
    parse_recipe(text, "own.toml");
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

template <class T>
const T& layer(const Recipe& recipe, std::size_t index) {
  return *recipe.network.layers.at(index).layer.template as<T>();
}

template <class T>
int count(const Recipe& recipe) {
  int found = 0;
  for (const graph::LayerDescription& description : recipe.network.layers) {
    found += description.layer.as<T>() != nullptr ? 1 : 0;
  }
  return found;
}

const optim::SgdConfig& sgd_of(const OptimizerGroup& group) {
  return std::get<optim::SgdConfig>(group.optimizer.rule);
}

class EmbeddedRecipeTest : public testing::TestWithParam<std::string> {};

TEST_P(EmbeddedRecipeTest, ResolvedTextGivesItselfAgain) {
  const Recipe recipe = load_recipe(GetParam());
  const Recipe again = parse_recipe(to_toml(recipe), "again.toml");
  EXPECT_EQ(to_toml(again), to_toml(recipe));
  EXPECT_EQ(again.name, GetParam());
  EXPECT_EQ(again, recipe);
}

TEST_P(EmbeddedRecipeTest, TextOfEveryChangeReadsAsTheSameRecipe) {
  const std::vector<std::string> settings{
      "name=\"a \\\"quoted\\\" name\"",
      "train.batch=7",
      "train.epochs=3.3",
      "train.label_smoothing=0.123456789",
      "train.holdout=0.1",
      "train.resolution=[{size=12,until=0.7},{size=20,until=1}]",
      "augment={pad=3,flip='random',cutout=5,cutmix=9,cutmix_start=1.1,brightness=0.1,contrast=0.3}",
      "network.width=0.7",
      "network.products=int8",
      "network.logit_scale=0.3",
      "network.layers[0]={op='conv',out=24,kernel=[2,4],pad=0,groups=3,bias=true,init='dirac',train_until=1}",
      "network.layers[1]={op='max_pool',kernel=3,pad=1}",
      "network.layers[1]={op='global_avg_pool'}",
      "optimizer.filters.kind=sgd",
      "optimizer.filters.kind=adamw",
      "optimizer.biases.kind=adamw",
      "optimizer.biases.schedule={kind='cosine',warmup=0.1,start=0.2,end=0.3,until=0.9}",
      "optimizer.linear={lr=0.3,nesterov=false}",
      "optimizer.scales={kind='adamw',lr=0.3,eps=1e-7}",
      "optimizer.biases.train_until=0.7",
      "select={keep=0.6,start=0.1,until=0.9,size=16}",
      "select={keep=0.6,scores='remembered'}",
      "ema.every=3",
      "ema={enabled=false,decay=0.3}",
      "eval={views='mirror',views_fraction=0.3}",
      "ablation=[{name='x',set=['train.batch=3'],layers=[{find=[{op='act'}],put=[{keep=0,kind='celu'}]}]}]"};
  for (const std::string& setting : settings) {
    const Recipe recipe = load_recipe(GetParam(), {setting});
    EXPECT_EQ(parse_recipe(to_toml(recipe), "again.toml"), recipe) << setting;
  }
}

TEST_P(EmbeddedRecipeTest, IsListedWithADescription) {
  bool listed = false;
  for (const RecipeSummary& summary : list_recipes()) {
    listed = listed || (summary.name == GetParam() && !summary.description.empty());
  }
  EXPECT_TRUE(listed);
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const RecipeSummary& summary : list_recipes()) all.push_back(summary.name);
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, EmbeddedRecipeTest, testing::ValuesIn(names()), [](const auto& instance) {
  std::string name = instance.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

TEST(Recipe, Airbench94IsTheSources) {
  const Recipe recipe = load_recipe("airbench94");
  EXPECT_EQ(recipe.batch, 2000);
  EXPECT_EQ(recipe.epochs, 8);
  EXPECT_EQ(recipe.label_smoothing, 0.2);
  EXPECT_EQ(recipe.augmentation.pad, 2);
  EXPECT_EQ(recipe.augmentation.flip, data::Flip::alternating);
  EXPECT_EQ(recipe.network.logit_scale, 1.0 / 256);
  EXPECT_EQ(count<graph::ConvolutionDescription>(recipe), 6);
  EXPECT_EQ(layer<graph::ConvolutionDescription>(recipe, 2).initialisation, graph::Initialisation::dirac);
  const auto& whitening = layer<graph::WhiteningDescription>(recipe, 0);
  EXPECT_TRUE(whitening.negatives && whitening.bias);
  EXPECT_EQ(recipe.evaluation.views, data::Views::six);
  EXPECT_FALSE(recipe.ema.enabled);

  const OptimizerGroup& filters = recipe.optimizers.at(graph::ParameterRole::filters);
  EXPECT_EQ(std::get<optim::MuonConfig>(filters.optimizer.rule).weight_decay, 0);
  for (const graph::ParameterRole role :
       {graph::ParameterRole::linear, graph::ParameterRole::biases, graph::ParameterRole::whiten_bias}) {
    const optim::OptimizerConfig& optimizer = recipe.optimizers.at(role).optimizer;
    const auto& sgd = std::get<optim::SgdConfig>(optimizer.rule);
    EXPECT_TRUE(sgd.nesterov);
    EXPECT_NEAR(sgd.weight_decay * optimizer.learning_rate, 2e-6 * recipe.batch, 1e-7);
  }
  const OptimizerGroup& whiten_bias = recipe.optimizers.at(graph::ParameterRole::whiten_bias);
  EXPECT_EQ(whiten_bias.train_until, 3);
  EXPECT_EQ(whiten_bias.schedule.until, 3);
}

TEST(Recipe, HlbIsTheSources) {
  const Recipe recipe = load_recipe("hlb-0.3");
  EXPECT_EQ(recipe.batch, 512);
  EXPECT_EQ(layer<graph::WhiteningDescription>(recipe, 0).images, 0);
  EXPECT_EQ(layer<graph::ConvolutionDescription>(recipe, 1).kernel_height, 1);
  EXPECT_EQ(count<graph::SqueezeExciteDescription>(recipe), 2);
  EXPECT_EQ(count<graph::AddDescription>(recipe), 2);
  const OptimizerGroup& filters = recipe.optimizers.at(graph::ParameterRole::filters);
  EXPECT_DOUBLE_EQ(filters.optimizer.learning_rate, 1.15 * 1.35 / 512);
  EXPECT_DOUBLE_EQ(sgd_of(filters).weight_decay, 0.85 * 4.8e-4 * 512);
  const OptimizerGroup& biases = recipe.optimizers.at(graph::ParameterRole::biases);
  EXPECT_DOUBLE_EQ(biases.optimizer.learning_rate, 32 * filters.optimizer.learning_rate);
  EXPECT_DOUBLE_EQ(sgd_of(biases).weight_decay, sgd_of(filters).weight_decay / 32);
  EXPECT_TRUE(recipe.ema.enabled);
  EXPECT_DOUBLE_EQ(recipe.ema.decay, 0.986 * 0.986);
  EXPECT_EQ(recipe.evaluation.views, data::Views::mirror);
}

TEST(Recipe, Resnet18HasEighteenLayersWithWeights) {
  const Recipe recipe = load_recipe("resnet18");
  EXPECT_EQ(count<graph::ConvolutionDescription>(recipe) + count<graph::LinearDescription>(recipe), 18);
  EXPECT_EQ(count<graph::AddDescription>(recipe), 8);
  EXPECT_DOUBLE_EQ(recipe.optimizers.at(graph::ParameterRole::scales).optimizer.learning_rate * recipe.batch,
                   0.1);
}

TEST(Recipe, FillsInDefaults) {
  const Recipe recipe = small();
  EXPECT_EQ(recipe.name, "small");
  const auto& convolution = layer<graph::ConvolutionDescription>(recipe, 0);
  EXPECT_EQ(convolution.kernel_height, 1);
  EXPECT_EQ(convolution.kernel_width, 3);
  EXPECT_EQ(convolution.pad, -1);
  EXPECT_EQ(layer<graph::ConvolutionDescription>(recipe, 3).groups, 0);
  EXPECT_EQ(layer<graph::AddDescription>(recipe, 4).shortcut.size(), 1);
  EXPECT_EQ(layer<graph::LinearDescription>(recipe, 6).out, 0);
  EXPECT_FALSE(recipe.ema.enabled);
  EXPECT_EQ(recipe.evaluation.views_fraction, 1);
  EXPECT_THAT(to_toml(recipe),
              HasSubstr("kernel = [1, 3], stride = 1, pad = \"same\", groups = 1, bias = false"));
  EXPECT_EQ(to_toml(parse_recipe(to_toml(recipe), "again.toml")), to_toml(recipe));
}

TEST(Recipe, EveryKeyIsReadAndWrittenBack) {
  EXPECT_EQ(to_toml(parse_recipe(kEveryKey, "own.toml")), kEveryKey);
}

// So that a run of an earlier version can be gone on with.
TEST(Recipe, AStoredOneThatLacksALaterKeyIsTheSame) {
  const std::string resolved = to_toml(load_recipe("airbench94"));
  std::string stored = resolved;
  const std::string line = "products = \"bf16\"\n";
  ASSERT_NE(stored.find(line), std::string::npos);
  stored.erase(stored.find(line), line.size());
  EXPECT_TRUE(is_same_recipe(resolved, resolved));
  EXPECT_TRUE(is_same_recipe(stored, resolved));
  EXPECT_FALSE(is_same_recipe(to_toml(load_recipe("airbench94", {"train.epochs=2"})), resolved));
  EXPECT_FALSE(is_same_recipe("# Cross-validation\n" + stored, resolved));
  EXPECT_FALSE(is_same_recipe("no recipe", resolved));
}

TEST(Recipe, KeysReachTheirFields) {
  const Recipe recipe = parse_recipe(kEveryKey, "own.toml");
  EXPECT_EQ(recipe.label_smoothing, 0.1);
  EXPECT_EQ(recipe.holdout, 0.25);
  ASSERT_EQ(recipe.resolution.size(), 2u);
  EXPECT_EQ(recipe.resolution[1].size, 12);
  EXPECT_EQ(recipe.resolution[1].until, 2);
  EXPECT_EQ(recipe.augmentation.cutout, 8);
  EXPECT_EQ(recipe.augmentation.cutmix, 3);
  EXPECT_EQ(recipe.augmentation.cutmix_start, 1.5);
  EXPECT_EQ(recipe.augmentation.brightness, 0.25f);
  EXPECT_EQ(recipe.augmentation.contrast, 0.5f);
  EXPECT_EQ(recipe.network.width, 0.5);
  EXPECT_EQ(recipe.network.products, graph::Products::int8);
  EXPECT_EQ(recipe.network.layers[1].train_until, 2);
  const auto& whitening = layer<graph::WhiteningDescription>(recipe, 0);
  EXPECT_EQ(whitening.kernel, 3);
  EXPECT_EQ(whitening.eps, 0.01);
  const auto& convolution = layer<graph::ConvolutionDescription>(recipe, 1);
  EXPECT_EQ(convolution.stride, 2);
  EXPECT_EQ(convolution.pad, 1);
  EXPECT_EQ(convolution.groups, 4);
  EXPECT_TRUE(convolution.bias);
  const auto& norm = layer<graph::BatchNormDescription>(recipe, 2);
  EXPECT_TRUE(norm.scale);
  EXPECT_FALSE(norm.bias);
  EXPECT_EQ(norm.eps, 1e-12);
  EXPECT_EQ(norm.momentum, 0.8);
  const auto& pool = layer<graph::PoolDescription>(recipe, 5);
  EXPECT_EQ(pool.kind, kernels::PoolKind::average);
  EXPECT_EQ(pool.kernel, 3);
  EXPECT_EQ(pool.stride, 1);
  EXPECT_EQ(pool.pad, 1);
  const auto& squeeze_excite = layer<graph::SqueezeExciteDescription>(recipe, 6);
  EXPECT_EQ(squeeze_excite.from, "whitened");
  EXPECT_EQ(squeeze_excite.ratio, 4);
  EXPECT_EQ(squeeze_excite.activation, kernels::ActivationKind::gelu);
  EXPECT_TRUE(layer<graph::PoolDescription>(recipe, 8).global);
  EXPECT_EQ(layer<graph::LinearDescription>(recipe, 9).initialisation, graph::Initialisation::unit_std);
  const OptimizerGroup& filters = recipe.optimizers.at(graph::ParameterRole::filters);
  const auto& muon = std::get<optim::MuonConfig>(filters.optimizer.rule);
  EXPECT_EQ(muon.momentum, 0.6);
  EXPECT_FALSE(muon.nesterov);
  EXPECT_EQ(muon.weight_decay, 0.001);
  EXPECT_EQ(muon.newton_schulz_steps, 5);
  EXPECT_EQ(muon.normalize_every, 2);
  const auto& adamw =
      std::get<optim::AdamWConfig>(recipe.optimizers.at(graph::ParameterRole::whiten_bias).optimizer.rule);
  EXPECT_EQ(adamw, (optim::AdamWConfig{.beta1 = 0.82, .beta2 = 0.9, .eps = 0.001, .weight_decay = 0.005}));
  EXPECT_EQ(filters.train_until, 1);
  EXPECT_EQ(filters.schedule.warmup, 0.25);
  EXPECT_EQ(filters.schedule.start, 0.1);
  EXPECT_EQ(filters.schedule.end, 0.2);
  EXPECT_EQ(filters.schedule.until, 2);
  EXPECT_EQ(recipe.selection.keep, 0.5);
  EXPECT_EQ(recipe.selection.start, 0.5);
  EXPECT_EQ(recipe.selection.until, 1.5);
  EXPECT_EQ(recipe.selection.scores, SelectionScores::fresh);
  EXPECT_EQ(recipe.selection.size, 10);
  EXPECT_EQ(recipe.ema.start_epoch, 1.5);
  EXPECT_EQ(recipe.ema.decay, 0.95);
  EXPECT_EQ(recipe.evaluation.views_fraction, 0.25);
}

TEST(Recipe, ScoresMayBeRemembered) {
  const Recipe recipe = parse_recipe(kEveryKey, "own.toml", {"select={keep=0.5,scores='remembered'}"});
  EXPECT_EQ(recipe.selection.scores, SelectionScores::remembered);
  EXPECT_EQ(parse_recipe(to_toml(recipe), "own.toml").selection.scores, SelectionScores::remembered);
}

TEST(Recipe, MissingOptimizerTablesFallBack) {
  const Recipe recipe = small();
  EXPECT_EQ(recipe.optimizers.at(graph::ParameterRole::linear).optimizer.learning_rate, 0.5);
  EXPECT_EQ(recipe.optimizers.at(graph::ParameterRole::scales).optimizer.learning_rate, 0.25);
  EXPECT_EQ(recipe.optimizers.at(graph::ParameterRole::whiten_bias).optimizer.learning_rate, 0.25);
  EXPECT_EQ(
      small({"optimizer.scales.lr=1"}).optimizers.at(graph::ParameterRole::scales).optimizer.learning_rate,
      1);
}

TEST(Recipe, MuonIsForFiltersOnly) {
  EXPECT_THAT(error_of({"optimizer.biases.kind=muon"}), HasSubstr("optimizer.biases.kind must be \"sgd\""));
  EXPECT_THAT(error_of({"optimizer.filters.kind=muon"}), HasSubstr("optimizer.linear.kind must be \"sgd\""));
  EXPECT_EQ(error_of({"optimizer.filters.kind=muon", "optimizer.linear.lr=0.1"}), "no error");
}

TEST(Recipe, AnotherKindOfOptimizerDropsWhatTheRecipeSaysForTheFormer) {
  constexpr graph::ParameterRole kFilters = graph::ParameterRole::filters;
  const OptimizerGroup muon = load_recipe("airbench94").optimizers.at(kFilters);
  ASSERT_TRUE(std::holds_alternative<optim::MuonConfig>(muon.optimizer.rule));
  const OptimizerGroup sgd =
      load_recipe("airbench94", {"optimizer.filters.kind=sgd"}).optimizers.at(kFilters);
  EXPECT_EQ(sgd_of(sgd).momentum, 0.6) << "both have it";
  EXPECT_EQ(sgd.schedule, muon.schedule);
  const OptimizerGroup adamw =
      load_recipe("airbench94", {"optimizer.filters.kind=adamw"}).optimizers.at(kFilters);
  EXPECT_EQ(std::get<optim::AdamWConfig>(adamw.optimizer.rule), optim::AdamWConfig());
  for (const std::vector<std::string>& settings :
       {std::vector<std::string>{"optimizer.filters.kind=sgd", "optimizer.filters.newton_schulz_steps=4"},
        {"optimizer.filters.newton_schulz_steps=4", "optimizer.filters.kind=sgd"}}) {
    EXPECT_THROW(load_recipe("airbench94", settings), InputError) << "a setting says it for SGD";
  }
}

TEST(Recipe, OneCycleIsAnotherWordForLinear) {
  const Recipe recipe = small({"optimizer.filters.schedule={kind='one_cycle',warmup=0.2}"});
  EXPECT_EQ(recipe, small({"optimizer.filters.schedule={kind='linear',warmup=0.2}"}));
  EXPECT_THAT(to_toml(recipe), HasSubstr("schedule = { kind = \"linear\", warmup = 0.2,"));
}

TEST(Recipe, AnEarlierVersionsTextIsReadWhereItIsStored) {
  const Recipe recipe = load_recipe("hlb-0.3");
  std::string stored = to_toml(recipe);
  for (std::size_t at = 0; (at = stored.find("train_until = 0\nschedule", at)) != std::string::npos;) {
    const std::string keys = "newton_schulz_steps = 3\nnormalize_every = 1\n";
    stored.insert(at, keys);
    at += keys.size() + 1;
  }
  EXPECT_EQ(parse_stored_recipe(stored, "stored"), recipe);
  EXPECT_TRUE(is_same_recipe(stored, to_toml(recipe)));
  EXPECT_THROW(parse_recipe(stored, "own.toml"), InputError);
}

TEST(Recipe, TextOfAStructureThatNoRecipeMayHaveIsRefused) {
  Recipe recipe = small();
  recipe.network.layers[4].layer.as<graph::AddDescription>()->from = "bdy";
  EXPECT_THROW(to_toml(recipe), InputError);
  recipe = small();
  recipe.network.layers[0].layer.as<graph::ConvolutionDescription>()->out = 0;
  try {
    to_toml(recipe);
    FAIL() << "no outputs were accepted";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("network.layers[0].out must be an integer from 1 to 65536, not 0"));
  }
}

TEST(Recipe, SettingsChangeAnyKey) {
  const Recipe recipe = small({"train.epochs=0.5", "train.epochs=2.5", "network.layers[0].out=24",
                               "network.layers.body.kind=celu", "eval.views=six", "ema.every=5",
                               "network.layers[4].shortcut[0].bias=true", "name=\"two words\"",
                               "network.layers[0].kernel=[3, 1]", "optimizer.filters.schedule.kind=cosine"});
  EXPECT_EQ(recipe.epochs, 2.5);
  EXPECT_EQ(layer<graph::ConvolutionDescription>(recipe, 0).out, 24);
  EXPECT_EQ(layer<graph::ConvolutionDescription>(recipe, 0).kernel_height, 3);
  EXPECT_EQ(layer<graph::ActivationDescription>(recipe, 2).kind, kernels::ActivationKind::celu);
  EXPECT_EQ(recipe.evaluation.views, data::Views::six);
  EXPECT_TRUE(recipe.ema.enabled);
  EXPECT_EQ(recipe.ema.every, 5);
  const graph::LayerDescription& shortcut = layer<graph::AddDescription>(recipe, 4).shortcut[0];
  EXPECT_TRUE(shortcut.layer.as<graph::ConvolutionDescription>()->bias);
  EXPECT_EQ(recipe.name, "two words");
  EXPECT_EQ(recipe.optimizers.at(graph::ParameterRole::filters).schedule.kind, optim::ScheduleKind::cosine);
}

// Half of its epochs is half of the training, not a training on small pictures alone.
TEST(Recipe, WhatItSaysOfEpochsMovesWithTheirNumber) {
  const Recipe recipe = parse_recipe(kEveryKey, "own.toml", {"train.epochs=5"});
  EXPECT_EQ(recipe.epochs, 5);
  EXPECT_EQ(recipe.resolution[0].until, 1);
  EXPECT_EQ(recipe.resolution[1].until, 4);
  EXPECT_EQ(recipe.augmentation.cutmix_start, 3);
  EXPECT_EQ(recipe.network.layers[1].train_until, 4);
  EXPECT_EQ(recipe.selection.start, 1);
  EXPECT_EQ(recipe.selection.until, 3);
  EXPECT_EQ(recipe.ema.start_epoch, 3);
  const OptimizerGroup& filters = recipe.optimizers.at(graph::ParameterRole::filters);
  EXPECT_EQ(filters.train_until, 2);
  EXPECT_EQ(filters.schedule.until, 4);
  EXPECT_EQ(filters.schedule.start, 0.1) << "a factor, no epoch";
  EXPECT_EQ(filters.schedule.warmup, 0.25) << "a share, no epoch";
  EXPECT_EQ(to_toml(parse_recipe(to_toml(recipe), "own.toml", {"train.epochs=2.5"})), kEveryKey);
}

TEST(Recipe, WhatASettingSaysOfEpochsStays) {
  for (const std::vector<std::string>& settings :
       {std::vector<std::string>{"ema.start_epoch=2", "train.epochs=5"},
        {"train.epochs=5", "ema.start_epoch=2"}}) {
    const Recipe recipe = parse_recipe(kEveryKey, "own.toml", settings);
    EXPECT_EQ(recipe.ema.start_epoch, 2);
    EXPECT_EQ(recipe.selection.start, 1);
  }
  EXPECT_EQ(to_toml(parse_recipe(kEveryKey, "own.toml", {"train.epochs=5", "train.epochs=2.5"})), kEveryKey);
  EXPECT_EQ(small({"train.epochs=5"}).network.layers[0].train_until, 0) << "never";
  EXPECT_THAT(error_of({"train.epochs=0"}), HasSubstr("train.epochs must be"));
  EXPECT_THAT(error_of({"train.epochs=many"}), HasSubstr("train.epochs must be"));
}

TEST(Recipe, AConcatTakesOneNameOrSeveral) {
  for (const std::string from : {"\"body\"", "[\"body\", \"body\"]"}) {
    const Recipe recipe = small({"network.layers[4]={ op = \"concat\", from = " + from + " }"});
    EXPECT_EQ(layer<graph::ConcatDescription>(recipe, 4).from,
              std::vector<std::string>(from.starts_with('[') ? 2 : 1, "body"));
    const std::string text = to_toml(recipe);
    EXPECT_THAT(text, HasSubstr("{ op = \"concat\", from = " + from + " }"));
    EXPECT_EQ(parse_recipe(text, "again.toml"), recipe);
  }
}

TEST(Recipe, AWholeLayerCanBeSet) {
  const Recipe recipe = small({"network.layers[1]={ op = \"act\" }"});
  EXPECT_EQ(layer<graph::ActivationDescription>(recipe, 1).kind, kernels::ActivationKind::relu);
}

struct BadSetting {
  std::string setting;
  std::string message;
};

class BadSettingTest : public testing::TestWithParam<BadSetting> {};

TEST_P(BadSettingTest, IsNamedWithWhatIsAllowed) {
  EXPECT_THAT(error_of({GetParam().setting}), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Syntax, BadSettingTest,
    testing::Values(BadSetting{"train.epochs", "--set train.epochs: must be key=value"},
                    BadSetting{"train..epochs=2", "--set train..epochs=2: the key must be like train.epochs"},
                    BadSetting{"=2", "the key must be like"},
                    BadSetting{"train.epochs=", "the value must be TOML"},
                    BadSetting{"train.epochs=1 2", "the value must be TOML"},
                    BadSetting{"train.epochs=1\nbatch=2", "the value must be TOML"},
                    BadSetting{"network.layers[7].out=64", "network.layers has 7 elements, [0] to [6]"},
                    BadSetting{"network.layers[99]=1", "network.layers has 7 elements"},
                    BadSetting{"network.layers.bdy.kind=relu", "network.layers has no element named bdy"},
                    BadSetting{"network.layers.bdy.kind=relu", "or a name: body"},
                    BadSetting{"train[0]=1", "train is not an array"},
                    BadSetting{"train.epochs.x=1", "train.epochs is not a table"}));

INSTANTIATE_TEST_SUITE_P(
    Keys, BadSettingTest,
    testing::Values(
        BadSetting{"trian.epochs=2", "unknown key trian (did you mean train?); allowed in a recipe: name"},
        BadSetting{"train.epoch=2", "unknown key train.epoch (did you mean train.epochs?)"},
        BadSetting{"train.epoch=2", "allowed in train: batch, epochs, label_smoothing"},
        BadSetting{"train.colour=2", "unknown key train.colour; allowed"},
        BadSetting{"network.layers[0].kernal=3",
                   "unknown key network.layers[0].kernal (did you mean network.layers[0].kernel?)"},
        BadSetting{"network.layers[1].out=3", "unknown key network.layers[1].out"},
        BadSetting{"network.layers[4].shortcut[0].x=3", "unknown key network.layers[4].shortcut[0].x"},
        BadSetting{"optimizer.bias.lr=1", "unknown key optimizer.bias (did you mean optimizer.biases?)"},
        BadSetting{"optimizer.linear.momentum=0.9", "optimizer.linear.lr is missing: a number"}));

INSTANTIATE_TEST_SUITE_P(
    Values, BadSettingTest,
    testing::Values(
        BadSetting{"train.batch=0", "train.batch must be an integer from 1 to 1000000, not 0"},
        BadSetting{"train.batch=1000001", "train.batch must be an integer from 1 to 1000000, not 1000001"},
        BadSetting{"train.batch=64.0", "train.batch must be an integer"},
        BadSetting{"train.batch=9223372036854775807", "train.batch must be an integer"},
        BadSetting{"train.epochs=0", "train.epochs must be a number in (0, 1000000], not 0"},
        BadSetting{"train.epochs=nan", "train.epochs must be a number in (0, 1000000], not nan"},
        BadSetting{"train.epochs=inf", "train.epochs must be a number in (0, 1000000], not inf"},
        BadSetting{"train.epochs=many", "train.epochs must be a number in (0, 1000000], not \"many\""},
        BadSetting{"train.epochs=true", "train.epochs must be a number in (0, 1000000], not true"},
        BadSetting{"train.label_smoothing=1", "train.label_smoothing must be a number in [0, 1), not 1"},
        BadSetting{"train.holdout=1", "train.holdout must be a number in [0, 1), not 1"},
        BadSetting{"train.resolution=16", "train.resolution must be an array of stages"},
        BadSetting{"train.resolution=[16]",
                   "train.resolution[0] must be a table, as in { size = 16, until = 3 }, not 16"},
        BadSetting{"train.resolution=[{size=16}]", "train.resolution[0].until is missing: a number above 0"},
        BadSetting{"train.resolution=[{size=0,until=1}]",
                   "train.resolution[0].size must be an integer from 1"},
        BadSetting{"train.resolution=[{size=8,until=2},{size=9,until=2}]",
                   "train.resolution[1].until must be a number above 2, not 2"},
        BadSetting{"train.resolution=[{size=8,until=2,x=1}]", "unknown key train.resolution[0].x"},
        BadSetting{"select.keep=0", "select.keep must be a number in (0, 1], not 0"},
        BadSetting{"select={start=2,until=1}",
                   "select.until is 1; it must be above select.start, which is 2, or 0"},
        BadSetting{"select.scores=old", "select.scores must be one of \"fresh\", \"remembered\""},
        BadSetting{"select={scores='remembered',size=16}",
                   "select.size is 16; it must be 0 (or left out) for select.scores"},
        BadSetting{"select.kep=0.5", "unknown key select.kep (did you mean select.keep?)"},
        BadSetting{"train=3", "train must be a table, not 3"},
        BadSetting{"name=3", "name must be a string, not 3"},
        BadSetting{"augment.pad=-1", "augment.pad must be an integer from 0"},
        BadSetting{"augment.flip=up",
                   "augment.flip must be one of \"none\", \"random\", \"alternating\", not \"up\""},
        BadSetting{"augment.flip=true", "augment.flip must be one of"},
        BadSetting{"network.products=int4",
                   "network.products must be one of \"bf16\", \"int8\", not \"int4\""},
        BadSetting{"network.width=0", "network.width must be a number above 0"},
        BadSetting{"network.layers=[]", "network.layers must be one layer or more"},
        BadSetting{"network.layers=3", "network.layers must be an array of layers"},
        BadSetting{"network.layers[0]=3", "network.layers[0] must be a table"},
        BadSetting{"network.layers[0].op=convolution", "network.layers[0].op must be one of \"conv\""},
        BadSetting{"network.layers[0].kernel=[3]",
                   "network.layers[0].kernel must be an integer from 1 to 1000000 or "},
        BadSetting{"network.layers[0].kernel=[3, 0]", "or [height, width], not [ 3, 0 ]"},
        BadSetting{"network.layers[0].pad=full",
                   "network.layers[0].pad must be an integer from 0 to 1000000 or \"same\""},
        BadSetting{"network.layers[0].train_until=-1",
                   "network.layers[0].train_until must be a number of at least 0, not -1"},
        BadSetting{"network.layers[2].train_until=1",
                   "unknown key network.layers[2].train_until; allowed in"},
        BadSetting{"network.layers[0].bias=1", "network.layers[0].bias must be true or false, not 1"},
        BadSetting{"network.layers[0].init=unit_std",
                   "network.layers[0].init must be one of \"kaiming_uniform\""},
        BadSetting{"network.layers[5]={op=\"max_pool\", pad=2}",
                   "network.layers[5].pad must be an integer from 0 to 1"},
        BadSetting{"network.layers[1]={op=\"whiten\"}",
                   "network.layers[1].op may only be \"whiten\" in the network's first"},
        BadSetting{"network.layers[0].name=input", "input is reserved"},
        BadSetting{"network.layers[0].name=\"a.b\"",
                   "network.layers[0].name must be letters, digits, _ and -"},
        BadSetting{"network.layers[0].name=body",
                   "network.layers[2].name must be a name that no other layer has"},
        BadSetting{"network.layers[4].name=body",
                   "network.layers[4].name must be a name that no other layer has"},
        BadSetting{"network.layers[4].from=later",
                   "network.layers[4].from must be the name of an earlier layer (body)"},
        BadSetting{"network.layers[1]={op=\"add\", from=\"body\"}",
                   "an earlier layer (none has one), not \"body\""},
        BadSetting{"network.layers[1]={op=\"add\"}", "network.layers[1].from is missing"},
        BadSetting{"network.layers[4]={op=\"concat\", from=[\"later\"]}",
                   "network.layers[4].from must be the name of an earlier layer (body), or an array of such"},
        BadSetting{"network.layers[4]={op=\"concat\", from=[]}", "or an array of such names, not []"},
        BadSetting{"optimizer.filters.lr=-1", "optimizer.filters.lr must be a number of at least 0, not -1"},
        BadSetting{
            "optimizer.filters.newton_schulz_steps=3",
            "unknown key optimizer.filters.newton_schulz_steps; allowed in optimizer.filters: kind, lr, "
            "momentum, nesterov, weight_decay, train_until, schedule"},
        BadSetting{"optimizer.biases.normalize_every=3",
                   "unknown key optimizer.biases.normalize_every; allowed"},
        BadSetting{"optimizer.filters.beta1=0.9", "unknown key optimizer.filters.beta1; allowed"},
        BadSetting{"optimizer.filters.kind=adam",
                   "optimizer.filters.kind must be one of \"sgd\", \"muon\", \"adamw\", not \"adam\""},
        BadSetting{"eval.views_fraction=0", "eval.views_fraction must be a number in (0, 1], not 0"}));

TEST(Recipe, RequiredKeysAreMissed) {
  EXPECT_THAT(error_of_text(""), HasSubstr("recipe own.toml: train.batch is missing: an integer from 1"));
  EXPECT_THAT(error_of_text("[train]\nbatch = 1\nepoch = 2"),
              HasSubstr("train.epochs is missing (is train.epoch a misspelling?)"));
  const std::string training = "[train]\nbatch = 1\nepochs = 2\n";
  EXPECT_THAT(error_of_text(training), HasSubstr("network.layers is missing: an array of layers"));
  const std::string network = training + "[network]\nlayers = [ { op = \"linear\" } ]\n";
  EXPECT_THAT(error_of_text(network), HasSubstr("optimizer.filters is missing"));
  EXPECT_THAT(error_of_text(network + "[optimizer.filters]\nlr = 1\n"),
              HasSubstr("optimizer.biases is missing"));
  EXPECT_THAT(error_of_text(training + "[network]\nlayers = [ { } ]\n"),
              HasSubstr("network.layers[0].op is missing: one of \"conv\""));
}

TEST(Recipe, SyntaxErrorsSayWhere) {
  EXPECT_THAT(error_of_text("[train]\nbatch = = 3\n"), HasSubstr("recipe own.toml: line 2, column 9: "));
}

TEST(Recipe, UnknownNamesListTheKnownOnes) {
  try {
    load_recipe("airbench49");
    FAIL() << "an unknown recipe was accepted";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("unknown recipe airbench49 (did you mean airbench94?)"));
    EXPECT_THAT(error.what(), HasSubstr("hlb-0.3"));
  }
}

TEST(Recipe, FilesAreReadByPath) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "ftl-recipe-test.v1.toml";
  std::ofstream(path) << kSmall;
  EXPECT_EQ(load_recipe(path.string()).name, "ftl-recipe-test.v1");
  EXPECT_EQ(recipe_text(path.string()), kSmall);
  std::filesystem::remove(path);
  try {
    load_recipe(path.string());
    FAIL() << "a missing file was accepted";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr(path.string()));
  }
}

}  // namespace
}  // namespace ftl::recipe
