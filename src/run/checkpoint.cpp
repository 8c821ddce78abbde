#include "run/checkpoint.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "data/digest.hpp"

namespace ftl::run {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

constexpr std::string_view kMetadata = "__metadata__";
constexpr const char* kDigest = "data_sha256";  // in the metadata: of all bytes behind the header
constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kHeaderAlignment = 8;

std::vector<const NamedTensor*> by_name(const std::vector<NamedTensor>& tensors) {
  std::vector<const NamedTensor*> sorted;
  for (const NamedTensor& tensor : tensors) sorted.push_back(&tensor);
  std::ranges::sort(sorted, {}, &NamedTensor::name);
  return sorted;
}

void add_to_header(Json& header, const NamedTensor& tensor, std::uint64_t& offset) {
  std::int64_t elements = 1;
  for (const std::int64_t extent : tensor.shape) elements *= extent;
  if (elements != static_cast<std::int64_t>(tensor.values.size()) || header.contains(tensor.name)) {
    throw std::invalid_argument("checkpoint tensor " + tensor.name +
                                ": name used twice, or not of its shape");
  }
  const std::uint64_t end = offset + tensor.values.size() * sizeof(float);
  header[tensor.name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
  offset = end;
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Reads one file, keeping what error messages need.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : path_(path), file_(path), bytes_(file_.bytes()) {}

  Checkpoint read() {
    const Json header = read_header();
    Checkpoint checkpoint;
    checkpoint.source = path_.string();
    checkpoint.metadata = read_metadata(header);
    for (const auto& [name, entry] : header.members()) {
      if (name != kMetadata) checkpoint.tensors.push_back(read_tensor(name, entry));
    }
    check_coverage();
    check_digest(checkpoint.metadata);
    return checkpoint;
  }

 private:
  struct Range {
    std::uint64_t begin, end;
  };

  template <class... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    throw InputError("{}: not a usable checkpoint: {}", path_.string(),
                     fmt::format(format, std::forward<Args>(args)...));
  }

  Json read_header() {
    if (bytes_.size() < kLengthBytes) {
      fail("{} bytes are too short for a safetensors file", bytes_.size());
    }
    std::uint64_t length = 0;
    std::memcpy(&length, bytes_.data(), kLengthBytes);
    if (length > bytes_.size() - kLengthBytes) {
      fail(
          "its header of {} bytes goes past the end of the file ({} bytes); it is cut short or no "
          "safetensors file",
          length, bytes_.size());
    }
    const auto* text = reinterpret_cast<const char*>(bytes_.data()) + kLengthBytes;
    data_ = bytes_.subspan(kLengthBytes + length);
    try {
      Json header = Json::parse({text, length});
      if (header.is_object()) return header.sorted();
    } catch (const JsonError&) {
      // Refused below, as another kind of value is.
    }
    fail("its header is no JSON object");
  }

  std::map<std::string, std::string> read_metadata(const Json& header) const {
    const Json* entry = header.find(kMetadata);
    if (entry == nullptr) fail("it has no {}, which ftl writes; it comes from elsewhere", kMetadata);
    std::map<std::string, std::string> metadata;
    if (!entry->is_object()) fail("its {} is no object of strings", kMetadata);
    for (const auto& [key, value] : entry->members()) {
      if (!value.is_string()) fail("its {} key {} is no string", kMetadata, key);
      metadata[key] = value.get<std::string>();
    }
    return metadata;
  }

  // Null where there is none.
  static Json member(const Json& entry, const char* key) {
    const Json* found = entry.find(key);
    return found == nullptr ? Json() : *found;
  }

  NamedTensor read_tensor(const std::string& name, const Json& entry) {
    if (!entry.is_object()) fail("tensor {} is described by no object", name);
    const Json dtype = member(entry, "dtype");
    if (dtype != Json("F32")) fail("tensor {} has dtype {}; only \"F32\" is read", name, dtype.text());
    NamedTensor tensor{name, read_shape(name, entry), {}};
    const Range range = read_range(name, entry);
    const std::uint64_t expected = bytes_of(tensor);
    if (range.end - range.begin != expected) {
      fail("tensor {} has {} bytes, but its shape needs {}", name, range.end - range.begin, expected);
    }
    tensor.values.resize(expected / sizeof(float));
    if (expected > 0) std::memcpy(tensor.values.data(), data_.data() + range.begin, expected);
    ranges_.push_back(range);
    return tensor;
  }

  std::vector<std::int64_t> read_shape(const std::string& name, const Json& entry) const {
    const Json extents = member(entry, "shape");
    if (!extents.is_array()) fail("tensor {} has no shape", name);
    std::vector<std::int64_t> shape;
    for (const Json& extent : extents) {
      if (!extent.is_unsigned() || extent.get<std::uint64_t>() > data_.size()) {
        fail("tensor {} has the shape {}, which the file cannot hold", name, extents.text());
      }
      shape.push_back(extent.get<std::int64_t>());
    }
    return shape;
  }

  Range read_range(const std::string& name, const Json& entry) const {
    const Json offsets = member(entry, "data_offsets");
    if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_unsigned() ||
        !offsets[1].is_unsigned()) {
      fail("tensor {} has no data_offsets [begin, end]", name);
    }
    const Range range{offsets[0].get<std::uint64_t>(), offsets[1].get<std::uint64_t>()};
    if (range.begin > range.end || range.end > data_.size()) {
      fail("tensor {} lies at bytes {} to {} of {}", name, range.begin, range.end, data_.size());
    }
    return range;
  }

