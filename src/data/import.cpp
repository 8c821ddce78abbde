#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/interrupt.hpp"
#include "base/thread_pool.hpp"
#include "data/cache.hpp"
#include "data/digest.hpp"
#include "data/resident_source.hpp"
#include "machine/limits.hpp"

namespace ftl::data {
namespace {

constexpr std::array<char, 8> kMagic = {'F', 'T', 'L', 'D', 'A', 'T', 'A', '\n'};
constexpr std::uint32_t kVersion = 1;
constexpr std::int64_t kChunkBytes = std::int64_t{16} << 20;

// The last bytes of an import. Before it: pixels, padded to a multiple of 4; int32 labels; class names, each
// ended by a zero byte.
struct Footer {
  std::array<char, 8> magic = kMagic;
  std::uint32_t version = kVersion;
  std::int32_t height = 0;
  std::int32_t width = 0;
  std::int32_t classes = 0;
  std::int64_t train_count = 0;
  std::int64_t test_count = 0;
  std::int64_t name_bytes = 0;
  std::array<float, 3> mean{};
  std::array<float, 3> standard_deviation{};
  std::array<char, 64> checksum{};  // SHA-256 in hexadecimal of labels, names and the footer up to here

  std::int64_t count() const { return train_count + test_count; }
  std::int64_t pixel_bytes() const {
    const std::int64_t bytes = count() * PictureSize{height, width}.bytes();
    return (bytes + 3) / 4 * 4;
  }
  std::int64_t label_bytes() const { return count() * std::int64_t{sizeof(std::int32_t)}; }
  std::int64_t file_bytes() const {
    return pixel_bytes() + label_bytes() + name_bytes + std::int64_t{sizeof(Footer)};
  }
};

template <class T>
std::string_view as_text(const T* values, std::size_t count) {
  return {reinterpret_cast<const char*>(values), count * sizeof(T)};
}

std::array<char, 64> checksum(std::string_view labels_and_names, const Footer& footer) {
  const std::string value = Digest()
                                .update(labels_and_names)
                                .update(as_text(&footer, 1).substr(0, offsetof(Footer, checksum)))
                                .hexadecimal();
  std::array<char, 64> text{};
  std::copy(value.begin(), value.end(), text.begin());
  return text;
}

// Exact sums of each channel's values and their squares.
struct ChannelSums {
  std::array<std::uint64_t, 3> sum{};
  std::array<std::uint64_t, 3> squares{};

  void add(std::span<const std::uint8_t> pixels) {
    for (std::size_t i = 0; i < pixels.size(); i += 3) {
      for (std::size_t c = 0; c < 3; ++c) {
        const std::uint64_t value = pixels[i + c];
        sum[c] += value;
        squares[c] += value * value;
      }
    }
  }
  void add(const ChannelSums& other) {
    for (std::size_t c = 0; c < 3; ++c) {
      sum[c] += other.sum[c];
      squares[c] += other.squares[c];
    }
  }
};

void set_statistics(const ChannelSums& sums, Footer& footer) {
  const double values = static_cast<double>(footer.train_count) * footer.height * footer.width;
  if (values == 0) return;
  for (std::size_t c = 0; c < 3; ++c) {
    const double mean = static_cast<double>(sums.sum[c]) / values;
    const double variance = static_cast<double>(sums.squares[c]) / values - mean * mean;
    footer.mean[c] = static_cast<float>(mean / 255);
    footer.standard_deviation[c] = static_cast<float>(std::sqrt(std::max(variance, 0.0)) / 255);
  }
}

// Writes a split after another.
class PixelWriter {
 public:
  // `count` pictures in all, of which `progress` is told.
  PixelWriter(AtomicFile& file, std::int64_t count, const ImportProgress& progress)
      : file_(file), count_(count), progress_(progress), threads_(default_threads()) {}

