#include <algorithm>
#include <iterator>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/thread_pool.hpp"
#include "data/picture_reader.hpp"
#include "machine/limits.hpp"

namespace ftl::data {
namespace {

constexpr PictureSize kDefaultSize{32, 32};

using Files = std::vector<const FileTree::File*>;

// The pictures anywhere below `folder`, by path.
Files pictures_below(const FileTree& tree, const std::string& folder) {
  const auto& files = tree.files();
  auto file =
      std::lower_bound(files.begin(), files.end(), folder,
                       [](const FileTree::File& a, const std::string& path) { return a.path < path; });
  Files found;
  for (; file != files.end() && file->path.starts_with(folder); ++file) {
    if (has_picture_extension(file->path)) found.push_back(&*file);
  }
  return found;
}

std::string missing_from(const std::vector<std::string>& all, const std::vector<std::string>& some) {
  std::vector<std::string> missing;
  std::set_difference(all.begin(), all.end(), some.begin(), some.end(), std::back_inserter(missing));
  return fmt::format("{}", fmt::join(missing, ", "));
}

class ImageFolderReader : public PictureReader {
 public:
  ImageFolderReader(FileTree tree, PictureSize wanted) : tree_(std::move(tree)) {
    const bool has_train = has_folder("train");
    const std::string test = has_folder("test")  ? "test/"
                             : has_folder("val") ? "val/"
                             : has_train         ? ""
                                                 : "./";
    if (has_train) add_split("train/");
    train_count = static_cast<std::int64_t>(labels.size());
    if (!test.empty()) add_split(test == "./" ? "" : test);
    size = wanted == PictureSize{} ? common_size() : wanted;
  }

  void read(std::int64_t index, std::span<std::uint8_t> pixels) const override {
    const FileTree::File& file = *pictures_[static_cast<std::size_t>(index)];
    const Picture picture = decode_picture(*tree_.contents(file), tree_.name(file));
    resize(picture.pixels, picture.size, size, pixels);
  }

 private:
  bool has_folder(std::string_view name) const {
    return std::binary_search(tree_.folders().begin(), tree_.folders().end(), name);
  }

  void add_split(const std::string& split) {
    const std::vector<std::string> names = tree_.folders_in(split);
    if (names.empty()) throw InputError("{}: has no class folders", tree_.name(split));
    if (class_names.empty()) class_names = names;
    check_same_classes(split, names);
    for (std::size_t label = 0; label < names.size(); ++label) {
      const std::string folder = split + names[label] + "/";
      const Files found = pictures_below(tree_, folder);
      if (found.empty()) throw InputError("{}: a class folder without JPEG or PNG files", tree_.name(folder));
      pictures_.insert(pictures_.end(), found.begin(), found.end());
      labels.insert(labels.end(), found.size(), static_cast<std::int32_t>(label));
    }
  }

  void check_same_classes(const std::string& split, const std::vector<std::string>& names) const {
    const std::string missing = missing_from(class_names, names);
    const std::string extra = missing_from(names, class_names);
    if (!missing.empty())
      throw InputError("{}: lacks classes that train/ has: {}", tree_.name(split), missing);
    if (!extra.empty()) throw InputError("{}: has classes that train/ lacks: {}", tree_.name(split), extra);
  }

  PictureSize common_size() const {
    std::vector<PictureSize> sizes(pictures_.size());
    ThreadPool pool(default_threads());
    pool.parallel_for(static_cast<std::int64_t>(sizes.size()), [&](std::int64_t item, int) {
      throw_if_interrupted();
      const auto index = static_cast<std::size_t>(item);
      const FileTree::File& file = *pictures_[index];
      sizes[index] = picture_size(*tree_.contents(file), tree_.name(file));
    });
    const bool same =
        std::all_of(sizes.begin(), sizes.end(), [&](PictureSize one) { return one == sizes[0]; });
    return same ? sizes[0] : kDefaultSize;
  }

  FileTree tree_;
  Files pictures_;
};

}  // namespace

std::unique_ptr<PictureReader> read_image_folder(FileTree tree, PictureSize size) {
  const bool any = std::any_of(tree.files().begin(), tree.files().end(), [](const FileTree::File& file) {
    return file.path.find('/') != std::string::npos && has_picture_extension(file.path);
  });
  return any ? std::make_unique<ImageFolderReader>(std::move(tree), size) : nullptr;
}

}  // namespace ftl::data
