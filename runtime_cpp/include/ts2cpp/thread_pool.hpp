// One pool of threads for the whole program: data-parallel loops here, tasks in future.hpp.
//
// Threads start with the first work that is worth sharing. A loop is cut by its size alone, never by the
// number of threads, so its results are the same bits for any pool. Nobody ever waits for work that has not
// begun: whoever needs a result does the work himself, and idle threads merely help.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

#include <ts2cpp/needs_exceptions.hpp>
#include <ts2cpp/parallel.hpp>

namespace ts2cpp {

/// A caller's own pool. `post` arranges for `work` to run sooner or later on some thread, or not at all: the
/// library stays correct either way. It may throw; the caller then does the work alone.
class Executor {
 public:
  Executor() = default;
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  virtual ~Executor() = default;
  virtual void post(std::function<void()> work) = 0;
  /// How many threads, the caller's included, are worth feeding.
  virtual int concurrency() const noexcept = 0;
};

namespace detail {

/// True while this thread runs a piece of a parallel loop: loops inside it stay on the thread.
inline bool& inside_parallel_loop() noexcept {
  static thread_local bool inside = false;
  return inside;
}

/// A unit of work for `fork`. The scheduler links it, its owner keeps it alive (see future.hpp).
class Task : public std::enable_shared_from_this<Task> {
 public:
  Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  virtual ~Task() = default;
  virtual void run() noexcept = 0;

 private:
  friend class Scheduler;
  std::shared_ptr<Task> keep_alive_;  // set while queued
  Task* previous_ = nullptr;
  Task* next_ = nullptr;
  bool queued_ = false;
};

/// A loop being worked on. Lives on the stack of its caller, which leaves only after all helpers have.
struct LoopRegion {
  /// Consecutive chunks that one thread begins with: in loop after loop it comes to the same part of the data, which
  /// its caches hold. Who has finished his own helps with the others'.
  struct alignas(64) Share {
    std::atomic<std::int64_t> next{0};
    std::int64_t end = 0;
  };
  static constexpr int kShares = 16;

  explicit LoopRegion(const LoopPieces& loop) noexcept : pieces(loop), first_failed(loop.count) {}

  const LoopPieces& pieces;
  std::atomic<std::int64_t> first_failed;  // of the chunks so far; their number when none has
  Share shares[kShares];
  int share_count = 0;
  std::mutex error_mutex;
  std::exception_ptr error;
  // Guarded by the scheduler's mutex:
  int helpers = 0;
  int helper_limit = 0;
  bool caller_waits = false;
  LoopRegion* next_region = nullptr;
  std::condition_variable helpers_gone;

  /// Cuts the loop for so many threads.
  void divide(int threads) noexcept {
    share_count = static_cast<int>(std::min<std::int64_t>(std::min(threads, kShares), pieces.count));
    for (int i = 0; i < share_count; ++i) {
      shares[i].next.store(pieces.count * i / share_count, std::memory_order_relaxed);
      shares[i].end = pieces.count * (i + 1) / share_count;
    }
  }

  bool has_work() const noexcept {
    const std::int64_t failed = first_failed.load(std::memory_order_relaxed);
    for (int i = 0; i < share_count; ++i) {
      if (shares[i].next.load(std::memory_order_relaxed) < std::min(shares[i].end, failed)) {
        return true;
      }
    }
    return false;
  }

  /// Takes chunks until none is left, those of `thread` first. Once one has failed those before it are still done: the
  /// error of the first failing chunk is the one reported, whatever the timing.
  void work(int thread) noexcept {
    bool& inside = inside_parallel_loop();
    const bool was_inside = inside;
    inside = true;
    for (int i = 0; i < share_count; ++i) {
      Share& share = shares[(thread + i) % share_count];
      for (;;) {
        const std::int64_t index = share.next.fetch_add(1, std::memory_order_relaxed);
        if (index >= share.end || index > first_failed.load(std::memory_order_relaxed)) {
          break;
        }
        run(index);
      }
    }
    inside = was_inside;
  }

 private:
  void run(std::int64_t index) noexcept {
    const std::int64_t begin = index * pieces.chunk;
    try {
      pieces.run(pieces.context, begin, std::min(begin + pieces.chunk, pieces.size));
    } catch (...) {
      const std::lock_guard<std::mutex> lock(error_mutex);
      if (index < first_failed.load(std::memory_order_relaxed)) {
        error = std::current_exception();
        first_failed.store(index, std::memory_order_relaxed);
      }
    }
  }
};

/// Open loops and queued tasks, and the threads that look for them.
class Scheduler {
 public:
  static Scheduler& instance() {
    Scheduler* current = slot().load(std::memory_order_acquire);
    if (current == nullptr) {
      auto* const fresh = new Scheduler;
      if (slot().compare_exchange_strong(current, fresh, std::memory_order_acq_rel)) {
        current = fresh;
        stop_at_exit();
      } else {
        delete fresh;
      }
    }
    return *current;
  }

