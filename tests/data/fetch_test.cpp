#include "data/fetch.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "data/digest.hpp"
#include "data/files.hpp"
#include "support/temporary_folder.hpp"

namespace ftl::data {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

// An archive "published" in a folder of this machine.
class FetchTest : public ::testing::Test {
 protected:
  FetchTest() { folder.write("published/set.bin", contents); }

  Publication published() const { return {"set", address, "set.bin", md5}; }
  std::size_t files_in_target() const {
    const auto entries = fs::directory_iterator(folder / "target");
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
  }

  test::TemporaryFolder folder;
  std::string contents = std::string(300003, 'x');
  std::string address = "file://" + (folder / "published/").string();
  std::string md5 = Digest("MD5").update(contents).hexadecimal();
};

TEST_F(FetchTest, DownloadsAndReportsProgress) {
  std::int64_t last = 0;
  const fs::path path =
      fetch(published(), folder / "target", [&](std::int64_t done, std::int64_t) { last = done; });
  EXPECT_EQ(path, folder / "target/set.bin");
  EXPECT_EQ(read_text(path), contents);
  EXPECT_EQ(last, 300003);
  EXPECT_EQ(files_in_target(), 1u);
}

TEST_F(FetchTest, KeepsAWholeFileAndReplacesADamagedOne) {
  const fs::path path = fetch(published(), folder / "target");
  fs::remove_all(folder / "published");
  EXPECT_EQ(fetch(published(), folder / "target"), path);
  folder.write("target/set.bin", "damaged");
  EXPECT_THROW(fetch(published(), folder / "target"), RunError);
  folder.write("published/set.bin", contents);
  fetch(published(), folder / "target");
  EXPECT_EQ(read_text(path), contents);
}

TEST_F(FetchTest, LeavesNothingBehindWhenItCannotFetch) {
  Publication missing = published();
  missing.file = "missing.bin";
  EXPECT_THAT(message_of<RunError>([&] { fetch(missing, folder / "target"); }),
              AllOf(HasSubstr("published/missing.bin: cannot be fetched"), Not(HasSubstr("\n"))));
  EXPECT_EQ(files_in_target(), 0u);
}

TEST_F(FetchTest, RefusesAnotherDigest) {
  Publication other = published();
  other.md5 = "00000000000000000000000000000000";
  EXPECT_THAT(message_of<RunError>([&] { fetch(other, folder / "target"); }),
              AllOf(HasSubstr(md5), HasSubstr(std::string(other.md5))));
  EXPECT_EQ(files_in_target(), 0u);
}

TEST(Publication, KnowsBothCifars) {
  EXPECT_EQ(publication("cifar10").file, "cifar-10-binary.tar.gz");
  EXPECT_EQ(publication("cifar100").file, "cifar-100-binary.tar.gz");
  EXPECT_THAT(message_of<InputError>([] { publication("mnist"); }),
              AllOf(HasSubstr("mnist"), HasSubstr("cifar10")));
}

TEST(FindDataset, LooksInTheEnvironmentThenForAFetchedArchive) {
  const test::TemporaryFolder folder;
  setenv("FTL_CACHE", folder.path().c_str(), 1);
  unsetenv("FTL_DATA");
  EXPECT_EQ(find_dataset(), std::nullopt);
  const std::string fetched = folder.write("cifar-10-binary.tar.gz", "archive");
  EXPECT_EQ(find_dataset(), fetched);
  setenv("FTL_DATA", "/my/own", 1);
  EXPECT_EQ(find_dataset(), "/my/own");
  unsetenv("FTL_DATA");
  unsetenv("FTL_CACHE");
}

}  // namespace
}  // namespace ftl::data
