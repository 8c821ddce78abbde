#include "tensor/buffer.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "tensor/layout.hpp"

namespace ftl {
namespace {

constexpr std::int64_t kAlignment = 64;

constexpr std::int64_t kHugePage = 2 << 20;
constexpr std::int64_t kSmallestHuge = 64 << 10;

std::int64_t align(std::int64_t bytes) {
  return round_up(bytes, kAlignment);
}

bool overlap(const Lifetime& a, const Lifetime& b) {
  return a.first <= b.last && b.first <= a.last;
}

}  // namespace

// Anonymous mappings come zeroed and page-aligned, and cost nothing until touched. All but the smallest are
// whole huge pages: tiles lie all over a tensor, and with pages of 4 KB convolutions spend a third of their
// time on missing address translations.
Buffer::Buffer(std::int64_t bytes) : bytes_(bytes) {
  if (bytes == 0) return;
  const bool huge = bytes >= kSmallestHuge;
  const std::size_t size = static_cast<std::size_t>(huge ? round_up(bytes, kHugePage) : bytes);
  const std::size_t slack = huge ? static_cast<std::size_t>(kHugePage) : 0;
  void* mapping = mmap(nullptr, size + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) throw RunError("out of memory: {} MiB more were needed", bytes >> 20);
  auto* address = static_cast<std::byte*>(mapping);
  if (huge) {
    const std::size_t before =
        (0 - reinterpret_cast<std::uintptr_t>(address)) % static_cast<std::size_t>(kHugePage);
    if (before > 0) munmap(address, before);
    if (before < slack) munmap(address + before + size, slack - before);
    address += before;
    madvise(address, size, MADV_HUGEPAGE);
  }
  data_ = {address, Free{size}};
}

void Buffer::Free::operator()(std::byte* data) const {
  munmap(data, size);
}

void provide(ThreadPool& threads, const Buffer& buffer, std::int64_t bytes) {
  constexpr std::int64_t kPage = 4096;
  const std::int64_t pieces = (bytes + kHugePage - 1) / kHugePage;
  threads.parallel_for(pieces, [&](std::int64_t piece, int) {
    const std::int64_t end = std::min((piece + 1) * kHugePage, bytes);
    for (std::int64_t at = piece * kHugePage; at < end; at += kPage)
      *static_cast<volatile std::byte*>(buffer.data() + at) = std::byte{0};
  });
}

MemoryPlan plan_memory(std::span<const Lifetime> requests) {
  std::vector<std::size_t> order(requests.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return requests[a].bytes > requests[b].bytes; });
  MemoryPlan plan;
  plan.offsets.assign(requests.size(), 0);
  std::vector<std::size_t> placed;  // by offset
  for (const std::size_t request : order) {
    const std::int64_t bytes = align(requests[request].bytes);
    std::int64_t offset = 0;
    for (const std::size_t other : placed) {
      if (!overlap(requests[request], requests[other])) continue;
      if (offset + bytes <= plan.offsets[other]) break;
      offset = std::max(offset, plan.offsets[other] + align(requests[other].bytes));
    }
    plan.offsets[request] = offset;
    plan.bytes = std::max(plan.bytes, offset + bytes);
    const auto after =
        std::upper_bound(placed.begin(), placed.end(), offset,
                         [&](std::int64_t value, std::size_t other) { return value < plan.offsets[other]; });
    placed.insert(after, request);
  }
  return plan;
}

}  // namespace ftl
