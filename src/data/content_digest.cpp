#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/interrupt.hpp"
#include "data/cache.hpp"
#include "data/digest.hpp"
#include "data/file_tree.hpp"

namespace ftl::data {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kPartBytes = std::size_t{16} << 20;

// What changes when somebody writes to the file: its size in bytes and its modification time in nanoseconds.
std::string file_stamp(const fs::path& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) throw InputError("{}: no such file or folder", path.string());
  return fmt::format("{} {}.{:09}", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

std::string stamp(const fs::path& source) {
  if (!fs::is_directory(source)) return file_stamp(source);
  const FileTree tree(source);
  Digest digest;
  for (const FileTree::File& file : tree.files()) {
    digest.update(fmt::format("{} {}\n", file.path, file_stamp(tree.on_disk(file))));
  }
  for (const std::string& folder : tree.folders()) digest.update(folder + "/\n");
  return digest.hexadecimal();
}

std::string compute_digest(const fs::path& source) {
  Digest digest;
  if (!fs::is_directory(source)) {
    const MappedFile file(source);
    std::string_view rest(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
    for (; !rest.empty(); rest.remove_prefix(std::min(rest.size(), kPartBytes))) {
      throw_if_interrupted();
      digest.update(rest.substr(0, kPartBytes));
    }
    return digest.hexadecimal();
  }
  const FileTree tree(source);
  for (const FileTree::File& file : tree.files()) {
    throw_if_interrupted();
    const auto contents = tree.contents(file);
    digest.update(fmt::format("{} {}\n", file.path, contents->size())).update(*contents);
  }
  for (const std::string& folder : tree.folders()) digest.update(folder + "/\n");
  return digest.hexadecimal();
}

}  // namespace

std::string content_digest(const fs::path& source, const fs::path& cache) {
  const std::string current = stamp(source) + "\n";
  const std::string key = Digest().update(fs::weakly_canonical(source).string()).hexadecimal();
  const fs::path known = cache / (key.substr(0, 32) + ".digest");
  if (fs::exists(known)) {
    const std::string text = read_text(known);
    if (text.starts_with(current)) return text.substr(current.size());
  }
  const std::string digest = compute_digest(source);
  make_writable_folder(cache, kCacheAdvice);
  write_text_atomically(known, current + digest);
  return digest;
}

void make_writable_folder(const fs::path& folder, std::string_view advice) {
  std::error_code error;
  fs::create_directories(folder, error);
  const bool writable = !error && access(folder.c_str(), W_OK) == 0;
  if (!writable) throw InputError("{}: this folder cannot be written; {}", folder.string(), advice);
}

}  // namespace ftl::data
