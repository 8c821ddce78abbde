// What every format of a labelled set of pictures offers the import.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/file_tree.hpp"
#include "data/picture.hpp"

namespace ftl::data {

class PictureReader {
 public:
  virtual ~PictureReader() = default;

  std::vector<std::string> class_names;
  PictureSize size;                  // of every picture that read() writes
  std::vector<std::int32_t> labels;  // of the training pictures, then of the test pictures
  std::int64_t train_count = 0;

  // Writes picture `index` (as in labels) as size.bytes() bytes, [height][width][3]. May be called from
  // several threads at once. Throws InputError naming the file that is damaged.
  virtual void read(std::int64_t index, std::span<std::uint8_t> pixels) const = 0;
};

// CIFAR-10 or CIFAR-100 in its binary version, by its fine labels; null when the tree holds none. The
// pictures are 32x32; another `size` resizes them, {} does not. Throws InputError naming a file of a wrong
// length and the place of a label out of range.
std::unique_ptr<PictureReader> read_cifar(const FileTree& tree, PictureSize size);

// train/ and test/ (or, without test/, val/) with a folder of JPEG and PNG files for each class, in
// alphabetical order; or class folders alone, which are a test split. Null when the tree has no class folders
// with pictures. `size` {}: the size of the pictures when all have the same, else 32x32. Throws InputError
// naming a class without pictures or one that only one of the splits has.
std::unique_ptr<PictureReader> read_image_folder(FileTree tree, PictureSize size);

// The built-in set: ten classes of procedurally drawn shapes and textures, 4,000 training and 2,000 test
// pictures, balanced, the same on every machine. Position, scale, rotation and colours of figure and
// background vary, with noise and distracting strokes on top, so that a linear model on the pixels learns
// next to nothing.
std::unique_ptr<PictureReader> draw_synthetic(PictureSize size);

}  // namespace ftl::data
