// Ctrl-C and going on afterwards.
#include "cli/program.hpp"

namespace ftl::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Resume : public ProgramTest {
 protected:
  Resume() { place_pictures("pictures", {.side = 16, .train = 60, .test = 20}); }

  // Presses Ctrl-C as the state of so many epochs of this process is written.
  test::ProcessResult interrupted_after(int epochs, const std::string& arguments) const {
    return ftl(arguments, {.signal = {SIGINT, "training_state.safetensors", epochs}});
  }
  void expect_interrupted(const test::ProcessResult& result) const {
    EXPECT_EQ(result.exit_code, 1) << result.out << result.err;
    EXPECT_THAT(result.err, testing::MatchesRegex("ftl: interrupted; .* --resume --out run goes on\n"));
    EXPECT_EQ(json("run/summary.json")["interrupted"], true);
  }

  const std::string train = "train every.toml --data pictures --set train.epochs=12 --seed 3 --out ";
};

TEST_F(Resume, GivesTheBytesOfAnUndisturbedRun) {
  done(train + "whole");
  expect_interrupted(interrupted_after(1, train + "run"));
  EXPECT_TRUE(std::filesystem::exists(folder / "run/training_state.safetensors"));
  expect_interrupted(interrupted_after(6, train + "run --resume --threads 1"));
  done(train + "run --resume");
  EXPECT_TRUE(text("run/checkpoint.safetensors") == text("whole/checkpoint.safetensors"));
  EXPECT_FALSE(std::filesystem::exists(folder / "run/training_state.safetensors"));
  EXPECT_EQ(json("run/summary.json")["interrupted"], false);
  EXPECT_EQ(json("run/summary.json")["accuracy"], json("whole/summary.json")["accuracy"]);
  const std::vector<nlohmann::json> epochs = json_lines("run/metrics.jsonl");
  std::vector<nlohmann::json> expected = json_lines("whole/metrics.jsonl");
  ASSERT_EQ(epochs.size(), expected.size());
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    expected[i]["total_seconds"] = epochs[i]["total_seconds"];
    EXPECT_EQ(epochs[i], expected[i]);
  }
}

TEST_F(Resume, RemembersScoresOfPicturesAndWhichSideComesNext) {
  const std::string by_memory = " --set train.batch=16 --set select={scores='remembered',keep=0.5,start=1}";
  done(train + "whole" + by_memory);
  expect_interrupted(interrupted_after(9, train + "run" + by_memory));
  done(train + "run --resume" + by_memory);
  EXPECT_TRUE(text("run/checkpoint.safetensors") == text("whole/checkpoint.safetensors"));
}

TEST_F(Resume, LeavesTheTimeToATargetReachedBeforeAsItWas) {
  const std::string timed = train + "run --protocol dawnbench --target-accuracy 0.1";
  expect_interrupted(interrupted_after(2, timed));
  const nlohmann::json before = json("run/summary.json")["protocol_seconds"]["values"];
  ASSERT_TRUE(before[0].is_number());
  done(timed + " --resume");
  EXPECT_EQ(json("run/summary.json")["protocol_seconds"]["values"], before);
}

TEST_F(Resume, GoesOnMeasuringForgettingWhichLeavesTheTrainingAlone) {
  const std::string shorter = " --set train.epochs=6";
  done(train + "plain" + shorter);
  done(train + "whole --forgetting" + shorter);
  expect_interrupted(interrupted_after(2, train + "run --forgetting" + shorter));
  EXPECT_THAT(done(train + "run --forgetting --resume --threads 1" + shorter), HasSubstr("never (test)"));
  EXPECT_TRUE(text("run/checkpoint.safetensors") == text("plain/checkpoint.safetensors"));
  EXPECT_EQ(text("run/forgetting.jsonl"), text("whole/forgetting.jsonl"));
  EXPECT_EQ(json_lines("run/forgetting.jsonl").size(), 6u);
}

TEST_F(Resume, FinishesSeveralRuns) {
  const std::string runs = train + "run --runs 3 --set train.epochs=8";
  expect_interrupted(interrupted_after(10, runs));  // in the second run
  done(runs + " --resume");
  done(train + "whole --runs 3 --set train.epochs=8");
  for (const char* file : {"/run-1/", "/run-2/", "/run-3/", "/"}) {
    const std::string checkpoint = std::string(file) + "checkpoint.safetensors";
    EXPECT_TRUE(text("run" + checkpoint) == text("whole" + checkpoint)) << file;
  }
  EXPECT_EQ(json("run/summary.json")["accuracy"], json("whole/summary.json")["accuracy"]);
}

TEST_F(Resume, RefusesAnotherRunThanTheOneThatWasBegun) {
  expect_interrupted(interrupted_after(1, train + "run"));
  const std::string state = text("run/training_state.safetensors");
  EXPECT_THAT(refusal(train + "run --resume --set augment.pad=1"),
              AllOf(HasSubstr("run"), HasSubstr("--set")));
  EXPECT_THAT(refusal("train small.toml --data pictures --out run --resume"), HasSubstr("recipe"));
  place_pictures("others", {.side = 16, .train = 61, .test = 20});
  EXPECT_THAT(refusal("train every.toml --data others --set train.epochs=12 --seed 3 --out run --resume"),
              HasSubstr("data"));
  EXPECT_THAT(refusal(train + "run --resume --size 20"), HasSubstr("data"));
  EXPECT_THAT(refusal(train + "run --resume --runs 2"), HasSubstr("--runs"));
  EXPECT_THAT(refusal("train every.toml --data pictures --set train.epochs=12 --seed 4 --out run --resume"),
              HasSubstr("seed 3, not 4"));
  EXPECT_TRUE(text("run/training_state.safetensors") == state);
}

TEST_F(Resume, RefusesAFolderWithoutARun) {
  EXPECT_THAT(refusal(train + "none --resume"), AllOf(HasSubstr("none"), HasSubstr("--resume")));
  EXPECT_THAT(refusal(train + "pictures --resume"), AllOf(HasSubstr("pictures"), HasSubstr("--resume")));
}

TEST_F(Resume, RefusesADamagedState) {
  expect_interrupted(interrupted_after(1, train + "run"));
  const std::string state = text("run/training_state.safetensors");
  folder.write("run/training_state.safetensors", state.substr(0, state.size() / 2));
  EXPECT_THAT(refusal(train + "run --resume"), HasSubstr("run/training_state.safetensors"));
}

}  // namespace
}  // namespace ftl::cli
