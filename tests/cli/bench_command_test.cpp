// What `ftl bench` lists. Its figures are the machine's business.
#include "cli/program.hpp"
#include "machine/instruction_set.hpp"

namespace ftl::cli {
namespace {

using Json = nlohmann::json;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class Bench : public ProgramTest {
 protected:
  // Of each convolution its directions.
  static std::vector<std::string> passes(const Json& bench) {
    std::vector<std::string> texts;
    for (const Json& convolution : bench["convolutions"]) {
      std::string text = convolution["name"];
      for (const Json& pass : convolution["passes"]) {
        text += ", " + pass["direction"].get<std::string>();
      }
      texts.push_back(text);
    }
    return texts;
  }
};

void expect_figures(const Json& figures) {
  for (const char* key : {"seconds", "tflops", "fraction_of_peak"}) {
    EXPECT_GT(figures[key].get<double>(), 0) << key << " of " << figures;
  }
}

TEST_F(Bench, ListsEveryConvolutionAndDirectionOfATrainingStep) {
  const std::string out =
      done("bench small.toml --set train.batch=40 --seconds 0.001 --threads 2 --json b.json");
  const Json bench = json("b.json");
  EXPECT_EQ(bench["recipe"], "small");
  EXPECT_EQ(bench["batch"], 40);
  EXPECT_EQ(bench["threads"], 2);
  EXPECT_GT(bench["peak_tflops"], 0);
  // Nothing before the first convolution learns.
  EXPECT_THAT(passes(bench), ElementsAre("conv1, forward, backward weights",
                                         "linear1, forward, backward data, backward weights"));
  EXPECT_EQ(bench["convolutions"][0]["linear"], false);
  EXPECT_EQ(bench["convolutions"][1]["linear"], true);
  EXPECT_EQ(bench["convolutions"][0]["in"], Json({3, 32, 32}));
  double seconds = 0;
  for (const Json& convolution : bench["convolutions"]) {
    for (const Json& pass : convolution["passes"]) {
      expect_figures(pass["ftl"]);
      EXPECT_GE(pass["ftl"]["nominal_tflops"], pass["ftl"]["tflops"]);
      seconds += pass["ftl"]["seconds"].get<double>();
    }
  }
  expect_figures(bench["total"]["ftl"]);
  EXPECT_NEAR(bench["total"]["ftl"]["seconds"].get<double>(), seconds, 1e-9);
  EXPECT_THAT(out, AllOf(HasSubstr("conv1  3x32x32 -> 16x32x32, 3x3"), HasSubstr("linear1 (linear)"),
                         HasSubstr("all convolutions of a training step"),
                         testing::ContainsRegex("\n[0-9]+ of [0-9]+ repetitions left out: .*\n$")));
}

TEST_F(Bench, PutsOnednnBesideOrSaysThatItIsNotBuilt) {
  const std::string out = done("bench small.toml --set train.batch=32 --seconds 0.001 --json b.json");
  const Json bench = json("b.json");
  if (bench["onednn"].is_null()) {
    EXPECT_THAT(out, HasSubstr("oneDNN: not built"));
    EXPECT_TRUE(bench["total"]["onednn"].is_null());
    return;
  }
  for (const Json& convolution : bench["convolutions"]) {
    for (const Json& pass : convolution["passes"]) expect_figures(pass["onednn"]);
  }
  expect_figures(bench["total"]["onednn"]);
  EXPECT_GT(bench["total"]["onednn_over_ftl"], 0);
  EXPECT_THAT(out, HasSubstr("oneDNN " + bench["onednn"]["version"].get<std::string>()));
}

TEST_F(Bench, TakesTheStepOfAnEpochWithWhatIsFrozenByThen) {
  const std::string command = "bench every.toml --set train.batch=32 --seconds 0.0001 --json - --epoch ";
  const auto early = passes(Json::parse(done(command + "0")));
  const auto late = passes(Json::parse(done(command + "2")));
  EXPECT_THAT(early, AllOf(Contains("conv1, forward, backward data, backward weights"),
                           Contains(HasSubstr("whiten, forward"))));
  EXPECT_THAT(late, Contains("conv1, forward, backward weights"));
}

TEST_F(Bench, MeasuresThePeaksOfEveryUsableInstructionSet) {
  // Whichever is forced.
  const std::string out = done("bench --peak --seconds 0.0001 --threads 2 --json p.json",
                               {.environment = {{"FTL_ISA", "generic"}}});
  const Json peaks = json("p.json");
  std::vector<std::string> expected, found;
  for (const IsaStatus& candidate : isa_candidates()) {
    if (!candidate.usable) continue;
    expected.insert(expected.end(), 2, std::string(name(candidate.isa)));
    EXPECT_THAT(out, HasSubstr(std::string(name(candidate.isa)) + " "));
  }
  for (const Json& peak : peaks["products"]) {
    found.push_back(peak["isa"]);
    EXPECT_GT(peak["tflops"], 0);
    EXPECT_GT(peak["loaded_tflops"], 0);
  }
  EXPECT_EQ(found, expected);
  std::vector<std::string> levels;
  for (const Json& level : peaks["bandwidth"]) {
    levels.push_back(level["level"].get<std::string>() + std::to_string(level["threads"].get<int>()));
    for (const char* traffic : {"read", "write", "copy"}) {
      EXPECT_GT(level[std::string(traffic) + "_gbytes_per_second"], 0);
    }
  }
  EXPECT_THAT(levels, ElementsAre("L11", "L12", "L21", "L22", "memory1", "memory2"));
}

TEST_F(Bench, TimesOnceWhatHasNoTime) {
  done("bench small.toml --set train.batch=20 --seconds 0 --json b.json");
  expect_figures(json("b.json")["total"]["ftl"]);
}

TEST_F(Bench, RefusesWhatItCannotFollow) {
  EXPECT_THAT(refusal("bench airbensh94"), HasSubstr("airbench94?"));
  EXPECT_THAT(refusal("bench small.toml --set train.batch=0"), HasSubstr("train.batch"));
  EXPECT_THAT(refusal("bench small.toml --seconds -1"), AllOf(HasSubstr("--seconds"), HasSubstr("0 ")));
  EXPECT_THAT(refusal("bench small.toml --epoch -1"), HasSubstr("--epoch"));
  EXPECT_THAT(refusal("bench small.toml --epoch 3"), HasSubstr("ends after 3 epochs"));
  EXPECT_THAT(refusal("bench small.toml --threads 0"), HasSubstr("--threads"));
  EXPECT_THAT(refusal("bench small.toml --json nowhere/x.json"), HasSubstr("nowhere"));
  EXPECT_THAT(refusal("bench --peak small.toml"), AllOf(HasSubstr("--peak"), HasSubstr("recipe")));
  EXPECT_THAT(refusal("bench --peak --set train.batch=2"), AllOf(HasSubstr("--peak"), HasSubstr("--set")));
  EXPECT_THAT(refusal("bench small.toml", {.environment = {{"FTL_ISA", "sse9"}}}), HasSubstr("FTL_ISA=sse9"));
}

}  // namespace
}  // namespace ftl::cli
