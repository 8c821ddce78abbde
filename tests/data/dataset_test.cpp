#include "data/dataset.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <Eigen/Dense>
#include <array>
#include <fstream>

#include "base/error.hpp"
#include "data/augmentation.hpp"
#include "data/digest.hpp"
#include "data/files.hpp"
#include "data/readers.hpp"
#include "support/temporary_folder.hpp"

namespace ftl::data {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DatasetTest : public ::testing::Test {
 protected:
  Dataset open(const fs::path& data, const fs::path& test_data = {}, int size = 0) const {
    OpenOptions options;
    options.data = data.string();
    options.test_data = test_data.string();
    options.picture_size = size;
    options.cache = folder / "cache";
    return open_dataset(options);
  }
  std::string refusal(const fs::path& data, const fs::path& test_data = {}) const {
    return message_of<InputError>([&] { open(data, test_data); });
  }
  // Puts a dataset of these files on disk as a folder.
  fs::path place(const Tree& tree, const std::string& name = "data") const {
    write_tree(folder / name, tree);
    return folder / name;
  }
  fs::path place_file(const std::string& name, const std::string& bytes) const {
    write_file(folder / name, bytes);
    return folder / name;
  }
  std::vector<fs::path> cache_files() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder / "cache")) files.push_back(entry.path());
    return files;
  }

  test::TemporaryFolder folder;
};

std::vector<int> first_pixels(const Split& split) {
  std::vector<int> reds;
  for (std::int64_t i = 0; i < split.count(); ++i) reds.push_back(pixels_of(split, i)[0]);
  return reds;
}

std::vector<std::int32_t> labels(const Split& split) {
  return split.labels();
}

Tree cifar10(const std::string& prefix = "") {
  return {{prefix + "data_batch_1.bin", cifar_record({'\1'}, 1, 2, 3) + cifar_record({'\0'}, 4, 5, 6)},
          {prefix + "data_batch_2.bin", cifar_record({'\2'}, 7, 8, 9)},
          {prefix + "test_batch.bin", cifar_record({'\1'}, 250, 251, 252)},
          {prefix + "batches.meta.txt", "airplane\nautomobile\nbird\n\n"},
          {prefix + "readme.html", "<html>"}};
}

void expect_cifar10(const Dataset& dataset) {
  EXPECT_THAT(dataset.class_names, ElementsAre("airplane", "automobile", "bird"));
  EXPECT_THAT(labels(dataset.train), ElementsAre(1, 0, 2));
  EXPECT_THAT(first_pixels(dataset.train), ElementsAre(1, 4, 7));
  EXPECT_THAT(labels(dataset.test), ElementsAre(1));
  EXPECT_EQ(dataset.train.size().height, 32);
  EXPECT_EQ(dataset.train.size().width, 32);
  EXPECT_EQ(pixels_of(dataset.test, 0), plain_picture({32, 32}, 250, 251, 252).pixels);
}

TEST_F(DatasetTest, ReadsCifar10FromAFolderAndEveryArchive) {
  expect_cifar10(open(place(cifar10())));
  expect_cifar10(open(place(cifar10("cifar-10-batches-bin/"), "parent")));
  const Tree nested = cifar10("cifar-10-batches-bin/");
  expect_cifar10(open(place_file("a.tar", archive_of(nested, ArchiveKind::tar))));
  expect_cifar10(open(place_file("a.tar.gz", archive_of(nested, ArchiveKind::tar_gz))));
  expect_cifar10(open(place_file("a.zip", archive_of(nested, ArchiveKind::zip))));
}

TEST_F(DatasetTest, InterleavesTheColourPlanesOfCifar) {
  std::string record(1, '\0');
  for (int i = 0; i < 3072; ++i) record += static_cast<char>(i % 251);
  Tree tree = cifar10();
  tree["data_batch_1.bin"] = record;
  const Dataset dataset = open(place(tree));
  const std::vector<std::uint8_t> picture = pixels_of(dataset.train, 0);
  for (int position = 0; position < 1024; ++position) {
    for (int channel = 0; channel < 3; ++channel) {
      ASSERT_EQ(picture[static_cast<std::size_t>(position * 3 + channel)], (channel * 1024 + position) % 251);
    }
  }
}

