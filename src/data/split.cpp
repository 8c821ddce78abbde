#include "data/split.hpp"

#include <utility>

namespace ftl::data {

Split::Split(std::shared_ptr<const Source> source, PictureSize size)
    : source_(std::move(source)), size_(size) {}

std::int64_t Split::count() const {
  if (indices_ != nullptr) return static_cast<std::int64_t>(indices_->size());
  return source_ == nullptr ? 0 : source_->count();
}

std::vector<std::int32_t> Split::labels() const {
  std::vector<std::int32_t> labels(static_cast<std::size_t>(count()));
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = label(static_cast<std::int64_t>(i));
  return labels;
}

Split Split::subset(const IndexList& indices) const {
  IndexList of_source;
  of_source.reserve(indices.size());
  for (const std::int32_t index : indices) of_source.push_back(static_cast<std::int32_t>(in_source(index)));
  Split split = *this;
  split.indices_ = std::make_shared<const IndexList>(std::move(of_source));
  return split;
}

Split Split::prepared(PictureSize size, ThreadPool& threads) const {
  Split split = *this;
  split.size_ = size;
  split.prepared_ = source_ == nullptr ? nullptr : source_->prepare(size, threads);
  return split;
}

}  // namespace ftl::data
