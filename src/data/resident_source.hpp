// Pictures of one size in memory: an import's mapped file, or what somebody has decoded.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "data/source.hpp"
#include "data/split.hpp"

namespace ftl::data {

struct ResidentPictures {
  PictureSize size;
  std::span<const std::uint8_t> pixels;  // [labels.size()][height][width][3]
  std::span<const std::int32_t> labels;
  std::shared_ptr<const void> storage;  // keeps both alive; null where somebody else does
};

class ResidentSource final : public Source {
 public:
  explicit ResidentSource(ResidentPictures pictures) : pictures_(std::move(pictures)) {}

  std::int64_t count() const override { return static_cast<std::int64_t>(pictures_.labels.size()); }
  std::int32_t label(std::int64_t index) const override {
    return pictures_.labels[static_cast<std::size_t>(index)];
  }
  PictureSize size(std::int64_t) const override { return pictures_.size; }
  std::span<const std::uint8_t> read(std::int64_t index, PictureSize size,
                                     std::vector<std::uint8_t>& room) const override;
  std::shared_ptr<const Source> prepare(PictureSize size, ThreadPool& threads) const override;

 private:
  std::span<const std::uint8_t> picture(std::int64_t index) const;
  std::shared_ptr<const Source> scaled(PictureSize size, ThreadPool& threads) const;

  ResidentPictures pictures_;
  mutable std::mutex mutex_;
  mutable std::vector<std::pair<PictureSize, std::weak_ptr<const Source>>> prepared_;
};

// All of the pictures, in their own size.
Split resident_split(ResidentPictures pictures);

}  // namespace ftl::data