TEST_F(DatasetTest, ReadsCifar100ByFineLabels) {
  const Tree tree = {{"train.bin", cifar_record({'\5', '\1'}, 1, 1, 1) + cifar_record({'\6', '\0'}, 2, 2, 2)},
                     {"test.bin", cifar_record({'\7', '\1'}, 3, 3, 3)},
                     {"fine_label_names.txt", "apple\naquarium_fish\n"},
                     {"coarse_label_names.txt", "fish\n"}};
  const Dataset dataset = open(place_file("c.tgz", archive_of(tree, ArchiveKind::tar_gz)));
  EXPECT_THAT(dataset.class_names, ElementsAre("apple", "aquarium_fish"));
  EXPECT_THAT(labels(dataset.train), ElementsAre(1, 0));
  EXPECT_THAT(first_pixels(dataset.train), ElementsAre(1, 2));
  EXPECT_THAT(labels(dataset.test), ElementsAre(1));
}

void expect_small_image_folder(const Dataset& dataset) {
  EXPECT_THAT(dataset.class_names, ElementsAre("cat", "dog"));
  EXPECT_THAT(labels(dataset.train), ElementsAre(0, 1));
  EXPECT_THAT(first_pixels(dataset.train), ElementsAre(10, 40));
  EXPECT_THAT(first_pixels(dataset.test), ElementsAre(70, 100));
}

TEST_F(DatasetTest, ReadsAnImageFolderAndEveryArchive) {
  expect_small_image_folder(open(place(small_image_folder())));
  for (const std::string prefix : {"", "./", "pets/", "a/b/"}) {
    const Tree tree = small_image_folder(prefix);
    expect_small_image_folder(open(place_file("a.tar", archive_of(tree, ArchiveKind::tar))));
    expect_small_image_folder(open(place_file("a.tar.gz", archive_of(tree, ArchiveKind::tar_gz))));
    expect_small_image_folder(open(place_file("a.zip", archive_of(tree, ArchiveKind::zip))));
  }
}

TEST_F(DatasetTest, TakesValForTheTestSplitWhenThereIsNoTest) {
  Tree tree;
  for (auto& [path, bytes] : small_image_folder()) {
    tree[path.starts_with("test/") ? "val/" + path.substr(5) : path] = bytes;
  }
  expect_small_image_folder(open(place(tree)));
}

TEST_F(DatasetTest, IgnoresJunkAndOtherFiles) {
  Tree tree = small_image_folder("pets/");
  tree["pets/train/cat/._0.png"] = "resource fork";
  tree["pets/train/.DS_Store"] = "junk";
  tree["pets/train/cat/Thumbs.db"] = "junk";
  tree["pets/train/notes.txt"] = "junk";
  tree["__MACOSX/pets/train/cat/._0.png"] = "junk";
  tree["._pets"] = "junk";
  expect_small_image_folder(open(place_file("a.zip", archive_of(tree, ArchiveKind::zip))));
  expect_small_image_folder(open(place(tree)));
}

TEST_F(DatasetTest, ReadsUpperCaseExtensionsAndJpegBesidePng) {
  Tree tree = small_image_folder();
  tree["train/cat/1.JPG"] = jpeg_of(plain_picture({8, 8}, 200, 200, 200));
  tree["train/cat/2.jpeg"] = jpeg_of(plain_picture({8, 8}, 220, 220, 220));
  EXPECT_THAT(first_pixels(open(place(tree)).train), ElementsAre(10, 200, 220, 40));
}

