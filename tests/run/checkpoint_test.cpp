#include "run/checkpoint.hpp"

#include <gmock/gmock.h>

#include <cstring>

#include "base/error.hpp"
#include "base/file.hpp"
#include "data/digest.hpp"
#include "support/temporary_folder.hpp"

namespace ftl::run {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

template <class Integer>
std::string bytes_of(Integer value) {
  std::string bytes(sizeof(value), '\0');
  std::memcpy(bytes.data(), &value, sizeof(value));
  return bytes;
}

std::string file_of(const std::string& header, const std::string& data) {
  return bytes_of(std::uint64_t{header.size()}) + header + data;
}

TEST(Checkpoint, HasTheExactBytesOfTheFormat) {
  const test::TemporaryFolder folder;
  save_checkpoint(folder / "a", {{{"recipe", "x"}}, {{"w", {2}, {1, -2}}, {"b", {}, {0.5f}}}, ""});
  const std::string data = bytes_of(0.5f) + bytes_of(1.0f) + bytes_of(-2.0f);
  std::string header = R"({"__metadata__":{"data_sha256":")" + data::Digest().update(data).hexadecimal() +
                       R"(","recipe":"x"},"b":{"data_offsets":[0,4],"dtype":"F32","shape":[]},)"
                       R"("w":{"data_offsets":[4,12],"dtype":"F32","shape":[2]}})";
  while (header.size() % 8 != 0) header += ' ';
  EXPECT_EQ(read_text(folder / "a"), file_of(header, data));
}

TEST(Checkpoint, ComesBackAsItWasSaved) {
  const test::TemporaryFolder folder;
  const Checkpoint saved{
      {{"recipe", "a \"name\"\nof two lines"}, {"seed", "7"}},
      {{"block.0", {2, 3}, {1, 2, 3, 4, 5, 1e-30f}}, {"empty", {0, 4}, {}}, {"scalar", {}, {9}}},
      ""};
  save_checkpoint(folder / "a", saved);
  const Checkpoint loaded = load_checkpoint(folder / "a");
  EXPECT_EQ(loaded.metadata, saved.metadata);
  ASSERT_EQ(loaded.tensors.size(), 3u);
  EXPECT_THAT(loaded.tensor("block.0").shape, ElementsAre(2, 3));
  EXPECT_EQ(loaded.tensor("block.0").values, saved.tensors[0].values);
  EXPECT_THAT(loaded.tensor("empty").values, IsEmpty());
  EXPECT_THAT(loaded.tensor("scalar").values, ElementsAre(9));
}

TEST(Checkpoint, AChangedWeightIsNoticed) {
  const test::TemporaryFolder folder;
  save_checkpoint(folder / "a", {{}, {{"w", {2}, {1, -2}}}, ""});
  std::string bytes = read_text(folder / "a");
  bytes.back() ^= 1;
  folder.write("a", bytes);
  EXPECT_THAT([&] { load_checkpoint(folder / "a"); }, ThrowsMessage<InputError>(HasSubstr("damaged")));
}

TEST(Checkpoint, MissingTensorIsNamedWithTheFile) {
  const test::TemporaryFolder folder;
  save_checkpoint(folder / "a.safetensors", {});
  const Checkpoint loaded = load_checkpoint(folder / "a.safetensors");
  EXPECT_THAT([&] { loaded.tensor("head"); },
              ThrowsMessage<InputError>(AllOf(HasSubstr("a.safetensors"), HasSubstr("no tensor head"))));
}

TEST(Checkpoint, RefusesToSaveWhatIsInconsistent) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(save_checkpoint(folder / "a", {{}, {{"w", {3}, {1, 2}}}, ""}), std::invalid_argument);
  EXPECT_THROW(save_checkpoint(folder / "a", {{}, {{"w", {1}, {1}}, {"w", {1}, {1}}}, ""}),
               std::invalid_argument);
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
}

TEST(Checkpoint, FolderThatIsMissingIsARunError) {
  const test::TemporaryFolder folder;
  EXPECT_THAT([&] { save_checkpoint(folder / "no" / "a", {}); }, ThrowsMessage<RunError>(HasSubstr("no/a")));
}

