#include "base/thread_pool.hpp"

#include <exception>
#include <utility>

#include "base/error.hpp"
#include "base/processors.hpp"

namespace ftl {
namespace {

// A training step has a barrier every few milliseconds, and waking a sleeping thread costs tens of
// microseconds: wait awake for about that long before sleeping. Not when threads share processors, where a
// waiting thread would only keep a working one from its own.
std::chrono::microseconds spin_time(int threads) {
  return std::chrono::microseconds(threads <= available_processors() ? 200 : 0);
}

template <class Condition>
bool spin_until(const Condition& condition, std::chrono::microseconds spin) {
  const auto deadline = std::chrono::steady_clock::now() + spin;
  do {
    for (int i = 0; i < 64; ++i) {
      if (condition()) return true;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
  } while (std::chrono::steady_clock::now() < deadline);
  return condition();
}

}  // namespace

ThreadPool::ThreadPool(int threads) : spin_(spin_time(threads)) {
  if (threads < 1) throw InputError("threads is {}; at least 1 is needed", threads);
  try {
    for (int thread = 1; thread < threads; ++thread) {
      workers_.emplace_back([this, thread] { worker(thread); });
    }
  } catch (const std::exception& error) {  // std::system_error, or std::bad_alloc
    const int started = this->threads();
    stop();
    workers_.clear();
    throw RunError("of {} threads {} could be started ({}); take fewer", threads, started, error.what());
  }
}

ThreadPool::~ThreadPool() {
  stop();
}

void ThreadPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    announced_.fetch_add(1, std::memory_order_release);
  }
  start_.notify_all();
}

void ThreadPool::parallel_for(std::int64_t items, const std::function<void(std::int64_t, int)>& task) {
  if (items <= 0) return;
  if (recorder_ != nullptr) activity_ = recorder_->current(0);
  if (workers_.empty() || items == 1) {
    for (std::int64_t item = 0; item < items; ++item) task(item, 0);
  } else {
    share(items, task);
  }
  if (recorder_ != nullptr) recorder_->begin(0, activity_);
}

void ThreadPool::share(std::int64_t items, const std::function<void(std::int64_t, int)>& task) {
  if (recorder_ != nullptr) recorder_->begin(0, kWaiting);
  {
    const std::lock_guard lock(mutex_);
    task_ = &task;
    items_ = items;
    next_.store(0, std::memory_order_relaxed);
    running_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
    failure_ = nullptr;
    announced_.fetch_add(1, std::memory_order_release);
  }
  start_.notify_all();
  work(0);
  if (!spin_until([this] { return running_.load(std::memory_order_acquire) == 0; }, spin_)) {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return running_.load(std::memory_order_acquire) == 0; });
  }
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void ThreadPool::worker(int thread) {
  std::uint64_t seen = 0;
  while (true) {
    const auto announced = [&] { return announced_.load(std::memory_order_acquire) != seen; };
    if (!spin_until(announced, spin_)) {
      std::unique_lock lock(mutex_);
      start_.wait(lock, announced);
    }
    ++seen;
    {
      const std::lock_guard lock(mutex_);
      if (stop_) return;
    }
    work(thread);
    if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      const std::lock_guard lock(mutex_);
      done_.notify_one();
    }
  }
}

void ThreadPool::work(int thread) {
  if (recorder_ != nullptr) recorder_->begin(thread, activity_);
  try {
    for (std::int64_t item = next_.fetch_add(1); item < items_; item = next_.fetch_add(1)) {
      (*task_)(item, thread);
    }
  } catch (...) {
    next_.store(items_);
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
  }
  if (recorder_ != nullptr) recorder_->begin(thread, kWaiting);
}

}  // namespace ftl
