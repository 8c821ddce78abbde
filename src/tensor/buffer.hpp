// Memory for tensors: aligned, zeroed, and planned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bfloat16.hpp"
#include "base/thread_pool.hpp"

namespace ftl {

// Zeroed bytes aligned to 64 (a cache line, a zmm register, a tile row); large ones are advised to use huge
// pages. Throws RunError saying how much was asked for when there is not enough memory.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::int64_t bytes);

  std::int64_t bytes() const { return bytes_; }
  std::byte* data() const { return data_.get(); }
  template <class T>
  T* as() const {
    return reinterpret_cast<T*>(data_.get());
  }
  template <class T>
  std::span<T> span() const {
    return {as<T>(), static_cast<std::size_t>(bytes_) / sizeof(T)};
  }

 private:
  struct Free {
    std::size_t size;
    void operator()(std::byte* data) const;
  };
  std::unique_ptr<std::byte, Free> data_;
  std::int64_t bytes_ = 0;
};

// Has the system provide the first `bytes` of a new buffer now and not as each page is first used. Writes
// zeros, so nothing else may have been written to it.
void provide(ThreadPool& threads, const Buffer& buffer, std::int64_t bytes);

// A request for memory between two points in time, both included.
struct Lifetime {
  std::int64_t bytes = 0;
  int first = 0;
  int last = 0;
};

struct MemoryPlan {
  std::vector<std::int64_t> offsets;  // one a request, multiples of 64
  std::int64_t bytes = 0;             // what holds them all
};

// Gives requests whose lifetimes overlap disjoint ranges. Greedy by size: largest first, each at the lowest
// offset that fits (Pisarchyk and Lee, "Efficient memory management for deep neural net inference", 2020).
MemoryPlan plan_memory(std::span<const Lifetime> requests);

}  // namespace ftl
