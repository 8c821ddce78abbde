#include "data/dataset.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/error.hpp"
#include "data/cache.hpp"
#include "data/digest.hpp"
#include "data/readers.hpp"

namespace ftl::data {
namespace fs = std::filesystem;
namespace {

constexpr const char* kSynthetic = "synthetic";

// With pictures that are decoded whenever they are read.
Dataset read_original(const std::string& data, PictureSize size) {
  if (data == kSynthetic) return draw_synthetic(size);
  FileTree tree(data);
  if (auto dataset = read_cifar(tree, size)) return *dataset;
  if (auto dataset = read_image_folder(std::move(tree), size)) return *dataset;
  throw InputError(
      "{}: no dataset found: neither CIFAR binary files (data_batch_1.bin or train.bin) nor train/ and test/ "
      "with a "
      "folder of JPEG or PNG files for each class",
      data);
}

// By RFC 3629: neither overlong forms nor surrogates.
bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || text.size() < length) return false;
    for (std::size_t i = 1; i < length; ++i) {
      if ((byte(i) & 0xc0) != 0x80) return false;
    }
    if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
        (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)) {
      return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

// Checkpoints and JSON files can hold no other text.
void check_class_names(const std::string& data, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (!is_utf8(name))
      throw InputError("{}: a class's name that is not UTF-8, \"{}\"; rename it", data, name);
  }
}

std::string digest_of(const std::string& data, const fs::path& cache) {
  if (data == kSynthetic) return Digest().update("synthetic 3").hexadecimal();
  return content_digest(data, cache);
}

// The import of what `data` names, at {} its own size; its splits may be empty.
Dataset open_imported(const std::string& data, PictureSize size, const OpenOptions& options) {
  const fs::path cache = options.cache.empty() ? cache_folder() : options.cache;
  const std::string digest = digest_of(data, cache);
  const std::string size_name = size == PictureSize{} ? "" : fmt::format("-{}x{}", size.width, size.height);
  const fs::path path = cache / (digest.substr(0, 32) + size_name + ".ftl");
  std::optional<Dataset> dataset = open_import(path);
  if (!dataset) {
    make_writable_folder(cache, kCacheAdvice);
    const Dataset original = read_original(data, size);
    check_class_names(data, original.class_names);
    write_import(original, path, options.progress);
    dataset = open_import(path);
    if (!dataset) throw RunError("{}: was not written whole", path.string());
  }
  check_class_names(data, dataset->class_names);  // imports of earlier versions may hold any
  dataset->name = dataset_name(data);
  dataset->digest = digest;
  dataset->import = path;
  return *dataset;
}

void check_same_classes(const std::string& data, const Dataset& train, const std::string& test_data,
                        const Dataset& test) {
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const std::string& name : train.class_names) {
    if (!has(test.class_names, name)) throw InputError("{}: lacks class {} of {}", test_data, name, data);
  }
  for (const std::string& name : test.class_names) {
    if (!has(train.class_names, name))
      throw InputError("{}: has class {}, which {} lacks", test_data, name, data);
  }
  if (test.class_names != train.class_names) {
    throw InputError("{}: has the classes of {} in another order", test_data, data);
  }
}

void take_test_split(Dataset& dataset, const OpenOptions& options) {
  const Dataset other = open_imported(options.test_data, dataset.train.size(), options);
  if (other.test.count() == 0) throw InputError("{}: has no test split", options.test_data);
  check_same_classes(options.data, dataset, options.test_data, other);
  dataset.test = other.test;
  dataset.digest = Digest().update(dataset.digest + other.digest).hexadecimal();
  dataset.name += " + " + other.name;
}

}  // namespace

std::string dataset_name(const std::string& data) {
  const fs::path path = fs::path(data).lexically_normal();
  return path.has_filename() ? path.filename() : path.parent_path().filename();
}

Dataset open_dataset(const OpenOptions& options) {
  if (options.picture_size < 0)
    throw InputError("a picture size of {}; it is a side in pixels", options.picture_size);
  Dataset dataset = open_imported(options.data, {options.picture_size, options.picture_size}, options);
  if (dataset.train.count() == 0) {
    throw InputError("{}: has no training split (train/ or data_batch_*.bin or train.bin)", options.data);
  }
  if (!options.test_data.empty()) {
    take_test_split(dataset, options);
  } else if (dataset.test.count() == 0) {
    throw InputError(
        "{}: has no test split (test/, val/, test_batch.bin or test.bin); name one with --test-data",
        options.data);
  }
  if (options.picture_size > 0) dataset.digest += fmt::format("-{0}x{0}", options.picture_size);
  return dataset;
}

fs::path cache_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return fs::path(value == nullptr ? "" : value);
  };
  if (const fs::path cache = variable("FTL_CACHE"); !cache.empty()) return cache;
  if (const fs::path cache = variable("XDG_CACHE_HOME"); !cache.empty()) return cache / "ftl";
  return variable("HOME") / ".cache" / "ftl";
}

}  // namespace ftl::data
