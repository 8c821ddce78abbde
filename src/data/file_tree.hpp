// The files below a folder or inside an archive, read alike.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ftl::data {

class FileTree {
 public:
  struct File {
    std::string path;  // below root(), '/' between folders
    std::shared_ptr<const std::string>
        bytes;  // of an archive's member; a folder's files are read when asked for
  };

  // Lists a folder, or reads a tar (plain or compressed by gzip, bzip2, xz or zstd) or zip archive into
  // memory. Hidden files and macOS's "__MACOSX" and "._*" are left out. An outermost folder that holds all
  // the rest is skipped, unless it is named train, test or val. Throws InputError for a missing path, an
  // empty file, and anything that is not a whole archive.
  explicit FileTree(const std::filesystem::path& path);

  const std::vector<File>& files() const { return files_; }             // by path
  const std::vector<std::string>& folders() const { return folders_; }  // by path, empty ones included

  // The names directly below `folder` ("" or "train/") that are folders, by name.
  std::vector<std::string> folders_in(std::string_view folder) const;
  const File* find(std::string_view path) const;

  std::shared_ptr<const std::string> contents(const File& file) const;
  // What errors call the file: its path on disk, or "archive: member".
  std::string name(const File& file) const;
  std::string name(std::string_view path) const;
  std::string name() const { return path_.string(); }
  // Of a folder's file.
  std::filesystem::path on_disk(const File& file) const { return path_ / (root_ + file.path); }

 private:
  void list_folder();
  void read_archive();
  void skip_outermost_folder();

  std::filesystem::path path_;
  bool archive_ = false;
  std::string root_;  // "" or "folder/"
  std::vector<File> files_;
  std::vector<std::string> folders_;
};

}  // namespace ftl::data
