// Datasets that cannot be used are refused by the name of the file at fault, and nothing is left behind.
#include "cli/program.hpp"

namespace ftl::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class BadData : public ProgramTest {
 protected:
  // What training says to a folder of these files, at "data".
  std::string refusal_of(const data::Tree& tree) const {
    std::filesystem::remove_all(folder / "data");
    data::write_tree(folder / "data", tree);
    return refusal("train small.toml --data data --out run");
  }
  // And to one file, "data.tar".
  std::string refusal_of(const std::string& bytes) const {
    folder.write("data.tar", bytes);
    return refusal("train small.toml --data data.tar --out run");
  }

  const data::Tree pictures = coloured_pictures({.train = 2, .test = 1});
};

TEST_F(BadData, MissingEmptyAndUnrecognisedFiles) {
  EXPECT_THAT(refusal("train small.toml --data none --out run"), HasSubstr("none: no such file"));
  EXPECT_THAT(refusal_of(""), HasSubstr("data.tar: an empty file"));
  EXPECT_THAT(refusal_of("no archive"), HasSubstr("data.tar: cannot be read as"));
  EXPECT_THAT(refusal_of(data::Tree{{"readme.txt", "no pictures"}}), HasSubstr("data: no dataset found"));
}

TEST_F(BadData, ArchivesThatAreCutOff) {
  const std::string tar = data::archive_of(pictures, data::ArchiveKind::tar);
  EXPECT_THAT(refusal_of(tar.substr(0, tar.find("IDAT"))),
              AllOf(HasSubstr("data.tar"), HasSubstr("runcated")));
  const std::string compressed = data::archive_of(pictures, data::ArchiveKind::tar_gz);
  EXPECT_THAT(refusal_of(compressed.substr(0, compressed.size() / 2)),
              AllOf(HasSubstr("data.tar"), HasSubstr("runcated")));
}

TEST_F(BadData, APictureCutInHalf) {
  data::Tree tree = pictures;
  const std::string jpeg = data::jpeg_of(data::gradient_picture({32, 32}));
  tree["train/red/half.jpg"] = jpeg.substr(0, jpeg.size() / 2);
  EXPECT_THAT(refusal_of(data::archive_of(tree, data::ArchiveKind::tar)),
              HasSubstr("data.tar: train/red/half.jpg: a damaged JPEG"));
  EXPECT_THAT(refusal_of(tree), HasSubstr("data/train/red/half.jpg: a damaged JPEG"));
  tree["train/red/half.jpg"] = "a text";
  EXPECT_THAT(refusal_of(tree), HasSubstr("data/train/red/half.jpg: neither JPEG nor PNG"));
}

TEST_F(BadData, SplitsThatAreMissingOrDoNotMatch) {
  data::Tree tree = pictures;
  tree.erase("test/red/2.png");
  EXPECT_THAT(refusal_of(tree), AllOf(HasSubstr("data/test"), HasSubstr("red")));
  tree["test/red/"] = "";
  EXPECT_THAT(refusal_of(tree), HasSubstr("data/test/red/: a class folder without"));
  std::erase_if(tree, [](const auto& file) { return file.first.starts_with("test/"); });
  EXPECT_THAT(refusal_of(tree), AllOf(HasSubstr("data: has no test split"), HasSubstr("--test-data")));
}

TEST_F(BadData, AnotherTestSplitOfOtherClasses) {
  place_pictures("mine", {.train = 2, .test = 1});
  place_pictures("yours", {.classes = {"red", "green", "black"}, .train = 2, .test = 1});
  EXPECT_THAT(refusal("train small.toml --data mine --test-data yours --out run"),
              AllOf(HasSubstr("yours"), HasSubstr("class blue"), HasSubstr("mine")));
}

TEST_F(BadData, CifarFilesOfTheWrongLengthOrLabel) {
  const std::string record = data::cifar_record({'\1'}, 10, 20, 30);
  data::Tree tree{{"data_batch_1.bin", record + record.substr(1)},
                  {"test_batch.bin", record},
                  {"batches.meta.txt", "cat\ndog\n"}};
  EXPECT_THAT(refusal_of(tree), AllOf(HasSubstr("data/data_batch_1.bin"), HasSubstr("3073")));
  tree["data_batch_1.bin"] = record + data::cifar_record({'\2'}, 10, 20, 30);
  EXPECT_THAT(refusal_of(tree), AllOf(HasSubstr("data/data_batch_1.bin: record 1"), HasSubstr("label 2")));
}

TEST_F(BadData, ACacheFolderThatCannotBeWritten) {
  place_pictures("mine", {.train = 2, .test = 1});
  EXPECT_THAT(
      refusal("train small.toml --data mine --out run", {.environment = {{"FTL_CACHE", "small.toml/x"}}}),
      AllOf(HasSubstr("small.toml/x"), HasSubstr("FTL_CACHE")));
}

class DataCommand : public ProgramTest {
 protected:
  DataCommand() { place_pictures("mine", {.train = 3, .test = 2}); }
};

TEST_F(DataCommand, ImportsAndDescribesAnImageFolder) {
  EXPECT_THAT(done("data import mine"), HasSubstr("9 training and 6 test pictures of 8x8 in 3 classes"));
  EXPECT_THAT(done("data info mine --json info.json"),
              AllOf(HasSubstr("9 training, 6 test, 8x8"), testing::ContainsRegex("green +3 +2")));
  const nlohmann::json info = json("info.json");
  EXPECT_EQ(info["class_names"], (std::vector<std::string>{"blue", "green", "red"}));
  EXPECT_EQ(info["train_images_per_class"], (std::vector<int>{3, 3, 3}));
  EXPECT_EQ(info["height"], 8);
  EXPECT_TRUE(std::filesystem::exists(info["import"].get<std::string>()));
}

TEST_F(DataCommand, ResizesOnRequest) {
  EXPECT_THAT(done("data info mine --size 12"), HasSubstr("12x12"));
}

TEST_F(DataCommand, FetchRefusesUnpublishedNames) {
  EXPECT_THAT(refusal("data fetch mnist"), AllOf(HasSubstr("mnist"), HasSubstr("cifar10, cifar100")));
}

}  // namespace
}  // namespace ftl::cli
