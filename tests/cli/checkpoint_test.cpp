// What becomes of a checkpoint: ftl eval and ftl predict.
#include "cli/program.hpp"

namespace ftl::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class TrainedModel : public ProgramTest {
 protected:
  TrainedModel() {
    place_pictures();
    done("train small.toml --data pictures --out run --quiet --set train.epochs=25", on_generic());
  }

  nlohmann::json evaluation(const std::string& arguments) const {
    return nlohmann::json::parse(
        done("eval run/checkpoint.safetensors --data pictures --json - " + arguments, on_generic()));
  }
};

TEST_F(TrainedModel, EvaluatesToWhatTrainingReported) {
  const nlohmann::json summary = json("run/summary.json");
  const nlohmann::json result = evaluation("");
  EXPECT_EQ(result["views"], "mirror");
  EXPECT_EQ(result["accuracy"], summary["accuracy"]["mean"]);
  EXPECT_EQ(result["accuracy_plain"], summary["accuracy_plain"]["mean"]);
  EXPECT_EQ(result["loss_plain"], json_lines("run/metrics.jsonl").back()["val_loss"]);
  EXPECT_EQ(evaluation("--views plain")["accuracy"], summary["accuracy_plain"]["mean"]);
}

TEST_F(TrainedModel, EvaluatesWithOtherViews) {
  const nlohmann::json six = evaluation("--views six --views-fraction 0.25");
  EXPECT_EQ(six["views"], "six");
  EXPECT_EQ(six["views_fraction"], 0.25);
  EXPECT_GE(six["accuracy"], 0.9);
  EXPECT_EQ(evaluation("--views six --threads 3"), evaluation("--views six --threads 1"));
  EXPECT_THAT(done("eval run/checkpoint.safetensors --data pictures --views six --views-fraction 0.25"),
              AllOf(HasSubstr("plain"), HasSubstr("six (25 %)"), HasSubstr("60 test pictures")));
}

TEST_F(TrainedModel, PredictsProbabilitiesOfEveryClass) {
  const std::string predict = "predict run/checkpoint.safetensors ";
  const std::string images = "pictures/train/red/1.png pictures/train/blue/1.png";
  EXPECT_THAT(done(predict + images + " --top 1"),
              testing::MatchesRegex("pictures/train/red/1.png\n  red +[0-9.]+ %\n"
                                    "pictures/train/blue/1.png\n  blue +[0-9.]+ %\n"));
  const nlohmann::json both = nlohmann::json::parse(done(predict + images + " --json -"));
  ASSERT_EQ(both.size(), 2u);
  for (const nlohmann::json& one : both) {
    double sum = 0;
    for (const auto& [name, probability] : one["probabilities"].items()) sum += probability.get<double>();
    EXPECT_NEAR(sum, 1, 1e-9);
  }
  // A picture's prediction does not depend on those beside it.
  const nlohmann::json alone = nlohmann::json::parse(done(predict + "pictures/train/blue/1.png --json -"));
  EXPECT_EQ(alone[0], both[1]);
}

TEST_F(TrainedModel, PredictsPicturesOfAnotherSizeAndFormat) {
  data::Picture red = data::plain_picture({50, 30}, 160, 60, 60);
  folder.write("red.jpg", data::jpeg_of(red));
  EXPECT_THAT(done("predict run/checkpoint.safetensors red.jpg --top 1"), HasSubstr("red "));
}

TEST_F(TrainedModel, RefusesPicturesThatAreNone) {
  const std::string predict = "predict run/checkpoint.safetensors pictures/train/red/1.png ";
  EXPECT_THAT(refusal(predict + "none.png"), HasSubstr("none.png: cannot be opened"));
  EXPECT_THAT(refusal(predict + "small.toml"), HasSubstr("small.toml: neither JPEG nor PNG"));
  EXPECT_THAT(refusal(predict + "pictures"), HasSubstr("pictures: "));
}

TEST_F(TrainedModel, RefusesDataThatItWasNotTrainedFor) {
  place_pictures("others", {.classes = {"red", "green", "black"}, .train = 1, .test = 1});
  place_pictures("fewer", {.classes = {"red", "green"}, .train = 1, .test = 1});
  const std::string eval = "eval run/checkpoint.safetensors --data ";
  EXPECT_THAT(refusal(eval + "others"), AllOf(HasSubstr("run/checkpoint.safetensors"), HasSubstr("black")));
  EXPECT_THAT(refusal(eval + "fewer"), AllOf(HasSubstr("fewer"), HasSubstr("2 classes, not 3")));
  EXPECT_THAT(refusal(eval + "pictures --size 16"), AllOf(HasSubstr("8x8"), HasSubstr("16x16")));
  EXPECT_THAT(refusal(eval + "none"), HasSubstr("none"));
  EXPECT_THAT(refusal(eval + "pictures --views seven"), AllOf(HasSubstr("--views"), HasSubstr("mirror")));
  EXPECT_THAT(refusal(eval + "pictures --views-fraction 0"), HasSubstr("--views-fraction"));
}

TEST_F(TrainedModel, RefusesDamagedCheckpoints) {
  const std::string whole = text("run/checkpoint.safetensors");
  const auto refusal_of = [&](const std::string& bytes) {
    folder.write("damaged", bytes);
    return refusal("eval damaged --data pictures");
  };
  EXPECT_THAT(refusal_of(""), HasSubstr("damaged: not a usable checkpoint"));
  EXPECT_THAT(refusal_of(whole.substr(0, 100)), HasSubstr("damaged: not a usable checkpoint"));
  EXPECT_THAT(refusal_of(whole.substr(0, whole.size() - 1)), HasSubstr("damaged: not a usable checkpoint"));
  EXPECT_THAT(refusal_of(whole + "x"), HasSubstr("damaged: not a usable checkpoint"));
  std::string corrupt = whole;
  corrupt[20] = '\xff';
  EXPECT_THAT(refusal_of(corrupt), HasSubstr("damaged: "));
  EXPECT_THAT(refusal("eval none --data pictures"), HasSubstr("none: cannot be opened"));
  EXPECT_THAT(refusal("eval run --data pictures"), HasSubstr("run: not a regular file"));
  EXPECT_THAT(refusal("predict small.toml pictures/train/red/1.png"), HasSubstr("small.toml: not a usable"));
}

TEST_F(TrainedModel, RefusesACheckpointWhoseRecipeIsOfAnotherNetwork) {
  std::string other = text("run/checkpoint.safetensors");
  const std::size_t at = other.find("out = 16");
  ASSERT_NE(at, std::string::npos);
  other.replace(at, 8, "out = 24");
  folder.write("other", other);
  EXPECT_THAT(refusal("eval other --data pictures"), AllOf(HasSubstr("other: tensor"), HasSubstr("shape")));
}

}  // namespace
}  // namespace ftl::cli