TEST_F(DatasetTest, KeepsACommonSizeAndElseResizesTo32) {
  Tree tree = small_image_folder();
  const Dataset common = open(place(tree, "common"));
  EXPECT_EQ(common.train.size().height, 8);
  EXPECT_EQ(common.train.size().width, 8);
  tree["train/dog/1.png"] = png_of(plain_picture({9, 20}, 40, 50, 60));
  const Dataset mixed = open(place(tree, "mixed"));
  EXPECT_EQ(mixed.train.size().height, 32);
  EXPECT_EQ(mixed.test.size().width, 32);
  EXPECT_THAT(first_pixels(mixed.train), ElementsAre(10, 40, 40));
  const Dataset asked = open(folder / "mixed", {}, 12);
  EXPECT_EQ(asked.train.size().height, 12);
  EXPECT_EQ(asked.test.size().width, 12);
  EXPECT_NE(asked.digest, mixed.digest) << "what was trained on one does not go on with the other";
}

TEST_F(DatasetTest, TakesTheTestSplitFromAnotherPlace) {
  Tree other;
  for (auto& [path, bytes] : small_image_folder()) {
    if (path.starts_with("test/")) other[path.substr(5)] = bytes;
  }
  other["dog/1.png"] = png_of(plain_picture({30, 30}, 5, 5, 5));
  const Dataset dataset = open(place(small_image_folder()), place(other, "other"));
  EXPECT_THAT(first_pixels(dataset.train), ElementsAre(10, 40));
  EXPECT_THAT(first_pixels(dataset.test), ElementsAre(70, 100, 5));
  EXPECT_THAT(labels(dataset.test), ElementsAre(0, 1, 1));
  EXPECT_EQ(dataset.test.size().height, 8);
  EXPECT_NE(dataset.digest, open(folder / "data").digest);
}

TEST_F(DatasetTest, RefusesATestSplitWithOtherClasses) {
  const fs::path data = place(small_image_folder());
  const std::string png = png_of(plain_picture({8, 8}, 1, 1, 1));
  EXPECT_THAT(refusal(data, place({{"test/cat/0.png", png}}, "fewer")),
              AllOf(HasSubstr("fewer"), HasSubstr("dog")));
  const Tree more = {{"test/cat/0.png", png}, {"test/dog/0.png", png}, {"test/emu/0.png", png}};
  EXPECT_THAT(refusal(data, place(more, "more")), AllOf(HasSubstr("more"), HasSubstr("emu")));
}

TEST_F(DatasetTest, RefusesNamesOfClassesThatAreNotUtf8) {
  const std::string png = png_of(plain_picture({8, 8}, 1, 1, 1));
  const Tree latin = {{"train/caf\xe9/0.png", png}, {"test/caf\xe9/0.png", png}};
  EXPECT_THAT(refusal(place(latin, "latin")),
              AllOf(HasSubstr("latin"), HasSubstr("caf"), HasSubstr("UTF-8")));
  // A lone first byte, a lone following one, overlong forms, a surrogate, past the last code point.
  Tree cifar = cifar10();
  for (const char* name : {"\xc3", "\xa9", "\xc0\xaf", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xed\xa0\x80",
                           "\xf4\x90\x80\x80", "\xf5\x80\x80\x80"}) {
    cifar["batches.meta.txt"] = std::string("airplane\n") + name + "\nbird\n";
    EXPECT_THAT(refusal(place(cifar)), HasSubstr("UTF-8"));
  }
  cifar["batches.meta.txt"] = "avión\n飛行機\n✈️🐈\n";
  EXPECT_THAT(open(place(cifar)).class_names, ElementsAre("avión", "飛行機", "✈️🐈"));
}

TEST_F(DatasetTest, ComputesMeanAndDeviationOverTheTrainingSplit) {
  Tree tree = cifar10();
  tree["data_batch_1.bin"] = cifar_record({'\0'}, 0, 10, 255);
  tree["data_batch_2.bin"] = cifar_record({'\0'}, 255, 30, 255);
  const Dataset dataset = open(place(tree));
  EXPECT_FLOAT_EQ(dataset.mean[0], 0.5f);
  EXPECT_FLOAT_EQ(dataset.mean[1], 20 / 255.0f);
  EXPECT_FLOAT_EQ(dataset.mean[2], 1.0f);
  EXPECT_FLOAT_EQ(dataset.standard_deviation[0], 0.5f);
  EXPECT_FLOAT_EQ(dataset.standard_deviation[1], 10 / 255.0f);
  EXPECT_FLOAT_EQ(dataset.standard_deviation[2], 0.0f);
}