  int num_threads() const noexcept { return limit_.load(std::memory_order_relaxed); }

  void set_num_threads(int count) {
    const std::lock_guard<std::mutex> lock(mutex_);
    limit_.store(std::max(1, count), std::memory_order_relaxed);
  }

  void set_executor(std::shared_ptr<Executor> executor) {
    const std::lock_guard<std::mutex> lock(mutex_);
    executor_ = std::move(executor);
    limit_.store(executor_ ? std::max(1, executor_->concurrency()) : default_threads(), std::memory_order_relaxed);
  }

  /// Runs all chunks of `region`, with help; rethrows the error of the first failing chunk.
  void run(LoopRegion& region) {
    const bool alone = num_threads() <= 1 || inside_parallel_loop();
    region.divide(alone ? 1 : num_threads());
    if (!alone) {
      open(region);
    }
    region.work(0);
    if (!alone) {
      close(region);
    }
    if (region.error) {
      std::rethrow_exception(region.error);
    }
  }

  /// Queues `task`; false when it is better run at once (no other thread, or too much queued already).
  bool post(const std::shared_ptr<Task>& task) {
    if (num_threads() <= 1) {
      return false;
    }
    std::shared_ptr<Executor> executor;
    int wake = 0;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (queued_ >= kQueueLimit || stopping_ || !start_threads()) {
        return false;
      }
      task->keep_alive_ = task;
      task->previous_ = last_;
      (last_ != nullptr ? last_->next_ : first_) = task.get();
      last_ = task.get();
      task->queued_ = true;
      ++queued_;
      wake = announce();
      executor = executor_;
    }
    notify(1, wake, executor);
    return true;
  }

  /// Takes `task` out of the queue if nobody has begun it: true means that the caller must run it.
  bool claim(Task& task) {
    std::shared_ptr<Task> keep_alive;
    const std::lock_guard<std::mutex> lock(mutex_);
    return unlink(task, keep_alive);
  }

  /// Helps once with whatever is open, as the `thread`-th; false when there is nothing to do.
  bool help(int thread) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (active_ >= num_threads() - 1) {
      return false;
    }
    for (LoopRegion* region = regions_; region != nullptr; region = region->next_region) {
      if (region->helpers < region->helper_limit && region->has_work()) {
        ++region->helpers;
        ++active_;
        lock.unlock();
        region->work(thread);
        lock.lock();
        --active_;
        if (--region->helpers == 0 && region->caller_waits) {
          region->helpers_gone.notify_one();
        }
        return true;
      }
    }
    if (first_ != nullptr) {
      std::shared_ptr<Task> task;
      unlink(*first_, task);
      ++active_;
      lock.unlock();
      task->run();
      task.reset();
      lock.lock();
      --active_;
      return true;
    }
    return false;
  }

 private:
  static constexpr std::int64_t kQueueLimit = 4096;
  static constexpr auto kSpin = std::chrono::microseconds(100);

  Scheduler() : limit_(default_threads()) {}
  ~Scheduler() = default;

  static std::atomic<Scheduler*>& slot() noexcept {
    static std::atomic<Scheduler*> current{nullptr};
    return current;
  }

  static int default_threads() noexcept {
    if (const char* const text = std::getenv("TS2CPP_NUM_THREADS")) {
      const long value = std::strtol(text, nullptr, 10);
      if (value >= 1 && value <= 4096) {
        return static_cast<int>(value);
      }
    }
    return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  }

  /// Threads end with the program. After fork(2) the child has none of them: it starts anew, and what the
  /// parent's threads held is left alone.
  static void stop_at_exit() {
    struct Stopper {
      Stopper() {
#if defined(__unix__) || defined(__APPLE__)
        pthread_atfork(nullptr, nullptr, [] { slot().store(nullptr, std::memory_order_release); });
#endif
      }
      Stopper(const Stopper&) = delete;
      Stopper& operator=(const Stopper&) = delete;
      ~Stopper() {
        if (Scheduler* const scheduler = slot().load(std::memory_order_acquire)) {
          scheduler->stop();
        }
      }
    };
    static const Stopper stopper;
  }

