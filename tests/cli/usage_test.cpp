// What the program says to a command line that it cannot follow.
#include "cli/program.hpp"

namespace ftl::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Usage : public ProgramTest {
 protected:
  Usage() { place_pictures(); }
};

TEST_F(Usage, NamesTheCommandsForAnUnknownOrMissingOne) {
  EXPECT_THAT(refusal(""),
              AllOf(HasSubstr("a command is missing"), HasSubstr("train, sweep, ablate, compare, scale")));
  EXPECT_THAT(refusal("trian"),
              AllOf(HasSubstr("unknown command trian"), HasSubstr("train, sweep, ablate, compare, scale")));
  EXPECT_THAT(refusal("data"), AllOf(HasSubstr("a command is missing"), HasSubstr("import, info, fetch")));
  EXPECT_THAT(refusal("data imprt"), AllOf(HasSubstr("imprt"), HasSubstr("import, info, fetch")));
  EXPECT_THAT(refusal("recipes"), HasSubstr("list, show"));
}

TEST_F(Usage, NamesTheWrongArgumentAndWhereHelpIs) {
  EXPECT_THAT(refusal("train --fast"), AllOf(HasSubstr("--fast"), HasSubstr("ftl train --help")));
  EXPECT_THAT(refusal("train small.toml again.toml"), HasSubstr("again.toml"));
  EXPECT_THAT(refusal("eval"), AllOf(HasSubstr("checkpoint is required"), HasSubstr("ftl eval --help")));
  EXPECT_THAT(refusal("predict x.safetensors"), HasSubstr("images is required"));
  EXPECT_THAT(refusal("data info"), AllOf(HasSubstr("path is required"), HasSubstr("ftl data info --help")));
}

TEST_F(Usage, RefusesOptionsOutOfRange) {
  const std::string train = "train small.toml --data pictures --out run ";
  EXPECT_THAT(refusal(train + "--runs 0"), AllOf(HasSubstr("--runs"), HasSubstr("0"), HasSubstr("1 to")));
  EXPECT_THAT(refusal(train + "--runs many"), HasSubstr("--runs"));
  EXPECT_THAT(refusal(train + "--threads 0"), AllOf(HasSubstr("--threads"), HasSubstr("1 to")));
  EXPECT_THAT(refusal(train + "--seed -1"), HasSubstr("--seed"));
  EXPECT_THAT(refusal(train + "--target-accuracy 94"), HasSubstr("--target-accuracy"));
  EXPECT_THAT(refusal("train small.toml --data pictures --resume"), HasSubstr("--out"));
  EXPECT_THAT(refusal(train + "--protocol stopwatch"), AllOf(HasSubstr("--protocol"), HasSubstr("airbench")));
  EXPECT_THAT(refusal(train + "--protocol dawnbench"), HasSubstr("needs --target-accuracy"));
}

TEST_F(Usage, RefusesAJsonFileThatCannotBeWritten) {
  EXPECT_THAT(refusal("train small.toml --data pictures --out run --json nowhere/x.json"),
              HasSubstr("nowhere"));
  EXPECT_THAT(refusal("train small.toml --data pictures --out run --json pictures"), HasSubstr("a folder"));
  EXPECT_THAT(refusal("data info pictures --json nowhere/x.json"), HasSubstr("nowhere"));
}

TEST_F(Usage, RefusesARunDirectoryThatCannotBeWritten) {
  const std::string train = "train small.toml --data pictures --out ";
  EXPECT_THAT(refusal(train + "small.toml"), HasSubstr("small.toml"));
  EXPECT_THAT(refusal(train + "small.toml/below/a/file"), HasSubstr("small.toml/below/a/file"));
  EXPECT_THAT(refusal(train + "/proc/run"), HasSubstr("/proc/run"));
}

TEST_F(Usage, RefusesAnInstructionSetThatItCannotUse) {
  const std::string train = "train small.toml --data pictures --out run";
  EXPECT_THAT(refusal(train, {.environment = {{"FTL_ISA", "sse9"}}}),
              AllOf(HasSubstr("FTL_ISA=sse9"), HasSubstr("generic")));
  EXPECT_THAT(refusal("info", {.environment = {{"FTL_ISA", "AMX"}}}), HasSubstr("FTL_ISA=AMX"));
}