// What the loader gives does not tell whether pictures were imported or are decoded whenever they are read.
TEST_F(DatasetTest, ReadsPicturesWithoutAnImportAsWithOne) {
  const Dataset imported = open(place(small_image_folder()));
  Dataset streamed = read_image_folder(FileTree(folder / "data"), {}).value();
  streamed.mean = imported.mean;
  streamed.standard_deviation = imported.standard_deviation;
  const auto values = static_cast<std::size_t>(imported.train.count() * imported.train.size().bytes());
  const auto epoch_of = [&](const Dataset& dataset) {
    TrainingLoader loader(dataset, {.pad = 2, .flip = Flip::random, .cutmix = 3, .contrast = 0.2f}, 5);
    loader.begin_epoch(0);
    std::vector<bf16> pictures(values);
    std::vector<Target> mixed(static_cast<std::size_t>(loader.count()));
    const int images = static_cast<int>(loader.count());
    loader.fill(
        {.images = images, .batch_images = images, .pictures = pictures.data(), .targets = mixed.data()});
    return pictures;
  };
  EXPECT_TRUE(epoch_of(streamed) == epoch_of(imported));
}

// --- Bad input: the message names the file. ---

TEST_F(DatasetTest, RefusesWhatIsNoDataset) {
  EXPECT_THAT(refusal(folder / "nowhere"), HasSubstr("nowhere: no such file"));
  EXPECT_THAT(refusal(place_file("empty.tar", "")), HasSubstr("empty.tar: an empty file"));
  EXPECT_THAT(refusal(place_file("poem.txt", std::string(5000, 'x'))), HasSubstr("poem.txt: "));
  EXPECT_THAT(refusal(place({{"notes.txt", "x"}}, "notes")), HasSubstr("notes: no dataset found"));
  const std::string archive = archive_of({{"notes.txt", "x"}}, ArchiveKind::tar);
  EXPECT_THAT(refusal(place_file("notes.tar", archive)), HasSubstr("notes.tar: no dataset found"));
}

TEST_F(DatasetTest, RefusesTruncatedArchives) {
  Tree tree = cifar10("c/");
  for (int i = 0; i < 20; ++i) tree["c/data_batch_1.bin"] += cifar_record({'\1'}, 1, 2, 3);
  for (const ArchiveKind kind : {ArchiveKind::tar, ArchiveKind::tar_gz, ArchiveKind::zip}) {
    const std::string whole = archive_of(tree, kind);
    const std::string message = refusal(place_file("cut.archive", whole.substr(0, whole.size() / 2)));
    EXPECT_THAT(message, HasSubstr("cut.archive: ")) << "kind " << static_cast<int>(kind);
  }
}

TEST_F(DatasetTest, RefusesDamagedCifarFiles) {
  Tree cut = cifar10();
  cut["data_batch_2.bin"].pop_back();
  EXPECT_THAT(refusal(place(cut, "cut")), AllOf(HasSubstr("cut/data_batch_2.bin"), HasSubstr("3072 bytes")));
  Tree label = cifar10();
  label["data_batch_1.bin"] = cifar_record({'\0'}, 0, 0, 0) + cifar_record({'\3'}, 0, 0, 0);
  EXPECT_THAT(refusal(place(label, "label")),
              AllOf(HasSubstr("data_batch_1.bin"), HasSubstr("record 1"), HasSubstr("label 3")));
  Tree nameless = cifar10();
  nameless.erase("batches.meta.txt");
  EXPECT_THAT(refusal(place(nameless, "nameless")), HasSubstr("nameless/batches.meta.txt"));
}

