#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <vector>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/thread_pool.hpp"
#include "data/readers.hpp"
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

// The files of one split.
class ImageFolderSource final : public Source {
 public:
  explicit ImageFolderSource(std::shared_ptr<const FileTree> tree) : tree_(std::move(tree)) {}

  void add(const Files& files, std::int32_t label) {
    pictures_.insert(pictures_.end(), files.begin(), files.end());
    labels_.insert(labels_.end(), files.size(), label);
  }

  std::int64_t count() const override { return static_cast<std::int64_t>(pictures_.size()); }
  std::int32_t label(std::int64_t index) const override { return labels_[static_cast<std::size_t>(index)]; }
  PictureSize size(std::int64_t index) const override {
    const FileTree::File& file = *pictures_[static_cast<std::size_t>(index)];
    return picture_size(*tree_->contents(file), tree_->name(file));
  }

  std::span<const std::uint8_t> read(std::int64_t index, PictureSize size,
                                     std::vector<std::uint8_t>& room) const override {
    const FileTree::File& file = *pictures_[static_cast<std::size_t>(index)];
    const Picture picture = decode_picture(*tree_->contents(file), tree_->name(file));
    room.resize(static_cast<std::size_t>(size.bytes()));
    resize(picture.pixels, picture.size, size, room);
    return room;
  }

 private:
  std::shared_ptr<const FileTree> tree_;
  Files pictures_;
  std::vector<std::int32_t> labels_;
};

// Finds the splits and their classes.
class ImageFolderReader {
 public:
  explicit ImageFolderReader(FileTree tree) : tree_(std::make_shared<const FileTree>(std::move(tree))) {}

  Dataset read(PictureSize wanted) {
    const bool has_train = has_folder("train");
    const std::string test = has_folder("test")  ? "test/"
                             : has_folder("val") ? "val/"
                             : has_train         ? ""
                                                 : "./";
    const auto train_source = has_train ? split("train/") : no_pictures();
    const auto test_source = test.empty() ? no_pictures() : split(test == "./" ? "" : test);
    const PictureSize size = wanted == PictureSize{} ? common_size({train_source, test_source}) : wanted;
    Dataset dataset;
    dataset.class_names = class_names_;
    dataset.train = {train_source, size};
    dataset.test = {test_source, size};
    return dataset;
  }

 private:
  using SourcePointer = std::shared_ptr<const ImageFolderSource>;

  bool has_folder(std::string_view name) const {
    return std::binary_search(tree_->folders().begin(), tree_->folders().end(), name);
  }

  SourcePointer no_pictures() const { return std::make_shared<const ImageFolderSource>(tree_); }

  SourcePointer split(const std::string& split) {
    const std::vector<std::string> names = tree_->folders_in(split);
    if (names.empty()) throw InputError("{}: has no class folders", tree_->name(split));
    if (class_names_.empty()) class_names_ = names;
    check_same_classes(split, names);
    const auto source = std::make_shared<ImageFolderSource>(tree_);
    for (std::size_t label = 0; label < names.size(); ++label) {
      const std::string folder = split + names[label] + "/";
      const Files found = pictures_below(*tree_, folder);
      if (found.empty()) {
        throw InputError("{}: a class folder without JPEG or PNG files", tree_->name(folder));
      }
      source->add(found, static_cast<std::int32_t>(label));
    }
    return source;
  }

  void check_same_classes(const std::string& split, const std::vector<std::string>& names) const {
    const std::string missing = missing_from(class_names_, names);
    const std::string extra = missing_from(names, class_names_);
    if (!missing.empty())
      throw InputError("{}: lacks classes that train/ has: {}", tree_->name(split), missing);
    if (!extra.empty()) throw InputError("{}: has classes that train/ lacks: {}", tree_->name(split), extra);
  }

  static PictureSize common_size(const std::array<SourcePointer, 2>& sources) {
    ThreadPool pool(default_threads());
    std::vector<PictureSize> sizes;
    for (const SourcePointer& source : sources) {
      std::vector<PictureSize> of_source(static_cast<std::size_t>(source->count()));
      pool.parallel_for(source->count(), [&](std::int64_t index, int) {
        throw_if_interrupted();
        of_source[static_cast<std::size_t>(index)] = source->size(index);
      });
      sizes.insert(sizes.end(), of_source.begin(), of_source.end());
    }
    const bool same =
        std::all_of(sizes.begin(), sizes.end(), [&](PictureSize one) { return one == sizes[0]; });
    return same ? sizes[0] : kDefaultSize;
  }

  std::shared_ptr<const FileTree> tree_;
  std::vector<std::string> class_names_;
};

}  // namespace

std::optional<Dataset> read_image_folder(FileTree tree, PictureSize size) {
  const bool any = std::any_of(tree.files().begin(), tree.files().end(), [](const FileTree::File& file) {
    return file.path.find('/') != std::string::npos && has_picture_extension(file.path);
  });
  if (!any) return std::nullopt;
  return ImageFolderReader(std::move(tree)).read(size);
}

}  // namespace ftl::data
