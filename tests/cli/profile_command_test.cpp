// ftl profile: its tables, its files, and what it refuses.
#include "cli/program.hpp"

namespace ftl::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Profile : public ProgramTest {
 protected:
  Profile() { place_pictures("pictures", {.side = 16}); }
};

TEST_F(Profile, ShowsWhereTheTimeGoes) {
  const std::string out = done("profile every.toml --data pictures --threads 2 --steps 8 --all");
  EXPECT_THAT(out, AllOf(HasSubstr("every on pictures"), HasSubstr("2 threads"), HasSubstr("accounted for"),
                         HasSubstr("recording costs"), HasSubstr("8 steps of 80 pictures")));
  for (const char* work : {"convolution forward", "convolution data", "convolution weights", "norm", "pool",
                           "activation", "augmentation", "loss", "optimizer", "gradient reduction",
                           "weight packing", "statistics finishing", "waiting", "of peak"}) {
    EXPECT_THAT(out, HasSubstr(work));
  }
}

TEST_F(Profile, ListsOnlyWhatIsThere) {
  const std::string out = done("profile small.toml --data pictures --threads 1 --steps 2 --all");
  EXPECT_THAT(out, AllOf(HasSubstr("conv1"), HasSubstr("norm1"), Not(HasSubstr("\nwaiting ")),
                         Not(HasSubstr("elementwise")), Not(HasSubstr("se1")), Not(HasSubstr("more rows"))));
  EXPECT_THAT(done("profile small.toml --data pictures --steps 2 --top 3"), HasSubstr("more rows: --all"));
}

TEST_F(Profile, WritesFiguresThatAddUp) {
  const std::string out = done("profile small.toml --data pictures --threads 2 --steps 5 --json -");
  const nlohmann::json json = nlohmann::json::parse(out);
  EXPECT_EQ(json["threads"], 2);
  EXPECT_EQ(json["steps"], 5);
  EXPECT_EQ(json["batch"], 60);
  EXPECT_EQ(json["recorded_step_seconds"].size(), 5u);
  EXPECT_EQ(json["plain_step_seconds"].size(), 5u);
  double wall = 0;
  for (const double seconds : json["recorded_step_seconds"]) wall += seconds;
  EXPECT_NEAR(json["wall_seconds"], wall, 1e-9);
  for (const char* table : {"kinds", "layers"}) {
    double sum = 0;
    double before = 1;
    for (const auto& row : json[table]) {
      sum += row["share"].get<double>();
      EXPECT_LE(row["share"], before) << "sorted by time";
      before = row["share"];
      const bool convolution = row["kind"].get<std::string>().starts_with("convolution");
      EXPECT_EQ(row.contains("fraction_of_peak"), convolution) << row;
    }
    EXPECT_NEAR(sum, json["accounted_for"], 1e-9) << table;
  }
}

TEST_F(Profile, WritesATraceWithARowAThread) {
  done("profile every.toml --data pictures --threads 2 --steps 2 --trace trace.json");
  std::map<int, double> end;
  std::set<int> rows;
  const nlohmann::json trace = json("trace.json");
  for (const auto& event : trace["traceEvents"]) {
    const int thread = event["tid"];
    if (event["ph"] == "M") {
      EXPECT_TRUE(rows.insert(thread).second);
      continue;
    }
    EXPECT_GE(event["ts"].get<double>(), end[thread] - 0.0005) << "spans do not overlap: " << event;
    end[thread] = event["ts"].get<double>() + event["dur"].get<double>();
  }
  EXPECT_EQ(rows, (std::set<int>{0, 1}));
  EXPECT_EQ(end.size(), 2u);
}

TEST_F(Profile, TakesStepsFromLaterInTheTraining) {
  // The whitening layer's bias learns for two epochs.
  const auto layers = [&](const std::string& epoch) {
    const nlohmann::json json = nlohmann::json::parse(
        done("profile every.toml --data pictures --set train.batch=20 --steps 1 --json - --epoch " + epoch));
    std::set<std::string> works;
    for (const auto& row : json["layers"]) {
      if (row["layer"] == "whiten") works.insert(row["work"]);
    }
    return works;
  };
  EXPECT_THAT(layers("0"), testing::Contains("convolution weights"));
  EXPECT_THAT(layers("2"), Not(testing::Contains("convolution weights")));
}

TEST_F(Profile, LeavesNothingHalfWrittenWhenInterrupted) {
  const std::set<std::string> before = files();
  const test::ProcessResult result =
      ftl("profile small.toml --data pictures --steps 10000 --trace t.json --json p.json",
          {.interrupt_at = "small on pictures"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "ftl: interrupted\n");
  EXPECT_EQ(files(), before);
}

TEST_F(Profile, RefusesWhatItCannotDo) {
  EXPECT_THAT(refusal("profile nothing --data pictures"), HasSubstr("nothing"));
  EXPECT_THAT(refusal("profile small.toml --data pictures --steps 0"), HasSubstr("--steps"));
  EXPECT_THAT(refusal("profile small.toml --data pictures --threads 0"), HasSubstr("--threads"));
  EXPECT_THAT(refusal("profile small.toml --data pictures --epoch 3"),
              AllOf(HasSubstr("--epoch 3:"), HasSubstr("ends after 3 epochs")));
  EXPECT_THAT(refusal("profile small.toml --data pictures --trace nowhere/t.json"),
              AllOf(HasSubstr("--trace nowhere/t.json"), HasSubstr("does not exist")));
  EXPECT_THAT(refusal("profile small.toml --data pictures --json pictures"), HasSubstr("--json pictures"));
  EXPECT_THAT(refusal("profile small.toml --data pictures --set train.speed=9"), HasSubstr("train.speed"));
}

}  // namespace
}  // namespace ftl::cli
