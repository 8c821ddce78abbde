// Where labelled pictures come from, one by one: an import in memory, or files that are decoded when asked
// for.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/thread_pool.hpp"
#include "data/picture.hpp"

namespace ftl::data {

// All calls may come from several threads at once.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  virtual std::int64_t count() const = 0;
  virtual std::int32_t label(std::int64_t index) const = 0;
  // The size that the picture has of its own. Throws InputError naming the file that is damaged.
  virtual PictureSize size(std::int64_t index) const = 0;

  // The picture as [height][width][3] RGB bytes, scaled to `size` where it has another (Resizer). They lie in
  // the source's memory where it holds them, else in `room`, whatever that held before. Throws InputError
  // naming the file that is damaged.
  virtual std::span<const std::uint8_t> read(std::int64_t index, PictureSize size,
                                             std::vector<std::uint8_t>& room) const = 0;

  // The same pictures for somebody who reads them often in `size`: they are scaled once, on `threads`, and
  // who asks for that size while somebody holds them gets the same ones. Null where nothing is gained, or
  // where the source keeps no pictures, so that read() scales them each time.
  virtual std::shared_ptr<const Source> prepare(PictureSize /*size*/, ThreadPool& /*threads*/) const {
    return nullptr;
  }
};

}  // namespace ftl::data
