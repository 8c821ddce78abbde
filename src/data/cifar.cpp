// The binary version of CIFAR (Krizhevsky, "Learning multiple layers of features from tiny images", 2009):
// records of one (CIFAR-10) or two (CIFAR-100: coarse, fine) label bytes and 32x32 pixels, the three colours
// one after another.
#include <algorithm>
#include <sstream>

#include "base/error.hpp"
#include "data/readers.hpp"

namespace ftl::data {
namespace {

constexpr int kSide = 32;
constexpr PictureSize kSize{kSide, kSide};
constexpr std::size_t kPlane = kSide * kSide;

struct CifarFiles {
  std::vector<const FileTree::File*> train;
  std::vector<const FileTree::File*> test;
  const char* names = "";
  std::size_t label_bytes = 1;
};

void add_if_present(const FileTree& tree, std::string_view path, std::vector<const FileTree::File*>& files) {
  if (const FileTree::File* file = tree.find(path)) files.push_back(file);
}

CifarFiles find_cifar10(const FileTree& tree) {
  CifarFiles found{{}, {}, "batches.meta.txt", 1};
  for (const FileTree::File& file : tree.files()) {
    if (file.path.starts_with("data_batch_") && file.path.ends_with(".bin")) found.train.push_back(&file);
  }
  add_if_present(tree, "test_batch.bin", found.test);
  return found;
}

CifarFiles find_cifar100(const FileTree& tree) {
  CifarFiles found{{}, {}, "fine_label_names.txt", 2};
  add_if_present(tree, "train.bin", found.train);
  add_if_present(tree, "test.bin", found.test);
  return found;
}

std::vector<std::string> read_class_names(const FileTree& tree, std::string_view path) {
  const FileTree::File* file = tree.find(path);
  if (file == nullptr) throw InputError("{}: missing; it names the classes", tree.name(path));
  std::istringstream lines(*tree.contents(*file));
  std::vector<std::string> names;
  for (std::string name; lines >> name;) names.push_back(std::move(name));
  if (names.empty()) throw InputError("{}: names no classes", tree.name(path));
  return names;
}

// The records of one split's files.
class CifarSource final : public Source {
 public:
  explicit CifarSource(std::size_t label_bytes) : label_bytes_(label_bytes) {}

  // `names`: the file that names the classes.
  void add(const FileTree& tree, const FileTree::File& file, const char* names, std::size_t classes) {
    const std::string& bytes = *contents_.emplace_back(tree.contents(file));
    const std::size_t record_bytes = label_bytes_ + 3 * kPlane;
    if (bytes.empty() || bytes.size() % record_bytes != 0) {
      throw InputError("{}: {} bytes, not a whole number of {}-byte CIFAR records", tree.name(file),
                       bytes.size(), record_bytes);
    }
    for (std::size_t offset = 0; offset < bytes.size(); offset += record_bytes) {
      records_.push_back(bytes.data() + offset);
      const std::int32_t label = this->label(count() - 1);
      if (static_cast<std::size_t>(label) >= classes) {
        throw InputError("{}: record {} has label {}; {} names {} classes", tree.name(file),
                         offset / record_bytes, label, names, classes);
      }
    }
  }

  std::int64_t count() const override { return static_cast<std::int64_t>(records_.size()); }
  std::int32_t label(std::int64_t index) const override {
    return static_cast<unsigned char>(records_[static_cast<std::size_t>(index)][label_bytes_ - 1]);
  }
  PictureSize size(std::int64_t) const override { return kSize; }

  std::span<const std::uint8_t> read(std::int64_t index, PictureSize size,
                                     std::vector<std::uint8_t>& room) const override {
    const char* planes = records_[static_cast<std::size_t>(index)] + label_bytes_;
    std::vector<std::uint8_t> interleaved(3 * kPlane);
    for (std::size_t i = 0; i < interleaved.size(); ++i) {
      interleaved[i] = static_cast<std::uint8_t>(planes[i % 3 * kPlane + i / 3]);
    }
    room.resize(static_cast<std::size_t>(size.bytes()));
    resize(interleaved, kSize, size, room);
    return room;
  }

 private:
  std::size_t label_bytes_;
  std::vector<std::shared_ptr<const std::string>> contents_;
  std::vector<const char*> records_;
};

Dataset open_files(const FileTree& tree, const CifarFiles& found, PictureSize wanted) {
  Dataset dataset;
  dataset.class_names = read_class_names(tree, found.names);
  const auto split_of = [&](const std::vector<const FileTree::File*>& files) {
    const auto source = std::make_shared<CifarSource>(found.label_bytes);
    for (const FileTree::File* file : files)
      source->add(tree, *file, found.names, dataset.class_names.size());
    return Split(source, wanted == PictureSize{} ? kSize : wanted);
  };
  dataset.train = split_of(found.train);
  dataset.test = split_of(found.test);
  return dataset;
}

}  // namespace

std::optional<Dataset> read_cifar(const FileTree& tree, PictureSize size) {
  for (const CifarFiles& found : {find_cifar10(tree), find_cifar100(tree)}) {
    if (!found.train.empty() || !found.test.empty()) return open_files(tree, found, size);
  }
  return std::nullopt;
}

}  // namespace ftl::data
