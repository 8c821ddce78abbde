#include "data/derived_dataset.hpp"

#include <algorithm>

#include "tensor/layout.hpp"

namespace ftl::data {
namespace {

constexpr std::int64_t kPicturesAtATime = 256;

}  // namespace

Dataset resize_training(const Dataset& dataset, PictureSize size, ThreadPool& threads) {
  const Split& from = dataset.train;
  const auto pixels =
      std::make_shared<std::vector<std::uint8_t>>(static_cast<std::size_t>(from.count * size.bytes()));
  const Resizer resizer({from.height, from.width}, size);
  threads.parallel_for(divide_up(from.count, kPicturesAtATime), [&](std::int64_t chunk, int) {
    const std::int64_t end = std::min(from.count, (chunk + 1) * kPicturesAtATime);
    for (std::int64_t i = chunk * kPicturesAtATime; i < end; ++i) {
      resizer.run(from.picture(i), std::span(*pixels).subspan(static_cast<std::size_t>(i * size.bytes()),
                                                              static_cast<std::size_t>(size.bytes())));
    }
  });
  Dataset resized = dataset;
  resized.train = {from.count, size.height, size.width, pixels->data(), from.labels};
  using Storages = std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>;
  resized.storage = std::make_shared<const Storages>(dataset.storage, pixels);
  return resized;
}

}  // namespace ftl::data