TEST_F(DatasetTest, RefusesMissingSplits) {
  Tree no_test = cifar10();
  no_test.erase("test_batch.bin");
  EXPECT_THAT(refusal(place(no_test, "a")),
              AllOf(HasSubstr("/a: has no test split"), HasSubstr("--test-data")));
  Tree no_train = cifar10();
  no_train.erase("data_batch_1.bin");
  no_train.erase("data_batch_2.bin");
  EXPECT_THAT(refusal(place(no_train, "b")), HasSubstr("/b: has no training split"));
  const std::string png = png_of(plain_picture({8, 8}, 1, 1, 1));
  EXPECT_THAT(refusal(place({{"train/cat/0.png", png}}, "c")), HasSubstr("/c: has no test split"));
  EXPECT_THAT(refusal(place({{"test/cat/0.png", png}}, "d")), HasSubstr("/d: has no training split"));
}

TEST_F(DatasetTest, RefusesAClassWithoutPicturesAndMismatchedClasses) {
  Tree empty_class = small_image_folder();
  empty_class["train/emu/"] = "";
  empty_class["test/emu/0.png"] = empty_class["test/cat/0.png"];
  EXPECT_THAT(refusal(place(empty_class, "a")), HasSubstr("a/train/emu/"));
  Tree archived = small_image_folder();
  archived["test/emu/notes.txt"] = "x";
  archived["train/emu/0.png"] = archived["train/cat/0.png"];
  EXPECT_THAT(refusal(place_file("b.tar", archive_of(archived, ArchiveKind::tar))),
              HasSubstr("b.tar: test/emu/"));
  Tree lacking = small_image_folder();
  lacking.erase("test/dog/0.png");
  EXPECT_THAT(refusal(place(lacking, "c")), AllOf(HasSubstr("c/test"), HasSubstr("dog")));
  Tree more = small_image_folder();
  more["test/emu/0.png"] = more["test/cat/0.png"];
  EXPECT_THAT(refusal(place(more, "d")), AllOf(HasSubstr("d/test"), HasSubstr("emu")));
}

TEST_F(DatasetTest, NamesArchiveAndMemberOfADamagedPicture) {
  const std::string jpeg = jpeg_of(gradient_picture({64, 64}));
  Tree tree = small_image_folder("pets/");
  tree["pets/train/dog/7.jpg"] = jpeg.substr(0, jpeg.size() / 2);
  const std::string message = refusal(place_file("pets.tar.gz", archive_of(tree, ArchiveKind::tar_gz)));
  EXPECT_THAT(message, AllOf(HasSubstr("pets.tar.gz: pets/train/dog/7.jpg: "), Not(HasSubstr("\n"))));
  EXPECT_EQ(cache_files().size(), 1u) << "only the remembered digest, nothing half imported";
}

// --- The cache. ---

TEST_F(DatasetTest, OpensAgainWithoutReadingTheSource) {
  const fs::path file = place_file("a.tar", archive_of(small_image_folder(), ArchiveKind::tar));
  const Dataset first = open(file);
  // Other content of the same size and time: only somebody who reads it can tell.
  const auto time = fs::last_write_time(file);
  write_file(file, std::string(fs::file_size(file), 'x'));
  fs::last_write_time(file, time);
  const Dataset second = open(file);
  expect_small_image_folder(second);
  EXPECT_EQ(second.digest, first.digest);
  EXPECT_EQ(second.mean, first.mean);
  EXPECT_EQ(second.standard_deviation, first.standard_deviation);
}

TEST_F(DatasetTest, ImportsAChangedSourceAnew) {
  Tree tree = small_image_folder();
  const fs::path data = place(tree);
  const Dataset before = open(data);
  tree["train/cat/0.png"] = png_of(plain_picture({8, 8}, 99, 99, 99));
  place(tree);
  fs::last_write_time(data / "train/cat/0.png", fs::file_time_type::clock::now() + std::chrono::seconds(5));
  const Dataset after = open(data);
  EXPECT_THAT(first_pixels(after.train), ElementsAre(99, 40));
  EXPECT_NE(after.digest, before.digest);
  EXPECT_THAT(first_pixels(before.train), ElementsAre(10, 40)) << "an open dataset keeps its pixels";
}