struct Malformed {
  std::string what;  // a test name
  std::string content;
  std::string complaint;
};

std::string with_tensor(const std::string& description, const std::string& data = std::string(8, '\0')) {
  return file_of(R"({"__metadata__":{},"w":)" + description + "}", data);
}

const Malformed kMalformed[] = {
    {"Empty", "", "too short"},
    {"ShortLength", "abc", "too short"},
    {"LengthPastTheEnd", bytes_of(std::uint64_t{100}) + "{}", "past the end"},
    {"HugeLength", bytes_of(~std::uint64_t{0}) + "{}", "past the end"},
    {"NoJson", file_of("{\"w\":", ""), "no JSON object"},
    {"JsonArray", file_of("[1]", ""), "no JSON object"},
    {"NoMetadata", file_of("{}", ""), "no __metadata__"},
    {"MetadataList", file_of(R"({"__metadata__":[]})", ""), "__metadata__"},
    {"MetadataNumber", file_of(R"({"__metadata__":{"epoch":1}})", ""), "key epoch is no string"},
    {"TensorNumber", with_tensor("1"), "tensor w"},
    {"HalfPrecision", with_tensor(R"({"dtype":"F16","shape":[4],"data_offsets":[0,8]})"),
     "\"F16\"; only \"F32\""},
    {"NoDtype", with_tensor(R"({"shape":[2],"data_offsets":[0,8]})"), "only \"F32\""},
    {"NoShape", with_tensor(R"({"dtype":"F32","data_offsets":[0,8]})"), "no shape"},
    {"NegativeShape", with_tensor(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})"), "shape [-2]"},
    {"FractionalShape", with_tensor(R"({"dtype":"F32","shape":[2.0],"data_offsets":[0,8]})"), "shape [2.0]"},
    {"HugeShape", with_tensor(R"({"dtype":"F32","shape":[8,8,8,8],"data_offsets":[0,8]})"),
     "its shape needs 16384"},
    {"OverflowingShape",
     with_tensor(
         R"({"dtype":"F32","shape":[8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8],"data_offsets":[0,8]})"),
     "cannot hold"},
    {"NoOffsets", with_tensor(R"({"dtype":"F32","shape":[2]})"), "data_offsets"},
    {"OneOffset", with_tensor(R"({"dtype":"F32","shape":[2],"data_offsets":[0]})"), "data_offsets"},
    {"OffsetsReversed", with_tensor(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"), "bytes 8 to 0"},
    {"OffsetsPastTheEnd", with_tensor(R"({"dtype":"F32","shape":[2],"data_offsets":[4,12]})"),
     "bytes 4 to 12 of 8"},
    {"ShapeNotCovered", with_tensor(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})"),
     "its shape needs 12"},
    {"CutShort", with_tensor(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})", "1234"),
     "bytes 0 to 8 of 4"},
    {"DataLeftOver", with_tensor(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})"), "8 bytes of data"},
    {"Gap", with_tensor(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})"), "gap at byte 4"},
    {"Overlap",
     with_tensor(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                 R"("v":{"dtype":"F32","shape":[1],"data_offsets":[4,8]})"),
     "overlap"},
};

class MalformedCheckpoint : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedCheckpoint, IsAnInputErrorThatNamesTheFile) {
  const test::TemporaryFolder folder;
  const auto path = folder.write("broken.safetensors", GetParam().content);
  EXPECT_THAT(
      [&] { load_checkpoint(path); },
      ThrowsMessage<InputError>(AllOf(HasSubstr("broken.safetensors"), HasSubstr(GetParam().complaint))));
}

INSTANTIATE_TEST_SUITE_P(All, MalformedCheckpoint, testing::ValuesIn(kMalformed),
                         [](const auto& tested) { return tested.param.what; });

TEST(Checkpoint, MissingFileIsAnInputError) {
  EXPECT_THAT([] { load_checkpoint("/nonexistent/c.safetensors"); },
              ThrowsMessage<InputError>(HasSubstr("/nonexistent/c.safetensors")));
}

}  // namespace
}  // namespace ftl::run