  // What its shape needs; more than the file has counts as too much, before it can overflow.
  std::uint64_t bytes_of(const NamedTensor& tensor) const {
    std::uint64_t bytes = sizeof(float);
    for (const std::int64_t extent : tensor.shape) {
      if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes)) {
        fail("tensor {} has a shape that the file cannot hold", tensor.name);
      }
    }
    return bytes;
  }

  void check_coverage() {
    std::ranges::sort(ranges_, {}, [](const Range& range) { return std::pair(range.begin, range.end); });
    std::uint64_t end = 0;
    for (const Range& range : ranges_) {
      if (range.begin != end) fail("its tensors overlap or leave a gap at byte {} of the data", range.begin);
      end = range.end;
    }
    if (end != data_.size()) fail("it has {} bytes of data, its tensors {}", data_.size(), end);
  }

  // Files of older versions have none.
  void check_digest(std::map<std::string, std::string>& metadata) const {
    const auto entry = metadata.extract(kDigest);
    if (entry.empty() || entry.mapped() == data::Digest().update(as_text(data_)).hexadecimal()) return;
    fail("its data has changed since it was written ({} differs); the file is damaged", kDigest);
  }

  const std::filesystem::path path_;
  const MappedFile file_;
  const std::span<const std::byte> bytes_;
  std::span<const std::byte> data_;
  std::vector<Range> ranges_;
};

}  // namespace

const NamedTensor& Checkpoint::tensor(std::string_view name) const {
  const auto found = std::ranges::find(tensors, name, &NamedTensor::name);
  if (found == tensors.end()) throw InputError("{}: the checkpoint has no tensor {}", source, name);
  return *found;
}

void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  const std::vector<const NamedTensor*> tensors = by_name(checkpoint.tensors);
  data::Digest digest;
  for (const NamedTensor* tensor : tensors) digest.update(as_text(std::as_bytes(std::span(tensor->values))));
  Json header;
  header[kMetadata] = checkpoint.metadata;
  header[kMetadata][kDigest] = digest.hexadecimal();
  std::uint64_t offset = 0;
  for (const NamedTensor* tensor : tensors) add_to_header(header, *tensor, offset);
  std::string text = header.sorted().text();
  text.resize((text.size() + kHeaderAlignment - 1) / kHeaderAlignment * kHeaderAlignment, ' ');
  const std::uint64_t length = text.size();

  AtomicFile file(path);
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(text);
  for (const NamedTensor* tensor : tensors) file.write(std::as_bytes(std::span(tensor->values)));
  file.commit();
}

Checkpoint load_checkpoint(const std::filesystem::path& path) {
  return Reader(path).read();
}

}  // namespace ftl::run
