#include "data/resident_source.hpp"

#include <algorithm>

#include "tensor/buffer.hpp"
#include "tensor/layout.hpp"

namespace ftl::data {
namespace {

constexpr std::int64_t kPicturesAtATime = 256;

}  // namespace

std::span<const std::uint8_t> ResidentSource::picture(std::int64_t index) const {
  const std::int64_t bytes = pictures_.size.bytes();
  return pictures_.pixels.subspan(static_cast<std::size_t>(index * bytes), static_cast<std::size_t>(bytes));
}

std::span<const std::uint8_t> ResidentSource::read(std::int64_t index, PictureSize size,
                                                   std::vector<std::uint8_t>& room) const {
  if (size == pictures_.size) return picture(index);
  room.resize(static_cast<std::size_t>(size.bytes()));
  resize(picture(index), pictures_.size, size, room);
  return room;
}

// Who asks for a size that is being scaled waits for it.
std::shared_ptr<const Source> ResidentSource::prepare(PictureSize size, ThreadPool& threads) const {
  if (size == pictures_.size) return nullptr;
  const std::lock_guard lock(mutex_);
  std::erase_if(prepared_, [](const auto& known) { return known.second.expired(); });
  for (const auto& [known_size, known] : prepared_) {
    if (known_size != size) continue;
    if (std::shared_ptr<const Source> source = known.lock()) return source;
  }
  const std::shared_ptr<const Source> source = scaled(size, threads);
  prepared_.emplace_back(size, source);
  return source;
}

std::shared_ptr<const Source> ResidentSource::scaled(PictureSize size, ThreadPool& threads) const {
  using Storages = std::pair<std::shared_ptr<const void>, Buffer>;
  const auto storage = std::make_shared<const Storages>(pictures_.storage, Buffer(count() * size.bytes()));
  const std::span<std::uint8_t> pixels = storage->second.span<std::uint8_t>();
  const auto bytes = static_cast<std::size_t>(size.bytes());
  const Resizer resizer(pictures_.size, size);
  threads.parallel_for(divide_up(count(), kPicturesAtATime), [&](std::int64_t chunk, int) {
    const std::int64_t end = std::min(count(), (chunk + 1) * kPicturesAtATime);
    for (std::int64_t i = chunk * kPicturesAtATime; i < end; ++i) {
      resizer.run(picture(i), pixels.subspan(static_cast<std::size_t>(i) * bytes, bytes));
    }
  });
  return std::make_shared<const ResidentSource>(
      ResidentPictures{.size = size, .pixels = pixels, .labels = pictures_.labels, .storage = storage});
}

Split resident_split(ResidentPictures pictures) {
  const PictureSize size = pictures.size;
  return {std::make_shared<const ResidentSource>(std::move(pictures)), size};
}

}  // namespace ftl::data