TEST_F(DatasetTest, SharesOneImportBetweenCopiesOfTheSameContent) {
  const std::string bytes = archive_of(small_image_folder(), ArchiveKind::tar);
  const Dataset a = open(place_file("a.tar", bytes));
  const Dataset b = open(place_file("b.tar", bytes));
  EXPECT_EQ(a.import, b.import);
  EXPECT_EQ(a.digest, Digest().update(bytes).hexadecimal());
}

TEST_F(DatasetTest, ReplacesADamagedImport) {
  const fs::path data = place(small_image_folder());
  const fs::path import = open(data).import;
  std::ifstream stream(import, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(stream), {}};
  const std::size_t pixel_bytes = 4 * 8 * 8 * 3;
  std::string wrong_label = whole;
  wrong_label[pixel_bytes] ^= 1;
  std::string wrong_footer = whole;
  wrong_footer[whole.size() - 70] ^= 1;
  for (const std::string& damaged :
       {std::string(), std::string("garbage"), whole.substr(0, whole.size() / 2), whole.substr(1),
        whole + "x", wrong_label, wrong_footer, std::string(whole.size(), '\0')}) {
    fs::remove(import);
    write_file(import, damaged);
    expect_small_image_folder(open(data));
    EXPECT_EQ(fs::file_size(import), whole.size());
  }
}

TEST_F(DatasetTest, LeavesOnlyImportAndDigestInTheCache) {
  open(place(small_image_folder()));
  std::vector<std::string> endings;
  for (const fs::path& file : cache_files()) endings.push_back(file.extension());
  EXPECT_THAT(endings, ::testing::UnorderedElementsAre(".ftl", ".digest"));
}

TEST_F(DatasetTest, ImportsInTwoProcessesAtOnce) {
  Tree tree = cifar10();
  for (int i = 0; i < 2000; ++i) tree["data_batch_1.bin"] += cifar_record({'\1'}, 1, 2, 3);
  const fs::path data = place(tree);
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t child = fork();
    if (child == 0) _exit(refusal(data).empty() && open(data).train.count() == 2003 ? 0 : 1);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(cache_files().size(), 2u) << "one import, one digest, no partial files";
}

TEST_F(DatasetTest, NamesACacheFolderThatCannotBeWritten) {
  place_file("file", "in the way");
  OpenOptions options;
  options.data = place(small_image_folder()).string();
  options.cache = folder / "file/cache";
  EXPECT_THAT(message_of<InputError>([&] { open_dataset(options); }),
              AllOf(HasSubstr("file/cache"), HasSubstr("FTL_CACHE")));
}

TEST_F(DatasetTest, ReportsProgressUpToTheEnd) {
  OpenOptions options;
  options.data = place(small_image_folder()).string();
  options.cache = folder / "cache";
  std::int64_t last_done = -1;
  std::int64_t last_total = -1;
  options.progress = [&](std::int64_t done, std::int64_t total) {
    EXPECT_GE(done, last_done);
    last_done = done;
    last_total = total;
  };
  open_dataset(options);
  EXPECT_EQ(last_done, 4);
  EXPECT_EQ(last_total, 4);
}

TEST(CacheFolder, FollowsTheEnvironment) {
  setenv("FTL_CACHE", "/somewhere/else", 1);
  EXPECT_EQ(cache_folder(), "/somewhere/else");
  unsetenv("FTL_CACHE");
  setenv("XDG_CACHE_HOME", "/xdg", 1);
  EXPECT_EQ(cache_folder(), "/xdg/ftl");
  unsetenv("XDG_CACHE_HOME");
  setenv("HOME", "/home/someone", 1);
  EXPECT_EQ(cache_folder(), "/home/someone/.cache/ftl");
}

// --- The built-in set. ---

// Rows: pictures as pixels in [-0.5, 0.5] and a constant.
Eigen::MatrixXf features(const Split& split) {
  const std::int64_t values = split.size().bytes();
  Eigen::MatrixXf rows(split.count(), values + 1);
  for (std::int64_t i = 0; i < split.count(); ++i) {
    const std::vector<std::uint8_t> picture = pixels_of(split, i);
    for (std::int64_t j = 0; j < values; ++j) {
      rows(i, j) = static_cast<float>(picture[static_cast<std::size_t>(j)]) / 255.0f - 0.5f;
    }
    rows(i, values) = 1;
  }
  return rows;
}

