// The formats of labelled pictures: each gives its classes and splits, whose pictures are decoded when they
// are read. Name, digest and normalisation of these datasets are left open. A split that the format does not
// have is empty.
#pragma once

#include <optional>

#include "data/dataset.hpp"
#include "data/file_tree.hpp"
#include "data/picture.hpp"

namespace ftl::data {

// CIFAR-10 or CIFAR-100 in its binary version, by its fine labels; nothing when the tree holds none. The
// pictures are 32x32; another `size` resizes them, {} does not. Throws InputError naming a file of a wrong
// length and the place of a label out of range.
std::optional<Dataset> read_cifar(const FileTree& tree, PictureSize size);

// train/ and test/ (or, without test/, val/) with a folder of JPEG and PNG files for each class, in
// alphabetical order; or class folders alone, which are a test split. Nothing when the tree has no class
// folders with pictures. `size` {}: the size of the pictures when all have the same, else 32x32. Throws
// InputError naming a class without pictures or one that only one of the splits has.
std::optional<Dataset> read_image_folder(FileTree tree, PictureSize size);

// The built-in set: ten classes of procedurally drawn shapes and textures, 4,000 training and 2,000 test
// pictures, balanced, the same on every machine. Position, scale, rotation and colours of figure and
// background vary, with noise and distracting strokes on top, so that a linear model on the pixels learns
// next to nothing. `size` {}: 32x32.
Dataset draw_synthetic(PictureSize size);

}  // namespace ftl::data