  // All of the split's pictures, a chunk after another; the sums over them.
  ChannelSums write(const Split& split) {
    std::vector<ChannelSums> sums(static_cast<std::size_t>(threads_.threads()));
    const std::int64_t picture_bytes = split.size().bytes();
    const std::int64_t chunk = std::max<std::int64_t>(1, kChunkBytes / picture_bytes);
    std::vector<std::uint8_t> pixels(
        static_cast<std::size_t>(std::min(chunk, split.count()) * picture_bytes));
    for (std::int64_t first = 0; first < split.count(); first += chunk) {
      report();
      const std::int64_t pictures = std::min(chunk, split.count() - first);
      threads_.parallel_for(pictures, [&](std::int64_t item, int thread) {
        throw_if_interrupted();
        thread_local std::vector<std::uint8_t> room;
        const std::span<const std::uint8_t> picture = split.read(first + item, room);
        std::ranges::copy(picture, pixels.begin() + item * picture_bytes);
        sums[static_cast<std::size_t>(thread)].add(picture);
      });
      file_.write(as_text(pixels.data(), static_cast<std::size_t>(pictures * picture_bytes)));
      written_ += pictures;
    }
    report();
    ChannelSums total;
    for (const ChannelSums& part : sums) total.add(part);
    return total;
  }

 private:
  void report() const {
    if (progress_) progress_(written_, count_);
  }

  AtomicFile& file_;
  std::int64_t count_;
  const ImportProgress& progress_;
  ThreadPool threads_;
  std::int64_t written_ = 0;
};

std::vector<std::string> split_names(std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t end = 0; (end = text.find('\0')) != std::string_view::npos; text.remove_prefix(end + 1)) {
    names.emplace_back(text.substr(0, end));
  }
  return names;
}

std::optional<Footer> read_footer(std::string_view file) {
  Footer footer;
  if (file.size() < sizeof(Footer)) return std::nullopt;
  std::memcpy(&footer, file.data() + file.size() - sizeof(Footer), sizeof(Footer));
  if (footer.magic != kMagic || footer.version != kVersion) return std::nullopt;
  if (footer.file_bytes() != static_cast<std::int64_t>(file.size())) return std::nullopt;
  const auto begin = static_cast<std::size_t>(footer.pixel_bytes());
  const std::string_view described = file.substr(begin, file.size() - begin - sizeof(Footer));
  return footer.checksum == checksum(described, footer) ? std::optional(footer) : std::nullopt;
}

}  // namespace

void write_import(const Dataset& dataset, const std::filesystem::path& path, const ImportProgress& progress) {
  const PictureSize size = dataset.train.size();
  AtomicFile file(path);
  Footer footer;
  footer.height = size.height;
  footer.width = size.width;
  footer.classes = static_cast<std::int32_t>(dataset.class_names.size());
  footer.train_count = dataset.train.count();
  footer.test_count = dataset.test.count();
  PixelWriter writer(file, footer.count(), progress);
  set_statistics(writer.write(dataset.train), footer);
  writer.write(dataset.test);

  const std::int64_t padding = footer.pixel_bytes() - footer.count() * size.bytes();
  file.write(std::string(static_cast<std::size_t>(padding), '\0'));
  std::string described;
  for (const Split& split : {dataset.train, dataset.test}) {
    const std::vector<std::int32_t> labels = split.labels();
    described += as_text(labels.data(), labels.size());
  }
  for (const std::string& name : dataset.class_names) described += name + '\0';
  footer.name_bytes = static_cast<std::int64_t>(described.size()) - footer.label_bytes();
  footer.checksum = checksum(described, footer);
  file.write(described);
  file.write(as_text(&footer, 1));
  file.commit();
}

std::optional<Dataset> open_import(const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path)) return std::nullopt;
  const auto mapped = std::make_shared<const MappedFile>(path);
  const std::span<const std::byte> bytes = mapped->bytes();
  const std::string_view file = as_text(bytes.data(), bytes.size());
  const std::optional<Footer> footer = read_footer(file);
  if (!footer) return std::nullopt;

  Dataset dataset;
  const auto* pixels = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const auto* labels = reinterpret_cast<const std::int32_t*>(bytes.data() + footer->pixel_bytes());
  const auto split = [&](std::int64_t first, std::int64_t count) {
    const PictureSize size{footer->height, footer->width};
    return resident_split(
        {.size = size,
         .pixels = {pixels + first * size.bytes(), static_cast<std::size_t>(count * size.bytes())},
         .labels = {labels + first, static_cast<std::size_t>(count)},
         .storage = mapped});
  };
  dataset.train = split(0, footer->train_count);
  dataset.test = split(footer->train_count, footer->test_count);
  const auto names = static_cast<std::size_t>(footer->pixel_bytes() + footer->label_bytes());
  dataset.class_names = split_names(file.substr(names, static_cast<std::size_t>(footer->name_bytes)));
  dataset.mean = footer->mean;
  dataset.standard_deviation = footer->standard_deviation;
  return dataset;
}

}  // namespace ftl::data
