// The binary version of CIFAR (Krizhevsky, "Learning multiple layers of features from tiny images", 2009):
// records of one (CIFAR-10) or two (CIFAR-100: coarse, fine) label bytes and 32x32 pixels, the three colours
// one after another.
#include <algorithm>
#include <sstream>

#include "base/error.hpp"
#include "data/picture_reader.hpp"

namespace ftl::data {
namespace {

constexpr int kSide = 32;
constexpr std::size_t kPlane = kSide * kSide;

struct CifarFiles {
  std::vector<const FileTree::File*> train;
  std::vector<const FileTree::File*> test;
  const char* names = "";
  std::size_t label_bytes = 1;

  std::size_t record_bytes() const { return label_bytes + 3 * kPlane; }
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

class CifarReader : public PictureReader {
 public:
  CifarReader(const FileTree& tree, const CifarFiles& found, PictureSize wanted) : layout_(found) {
    class_names = read_class_names(tree, found.names);
    size = wanted == PictureSize{} ? PictureSize{kSide, kSide} : wanted;
    for (const FileTree::File* file : found.train) add(tree, *file);
    train_count = static_cast<std::int64_t>(records_.size());
    for (const FileTree::File* file : found.test) add(tree, *file);
  }

  void read(std::int64_t index, std::span<std::uint8_t> pixels) const override {
    const char* planes = records_[static_cast<std::size_t>(index)] + layout_.label_bytes;
    std::vector<std::uint8_t> interleaved(3 * kPlane);
    for (std::size_t i = 0; i < interleaved.size(); ++i) {
      interleaved[i] = static_cast<std::uint8_t>(planes[i % 3 * kPlane + i / 3]);
    }
    resize(interleaved, {kSide, kSide}, size, pixels);
  }

 private:
  void add(const FileTree& tree, const FileTree::File& file) {
    const std::string& bytes = *contents_.emplace_back(tree.contents(file));
    const std::size_t record_bytes = layout_.record_bytes();
    if (bytes.empty() || bytes.size() % record_bytes != 0) {
      throw InputError("{}: {} bytes, not a whole number of {}-byte CIFAR records", tree.name(file),
                       bytes.size(), record_bytes);
    }
    for (std::size_t offset = 0; offset < bytes.size(); offset += record_bytes) {
      const auto label = static_cast<unsigned char>(bytes[offset + layout_.label_bytes - 1]);
      if (label >= class_names.size()) {
        throw InputError("{}: record {} has label {}; {} names {} classes", tree.name(file),
                         offset / record_bytes, label, layout_.names, class_names.size());
      }
      labels.push_back(label);
      records_.push_back(bytes.data() + offset);
    }
  }

  CifarFiles layout_;
  std::vector<std::shared_ptr<const std::string>> contents_;
  std::vector<const char*> records_;
};

}  // namespace

std::unique_ptr<PictureReader> read_cifar(const FileTree& tree, PictureSize size) {
  for (const CifarFiles& found : {find_cifar10(tree), find_cifar100(tree)}) {
    if (!found.train.empty() || !found.test.empty()) return std::make_unique<CifarReader>(tree, found, size);
  }
  return nullptr;
}

}  // namespace ftl::data