  void stop() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
      epoch_.fetch_add(1);
    }
    work_arrived_.notify_all();
    for (std::thread& thread : threads_) {
      thread.join();
    }
    threads_.clear();
    limit_.store(1, std::memory_order_relaxed);  // later work is done by its caller
  }

  /// Needs the mutex. True when somebody besides the caller may help.
  bool start_threads() {
    if (executor_) {
      return true;
    }
    const auto wanted = static_cast<std::size_t>(num_threads() - 1);
    try {
      while (threads_.size() < wanted) {
        threads_.emplace_back([this, thread = static_cast<int>(threads_.size()) + 1] { serve(thread); });
      }
    } catch (...) {
      // The system gives no more threads: go on with those there are.
    }
    return !threads_.empty();
  }

  /// Needs the mutex. How many threads sleep and must be woken.
  int announce() {
    epoch_.fetch_add(1);
    return sleeping_;
  }

  void notify(std::int64_t wanted, int asleep, const std::shared_ptr<Executor>& executor) {
    if (executor) {
      try {
        for (std::int64_t i = 0; i < wanted; ++i) {
          executor->post([thread = static_cast<int>(i) + 1] { Scheduler::instance().help(thread); });
        }
      } catch (...) {
        // The caller does without the help.
      }
    } else if (wanted >= asleep) {
      if (asleep > 0) {
        work_arrived_.notify_all();
      }
    } else {
      for (std::int64_t i = 0; i < wanted; ++i) {
        work_arrived_.notify_one();
      }
    }
  }

  void open(LoopRegion& region) {
    std::shared_ptr<Executor> executor;
    int asleep = 0;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (stopping_ || !start_threads()) {
        return;
      }
      region.helper_limit = static_cast<int>(std::min<std::int64_t>(num_threads() - 1, region.pieces.count - 1));
      region.next_region = regions_;
      regions_ = &region;
      asleep = announce();
      executor = executor_;
    }
    notify(region.helper_limit, asleep, executor);
  }

  void close(LoopRegion& region) {
    std::unique_lock<std::mutex> lock(mutex_);
    for (LoopRegion** link = &regions_; *link != nullptr; link = &(*link)->next_region) {
      if (*link == &region) {
        *link = region.next_region;
        break;
      }
    }
    if (region.helpers == 0) {
      return;
    }
    // Helpers are in their last chunk: usually gone in a moment.
    const auto deadline = std::chrono::steady_clock::now() + kSpin;
    while (region.helpers != 0 && std::chrono::steady_clock::now() < deadline) {
      lock.unlock();
      for (int i = 0; i < 32; ++i) {
        cpu_pause();
      }
      lock.lock();
    }
    region.caller_waits = true;
    region.helpers_gone.wait(lock, [&region] { return region.helpers == 0; });
  }

  bool unlink(Task& task, std::shared_ptr<Task>& keep_alive) {
    if (!task.queued_) {
      return false;
    }
    task.queued_ = false;
    --queued_;
    (task.previous_ != nullptr ? task.previous_->next_ : first_) = task.next_;
    (task.next_ != nullptr ? task.next_->previous_ : last_) = task.previous_;
    task.previous_ = nullptr;
    task.next_ = nullptr;
    keep_alive = std::move(task.keep_alive_);
    return true;
  }

  void serve(int thread) {
    std::uint64_t seen = epoch_.load();
    for (;;) {
      while (help(thread)) {
      }
      const auto deadline = std::chrono::steady_clock::now() + kSpin;
      while (epoch_.load(std::memory_order_relaxed) == seen && std::chrono::steady_clock::now() < deadline) {
        for (int i = 0; i < 16; ++i) {
          cpu_pause();
        }
      }
      std::unique_lock<std::mutex> lock(mutex_);
      ++sleeping_;
      // A thread that begins late has seen the last epoch already, so it must look at stopping_ itself.
      work_arrived_.wait(lock, [this, seen] { return stopping_ || epoch_.load() != seen; });
      --sleeping_;
      seen = epoch_.load();
      if (stopping_) {
        return;
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable work_arrived_;
  std::atomic<std::uint64_t> epoch_{0};
  std::atomic<int> limit_;
  std::shared_ptr<Executor> executor_;
  std::vector<std::thread> threads_;
  LoopRegion* regions_ = nullptr;
  Task* first_ = nullptr;
  Task* last_ = nullptr;
  std::int64_t queued_ = 0;
  int sleeping_ = 0;
  int active_ = 0;
  bool stopping_ = false;
};

template <class Lazy>
void run_pieces(const LoopPieces& pieces) {
  LoopRegion region(pieces);
  Scheduler::instance().run(region);
}

template <class Lazy>
int thread_limit() noexcept {
  return Scheduler::instance().num_threads();
}

template <class Lazy>
void limit_threads(int count) {
  Scheduler::instance().set_num_threads(count);
}

}  // namespace detail

/// Work goes to `executor` from now on; a null pointer brings the built-in pool back. Call it while no loop or
/// task is under way.
inline void set_executor(std::shared_ptr<Executor> executor) {
  detail::Scheduler::instance().set_executor(std::move(executor));
}

}  // namespace ts2cpp