// Least squares onto one-hot labels with a ridge penalty, the largest output wins.
double linear_accuracy(const Dataset& dataset) {
  const Eigen::MatrixXf train = features(dataset.train);
  Eigen::MatrixXf targets = Eigen::MatrixXf::Zero(dataset.train.count(), dataset.classes());
  for (std::int64_t i = 0; i < dataset.train.count(); ++i) targets(i, dataset.train.label(i)) = 1;
  const Eigen::MatrixXf penalty = 100 * Eigen::MatrixXf::Identity(train.cols(), train.cols());
  Eigen::MatrixXf normal = penalty;
  normal.selfadjointView<Eigen::Lower>().rankUpdate(train.transpose());
  const Eigen::MatrixXf weights =
      normal.selfadjointView<Eigen::Lower>().llt().solve(train.transpose() * targets).eval();
  const Eigen::MatrixXf outputs = features(dataset.test) * weights;
  std::int64_t right = 0;
  for (std::int64_t i = 0; i < dataset.test.count(); ++i) {
    Eigen::Index best = 0;
    outputs.row(i).maxCoeff(&best);
    right += best == dataset.test.label(i) ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(dataset.test.count());
}

TEST_F(DatasetTest, DrawsASyntheticSetThatALinearModelFailsOn) {
  const Dataset dataset = open("synthetic");
  EXPECT_EQ(dataset.classes(), 10);
  EXPECT_EQ(dataset.train.count(), 4000);
  EXPECT_EQ(dataset.test.count(), 2000);
  EXPECT_EQ(dataset.train.size().height, 32);
  std::vector<std::int64_t> counts(10);
  for (const int label : labels(dataset.test)) ++counts[static_cast<std::size_t>(label)];
  EXPECT_THAT(counts, ::testing::Each(200));
  // A quarter of the width: enough to learn from, and the test stays quick.
  const Dataset small = open("synthetic", {}, 16);
  EXPECT_EQ(small.train.size().width, 16);
  EXPECT_LT(linear_accuracy(small), 0.5);
}

TEST_F(DatasetTest, DrawsTheSameSyntheticSetEveryTime) {
  const Dataset first = open("synthetic", {}, 8);
  fs::remove(first.import);
  const Dataset second = open("synthetic", {}, 8);
  for (const Split Dataset::*split : {&Dataset::train, &Dataset::test}) {
    ASSERT_EQ((first.*split).count(), (second.*split).count());
    for (std::int64_t i = 0; i < (first.*split).count(); ++i) {
      ASSERT_EQ(pixels_of(first.*split, i), pixels_of(second.*split, i));
    }
  }
  // No test picture is a training picture.
  EXPECT_NE(pixels_of(first.test, 0), pixels_of(first.train, 0));
}

// --- The real archive, where it is at hand. ---

TEST_F(DatasetTest, ReadsCifar10AsJpeg) {
  const fs::path archive = fs::path(FTL_SOURCE_DIR) / "../shared/data/cifar10-jpeg.tar.gz";
  if (!fs::exists(archive)) GTEST_SKIP() << "needs " << archive;
  const Dataset dataset = open(archive);
  EXPECT_THAT(dataset.class_names, ElementsAre("airplane", "automobile", "bird", "cat", "deer", "dog", "frog",
                                               "horse", "ship", "truck"));
  EXPECT_EQ(dataset.train.count(), 50000);
  EXPECT_EQ(dataset.test.count(), 5000);
  EXPECT_EQ(dataset.train.size().height, 32);
  // Of the original pixels; JPEG costs some of the deviation.
  const std::array mean = {0.4914, 0.4822, 0.4465};
  const std::array deviation = {0.2470, 0.2435, 0.2616};
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(dataset.mean[c], mean[c], 0.002);
    EXPECT_NEAR(dataset.standard_deviation[c], deviation[c], 0.004);
  }
}

}  // namespace
}  // namespace ftl::data