TEST_F(Usage, RefusesRecipesThatAreNone) {
  const std::string with = " --data pictures --out run";
  EXPECT_THAT(refusal("train airbensh94" + with), AllOf(HasSubstr("airbensh94"), HasSubstr("airbench94?")));
  EXPECT_THAT(refusal("train none.toml" + with), AllOf(HasSubstr("none.toml"), HasSubstr("No such file")));
  folder.write("broken.toml", "[train\n");
  EXPECT_THAT(refusal("train broken.toml" + with), AllOf(HasSubstr("broken.toml"), HasSubstr("line 1")));
  EXPECT_THAT(refusal("recipes show none"), HasSubstr("there are airbench94"));
}

TEST_F(Usage, RefusesRecipesThatDoNotFitThePictures) {
  const std::string train = "train small.toml --data pictures --out run --set ";
  EXPECT_THAT(refusal("train airbench94 --data pictures --out run"), HasSubstr("network.layers["));
  EXPECT_THAT(refusal(train + "augment.pad=8"), AllOf(HasSubstr("augment.pad is 8"), HasSubstr("8x8")));
  EXPECT_THAT(refusal(train + "augment.cutout=9"), AllOf(HasSubstr("augment.cutout is 9"), HasSubstr("8x8")));
  EXPECT_THAT(refusal(train + "augment.cutmix=9"), AllOf(HasSubstr("augment.cutmix is 9"), HasSubstr("8x8")));
  EXPECT_THAT(refusal(train + "train.resolution=[{size=4,until=1},{size=1,until=2}]"),
              AllOf(HasSubstr("train.resolution[1]"), HasSubstr("network.layers[1]")));
  EXPECT_THAT(refusal(train + "train.resolution=[{size=9,until=1}]"),
              AllOf(HasSubstr("train.resolution[0].size is 9"), HasSubstr("8x8")));
}

struct BadSetting {
  const char* setting;
  const char* complaint;
};

class UsageOfSettings : public Usage, public testing::WithParamInterface<BadSetting> {};

TEST_P(UsageOfSettings, AreRefusedByTheirKey) {
  const std::string train = "train small.toml --data pictures --out run --set ";
  EXPECT_THAT(refusal(train + GetParam().setting), HasSubstr(GetParam().complaint));
}

INSTANTIATE_TEST_SUITE_P(
    All, UsageOfSettings,
    testing::Values(BadSetting{"train.epoch=3", "did you mean train.epochs?"},
                    BadSetting{"colour=3", "unknown key colour"},
                    BadSetting{"train.epochs", "must be key=value"},
                    BadSetting{"train.epochs=many", "train.epochs must be a number"},
                    BadSetting{"train.epochs=-1", "train.epochs must be a number"},
                    BadSetting{"train.epochs=1e300", "train.epochs must be a number"},
                    BadSetting{"train.batch=2.5", "train.batch must be an integer"},
                    BadSetting{"optimizer.filter.lr=1", "did you mean optimizer.filters?"},
                    BadSetting{"network.layers[9].out=8", "network.layers has 6 elements"},
                    BadSetting{"network.layers[0].kind=relu", "network.layers[0]"},
                    BadSetting{"network.layers[0].groups=5", "network.layers[0] (conv): groups is 5"},
                    BadSetting{"network.layers[1].kernel=20", "network.layers[1]"},
                    BadSetting{"network.layers[5].out=2", "3 classes"},
                    BadSetting{"network.width=1e9", "network.width is 1000000000"}));

TEST_F(Usage, HelpAndVersionSucceed) {
  EXPECT_THAT(done("--help"), AllOf(HasSubstr("train"), HasSubstr("predict")));
  EXPECT_THAT(done("train --help"), AllOf(HasSubstr("--resume"), HasSubstr("--target-accuracy")));
  EXPECT_THAT(done("--version"), testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST_F(Usage, InfoSaysWhichInstructionSetIsUsed) {
  EXPECT_THAT(
      done("info", {.environment = {{"FTL_ISA", "generic"}}}),
      AllOf(testing::ContainsRegex("generic +in use"), HasSubstr("measured peak"), HasSubstr("cache")));
}

}  // namespace
}  // namespace ftl::cli
