#include "data/file_tree.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/interrupt.hpp"

namespace ftl::data {
namespace fs = std::filesystem;
namespace {

bool is_junk(const fs::path& path) {
  return std::any_of(path.begin(), path.end(), [](const fs::path& part) {
    return part.string().starts_with('.') || part == "__MACOSX";
  });
}

bool is_split_name(std::string_view name) {
  return name == "train" || name == "test" || name == "val";
}

class Archive {
 public:
  explicit Archive(const fs::path& path) : path_(path), archive_(archive_read_new(), archive_read_free) {
    archive_read_support_filter_gzip(archive_.get());
    archive_read_support_filter_bzip2(archive_.get());
    archive_read_support_filter_xz(archive_.get());
    archive_read_support_filter_zstd(archive_.get());
    archive_read_support_format_tar(archive_.get());
    archive_read_support_format_zip(archive_.get());
    constexpr std::size_t kBlockBytes = 1 << 20;
    if (archive_read_open_filename(archive_.get(), path.c_str(), kBlockBytes) != ARCHIVE_OK) fail();
  }

  // The next member, null after the last.
  archive_entry* next() {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(archive_.get(), &entry);
    if (status == ARCHIVE_EOF) return nullptr;
    if (status < ARCHIVE_WARN) fail();
    return entry;
  }

  std::string contents(std::string_view member) {
    std::string bytes;
    std::array<char, 1 << 16> part;
    la_ssize_t read = 0;
    while ((read = archive_read_data(archive_.get(), part.data(), part.size())) > 0) {
      throw_if_interrupted();
      bytes.append(part.data(), static_cast<std::size_t>(read));
    }
    if (read < 0) {
      throw InputError("{}: {}: damaged or cut off: {}", path_.string(), member, reason());
    }
    return bytes;
  }

 private:
  std::string reason() const {
    const char* text = archive_error_string(archive_.get());
    return text == nullptr ? "unknown error" : text;
  }
  [[noreturn]] void fail() const {
    throw InputError("{}: cannot be read as a tar or zip archive: {}", path_.string(), reason());
  }

  fs::path path_;
  std::unique_ptr<archive, int (*)(archive*)> archive_;
};

std::string normal_path(archive_entry* entry) {
  const char* path = archive_entry_pathname(entry);
  if (path == nullptr) path = archive_entry_pathname_utf8(entry);
  std::string text = path == nullptr ? "" : fs::path(path).lexically_normal().generic_string();
  while (text.ends_with('/')) text.pop_back();
  return text == "." ? "" : text;
}

}  // namespace

FileTree::FileTree(const fs::path& path) : path_(path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) throw InputError("{}: no such file or folder", path.string());
  archive_ = !fs::is_directory(status);
  if (archive_) {
    if (!fs::is_regular_file(status)) throw InputError("{}: neither a file nor a folder", path.string());
    if (fs::file_size(path, error) == 0) throw InputError("{}: an empty file", path.string());
    read_archive();
  } else {
    list_folder();
  }
  std::sort(files_.begin(), files_.end(), [](const File& a, const File& b) { return a.path < b.path; });
  std::sort(folders_.begin(), folders_.end());
  folders_.erase(std::unique(folders_.begin(), folders_.end()), folders_.end());
  skip_outermost_folder();
}

void FileTree::list_folder() {
  try {
    const auto options = fs::directory_options::follow_directory_symlink;
    for (auto entry = fs::recursive_directory_iterator(path_, options); entry != end(entry); ++entry) {
      const fs::path relative = entry->path().lexically_relative(path_);
      const bool folder = entry->is_directory();
      if (is_junk(relative)) {
        if (folder) entry.disable_recursion_pending();
      } else if (folder) {
        folders_.push_back(relative.generic_string());
      } else if (entry->is_regular_file()) {
        files_.push_back({relative.generic_string(), nullptr});
      }
    }
  } catch (const fs::filesystem_error& error) {
    throw InputError("{}: cannot be listed: {}", error.path1().string(), error.code().message());
  }
}

void FileTree::read_archive() {
  Archive archive(path_);
  while (archive_entry* entry = archive.next()) {
    const std::string path = normal_path(entry);
    if (path.empty() || is_junk(path)) continue;
    // Many archives name only their files.
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      std::string folder = path.substr(0, slash);
      if (folders_.empty() || folders_.back() != folder) folders_.push_back(std::move(folder));
    }
    if (archive_entry_filetype(entry) == AE_IFDIR) folders_.push_back(path);
    if (archive_entry_filetype(entry) == AE_IFREG) {
      files_.push_back({path, std::make_shared<const std::string>(archive.contents(path))});
    }
  }
}

void FileTree::skip_outermost_folder() {
  const std::vector<std::string> outermost = folders_in("");
  const bool files_outside = std::any_of(files_.begin(), files_.end(), [](const File& file) {
    return file.path.find('/') == std::string::npos && file.path.ends_with(".bin");
  });
  if (outermost.size() != 1 || files_outside || is_split_name(outermost.front())) return;
  const std::string prefix = outermost.front() + "/";
  root_ += prefix;
  std::erase_if(files_, [&](const File& file) { return !file.path.starts_with(prefix); });
  std::erase_if(folders_, [&](const std::string& folder) { return !folder.starts_with(prefix); });
  for (File& file : files_) file.path.erase(0, prefix.size());
  for (std::string& folder : folders_) folder.erase(0, prefix.size());
  skip_outermost_folder();
}

std::vector<std::string> FileTree::folders_in(std::string_view folder) const {
  std::vector<std::string> names;
  for (const std::string& path : folders_) {
    if (!path.starts_with(folder)) continue;
    std::string name = path.substr(folder.size());
    if (!name.empty() && name.find('/') == std::string::npos) names.push_back(std::move(name));
  }
  return names;
}

const FileTree::File* FileTree::find(std::string_view path) const {
  const auto at =
      std::lower_bound(files_.begin(), files_.end(), path,
                       [](const File& file, std::string_view wanted) { return file.path < wanted; });
  return at != files_.end() && at->path == path ? &*at : nullptr;
}

std::shared_ptr<const std::string> FileTree::contents(const File& file) const {
  return file.bytes != nullptr ? file.bytes : std::make_shared<const std::string>(read_text(on_disk(file)));
}

std::string FileTree::name(const File& file) const {
  return name(std::string_view(file.path));
}

std::string FileTree::name(std::string_view path) const {
  const std::string inside = root_ + std::string(path);
  return archive_ ? fmt::format("{}: {}", path_.string(), inside) : (path_ / inside).string();
}

}  // namespace ftl::data
