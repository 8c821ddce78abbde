// Which pictures of a source a dataset's split has, and in what size.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/thread_pool.hpp"
#include "data/picture.hpp"
#include "data/source.hpp"

namespace ftl::data {

// Pictures in the order in which they come.
using IndexList = std::vector<std::int32_t>;

// Pictures of a source, all or those of an index list, read in one size. Copies share source and list.
class Split {
 public:
  Split() = default;  // without pictures
  Split(std::shared_ptr<const Source> source, PictureSize size);

  std::int64_t count() const;
  PictureSize size() const { return size_; }
  std::int32_t label(std::int64_t index) const { return source_->label(in_source(index)); }
  std::vector<std::int32_t> labels() const;
  // As Source::read, in this split's size: size().bytes() bytes.
  std::span<const std::uint8_t> read(std::int64_t index, std::vector<std::uint8_t>& room) const {
    return (prepared_ != nullptr ? *prepared_ : *source_).read(in_source(index), size_, room);
  }

  // Those of its pictures that `indices` names, as [0, count()).
  Split subset(const IndexList& indices) const;
  // The same pictures in another size, which the source scales once where it can (Source::prepare).
  Split prepared(PictureSize size, ThreadPool& threads) const;

 private:
  std::int64_t in_source(std::int64_t index) const {
    return indices_ == nullptr ? index : (*indices_)[static_cast<std::size_t>(index)];
  }

  std::shared_ptr<const Source> source_;
  std::shared_ptr<const Source> prepared_;    // the same pictures in size_, where that is at hand
  std::shared_ptr<const IndexList> indices_;  // null: all pictures of the source
  PictureSize size_;
};

}  // namespace ftl::data
