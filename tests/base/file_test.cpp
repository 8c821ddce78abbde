#include "base/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "support/temporary_folder.hpp"
#include "support/unprivileged.hpp"

namespace ftl {
namespace {

using test::TemporaryFolder;
using test::Unprivileged;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::vector<std::string> names_in(const TemporaryFolder& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

TEST(ReadText, ReturnsTheWholeFile) {
  const TemporaryFolder folder;
  const std::string text("two\r\nlines and a \0 zero", 23);
  EXPECT_EQ(read_text(folder.write("text", text)), text);
  EXPECT_EQ(read_text(folder.write("empty", "")), "");
}

TEST(ReadText, NamesAFileThatCannotBeRead) {
  const TemporaryFolder folder;
  EXPECT_THAT([&] { read_text(folder / "absent"); }, ThrowsMessage<InputError>(HasSubstr("absent")));
  EXPECT_THAT([&] { read_text(folder.path()); },
              ThrowsMessage<InputError>(HasSubstr(folder.path().string())));
}

TEST(AtomicFile, AppearsWholeAtCommitAndNotBefore) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "result");
  file.write("first ");
  file.write("second");
  EXPECT_FALSE(std::filesystem::exists(folder / "result"));
  file.commit();
  EXPECT_EQ(read_text(folder / "result"), "first second");
  EXPECT_THAT(names_in(folder), testing::ElementsAre("result"));
}

TEST(AtomicFile, LeavesNothingWithoutACommit) {
  const TemporaryFolder folder;
  { AtomicFile(folder / "result").write("half"); }
  EXPECT_THAT(names_in(folder), testing::IsEmpty());
}

TEST(AtomicFile, KeepsTheOldFileUntilCommit) {
  const TemporaryFolder folder;
  folder.write("result", "old");
  { AtomicFile(folder / "result").write("abandoned"); }
  EXPECT_EQ(read_text(folder / "result"), "old");
  write_text_atomically(folder / "result", "new");
  EXPECT_EQ(read_text(folder / "result"), "new");
}

TEST(AtomicFile, NamesAPathThatCannotBeWritten) {
  const TemporaryFolder folder;
  EXPECT_THAT([&] { AtomicFile(folder / "absent/result"); },
              ThrowsMessage<RunError>(HasSubstr((folder / "absent/result").string())));
  // A folder at the final name: the rename must fail, and leave nothing behind.
  std::filesystem::create_directories(folder / "taken/inside");
  EXPECT_THAT([&] { write_text_atomically(folder / "taken", "text"); },
              ThrowsMessage<RunError>(HasSubstr("taken")));
  EXPECT_THAT(names_in(folder), testing::ElementsAre("taken"));
}

TEST(AtomicFile, ReportsAReadOnlyFolder) {
  const TemporaryFolder folder;
  const Unprivileged user(folder.path());
  std::filesystem::permissions(folder.path(),
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  EXPECT_THAT([&] { AtomicFile(folder / "result"); },
              ThrowsMessage<RunError>(HasSubstr("Permission denied")));
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
}

TEST(AtomicFile, ReportsAFullDisk) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  // The temporary name is the path and a suffix, so a link there sends the bytes to a device that is always
  // full.
  const TemporaryFolder folder;
  std::filesystem::create_symlink("/dev/full", folder / ("result.partial." + std::to_string(getpid())));
  AtomicFile file(folder / "result");
  EXPECT_THAT([&] { file.write("text"); }, ThrowsMessage<RunError>(HasSubstr("No space left")));
}

std::string text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

TEST(MappedFile, ShowsTheFilesBytes) {
  const TemporaryFolder folder;
  EXPECT_EQ(text_of(MappedFile(folder.write("data", "some bytes"))), "some bytes");
  EXPECT_TRUE(MappedFile(folder.write("empty", "")).bytes().empty());
}

TEST(MappedFile, OutlivesTheFilesNameAndMoves) {
  const TemporaryFolder folder;
  MappedFile file(folder.write("data", "some bytes"));
  std::filesystem::remove(folder / "data");
  MappedFile moved(std::move(file));
  EXPECT_EQ(text_of(moved), "some bytes");
  MappedFile other(folder.write("other", "more"));
  other = std::move(moved);
  EXPECT_EQ(text_of(other), "some bytes");
}

TEST(MappedFile, NamesWhatItCannotMap) {
  const TemporaryFolder folder;
  EXPECT_THAT([&] { MappedFile(folder / "absent"); }, ThrowsMessage<InputError>(HasSubstr("absent")));
  EXPECT_THAT([&] { MappedFile(folder.path()); }, ThrowsMessage<InputError>(HasSubstr("not a regular file")));
}

}  // namespace
}  // namespace ftl
