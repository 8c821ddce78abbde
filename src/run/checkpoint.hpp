// Weights and what belongs to them, as one safetensors file (https://huggingface.co/docs/safetensors): any
// reader of that format opens it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ftl::run {

struct NamedTensor {
  std::string name;
  std::vector<std::int64_t> shape;  // empty: a single value
  std::vector<float> values;        // row-major
};

struct Checkpoint {
  std::map<std::string, std::string> metadata;
  std::vector<NamedTensor> tensors;
  std::string source;  // the file it was read from, for messages

  // Throws InputError naming the file and the tensor when there is none of that name.
  const NamedTensor& tensor(std::string_view name) const;
};

// Writes the file whole or not at all. The same content gives the same bytes: tensors are in the order of
// their names. Throws RunError naming the file when it cannot be written, std::invalid_argument when a name
// is used twice or a shape does not fit its values.
void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

// Reads a file with F32 tensors and metadata; tensors come in the order of their names. Throws InputError
// naming the file and what is wrong with it.
Checkpoint load_checkpoint(const std::filesystem::path& path);

}  // namespace ftl::run
