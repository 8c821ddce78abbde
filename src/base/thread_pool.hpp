// A fixed set of threads for one kind of work: many independent, similar items.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/activity_recorder.hpp"

namespace ftl {

class ThreadPool {
 public:
  // `threads` >= 1, the calling thread included. Throws RunError when the system gives fewer.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls task(item, thread) once for each item in [0, items), thread in [0, threads()), and returns when all
  // are done. Which thread takes an item is left to chance, so a result must not depend on it. The first
  // exception thrown by a task is rethrown here once all threads have stopped. Not re-entrant.
  void parallel_for(std::int64_t items, const std::function<void(std::int64_t item, int thread)>& task);

  // From now on records what the threads do, until called with null: in a parallel_for they do what thread 0
  // was doing when it called, unless the task says more. `recorder` has as many threads. Not in a
  // parallel_for.
  void record(ActivityRecorder* recorder) { recorder_ = recorder; }
  // Null when nothing is recorded.
  ActivityRecorder* recorder() const { return recorder_; }

 private:
  void worker(int thread);
  void stop();
  void work(int thread);
  void share(std::int64_t items, const std::function<void(std::int64_t, int)>& task);

  std::chrono::microseconds spin_;
  std::mutex mutex_;
  std::condition_variable start_;
  std::condition_variable done_;
  std::atomic<std::uint64_t> announced_{0};
  std::atomic<int> running_{0};
  bool stop_ = false;
  const std::function<void(std::int64_t, int)>* task_ = nullptr;
  std::int64_t items_ = 0;
  std::atomic<std::int64_t> next_{0};
  std::exception_ptr failure_;
  ActivityRecorder* recorder_ = nullptr;
  Activity activity_ = kUnnamed;       // of the parallel_for in work
  std::vector<std::jthread> workers_;  // last: they end before what they share does
};

// Records what the threads do in this scope.
class RecordingScope {
 public:
  RecordingScope(ThreadPool& threads, ActivityRecorder& recorder) : threads_(threads) {
    recorder.start();
    threads.record(&recorder);
  }
  ~RecordingScope() {
    threads_.recorder()->stop();
    threads_.record(nullptr);
  }
  RecordingScope(const RecordingScope&) = delete;
  RecordingScope& operator=(const RecordingScope&) = delete;

 private:
  ThreadPool& threads_;
};

// Says what thread 0 does in this scope, and in each parallel_for that it calls there.
class ActivityScope {
 public:
  ActivityScope(const ThreadPool& threads, Activity activity) : recorder_(threads.recorder()) {
    if (recorder_ == nullptr) return;
    outer_ = recorder_->current(0);
    recorder_->begin(0, activity);
  }
  ~ActivityScope() {
    if (recorder_ != nullptr) recorder_->begin(0, outer_);
  }
  ActivityScope(const ActivityScope&) = delete;
  ActivityScope& operator=(const ActivityScope&) = delete;

 private:
  ActivityRecorder* recorder_;
  Activity outer_ = kUnnamed;
};

}  // namespace ftl
