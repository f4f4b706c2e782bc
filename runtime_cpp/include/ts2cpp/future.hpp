// torch.jit.fork and torch.jit.wait.
#pragma once

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <ts2cpp/needs_exceptions.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/thread_pool.hpp>

namespace ts2cpp {
namespace detail {

/// Stands for the result of functions that return nothing.
struct Nothing {};

template <class T>
class FutureTask : public Task {
 public:
  using Stored = std::conditional_t<std::is_void_v<T>, Nothing, T>;

  void run() noexcept override {
    std::optional<Stored> value;
    std::exception_ptr error;
    try {
      value.emplace(compute());
    } catch (...) {
      error = std::current_exception();
    }
    drop_function();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      value_ = std::move(value);
      error_ = error;
      done_ = true;
    }
    finished_.notify_all();
  }

  /// Sees to it that the task is done: runs it here if nobody has begun it.
  void join() noexcept {
    if (Scheduler::instance().claim(*this)) {
      run();
      return;
    }
    std::unique_lock<std::mutex> lock(mutex_);
    finished_.wait(lock, [this] { return done_; });
  }

  /// The result, after join; rethrows the task's error so that frames of this thread join its traceback.
  const Stored& result() const {
    if (error_) {
      try {
        std::rethrow_exception(error_);
      } catch (const Error& failure) {
        Error copy(failure.kind(), failure.message());
        for (const TracebackEntry& frame : failure.frames()) {
          copy.add_frame(frame.file, frame.line, frame.function);
        }
        throw copy;
      }
    }
    return *value_;
  }

 protected:
  virtual Stored compute() = 0;
  virtual void drop_function() noexcept = 0;

 private:
  std::mutex mutex_;
  std::condition_variable finished_;
  bool done_ = false;
  std::optional<Stored> value_;
  std::exception_ptr error_;
};

template <class T, class F>
class FunctionTask final : public FutureTask<T> {
 public:
  using Stored = typename FutureTask<T>::Stored;
  explicit FunctionTask(F function) : function_(std::move(function)) {}

 private:
  Stored compute() override {
    if constexpr (std::is_void_v<T>) {
      (*function_)();
      return {};
    } else {
      return (*function_)();
    }
  }
  // What the function captured is let go before the task counts as done.
  void drop_function() noexcept override { function_.reset(); }

  std::optional<F> function_;
};

}  // namespace detail

/// The result of a `fork`, sooner or later. Copies refer to the same task; when the last one goes, the task is
/// finished first: no task outlives the scope that could have waited for it.
template <class T>
class Future {
 public:
  Future() = default;

  bool valid() const noexcept { return handle_ != nullptr; }
  bool is(const Future& other) const noexcept { return handle_ == other.handle_; }

  /// The task's result; raises what the task raised, at every wait. A task that nobody has begun runs here and now,
  /// hence tasks may fork and wait to any depth with any number of threads.
  T wait() const {
    if (!handle_) {
      raise("RuntimeError", "wait: the future has no task");
    }
    handle_->task->join();
    if constexpr (std::is_void_v<T>) {
      handle_->task->result();
    } else {
      return handle_->task->result();
    }
  }

 private:
  template <class F>
  friend auto fork(F&& function) -> Future<std::decay_t<std::invoke_result_t<std::decay_t<F>&>>>;

  struct Handle {
    std::shared_ptr<detail::FutureTask<T>> task;
    explicit Handle(std::shared_ptr<detail::FutureTask<T>> from) noexcept : task(std::move(from)) {}
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() { task->join(); }
  };

  explicit Future(std::shared_ptr<const Handle> handle) noexcept : handle_(std::move(handle)) {}

  std::shared_ptr<const Handle> handle_;
};

/// Starts `function()` on another thread if there is one to spare. With a single thread, or when very many tasks
/// are waiting already, it runs at once on this one.
template <class F>
auto fork(F&& function) -> Future<std::decay_t<std::invoke_result_t<std::decay_t<F>&>>> {
  using Result = std::decay_t<std::invoke_result_t<std::decay_t<F>&>>;
  using Handle = typename Future<Result>::Handle;
  const std::shared_ptr<detail::FutureTask<Result>> task =
      std::make_shared<detail::FunctionTask<Result, std::decay_t<F>>>(std::forward<F>(function));
  if (!detail::Scheduler::instance().post(task)) {
    task->run();
  }
  return Future<Result>(std::make_shared<const Handle>(task));
}

/// A future as print() shows it.
template <class T>
std::string to_str(const Future<T>& /*future*/) {
  return "Future";
}

/// A future that is done already.
template <class T>
Future<std::decay_t<T>> completed_future(T&& value) {
  const auto previous = std::make_shared<std::decay_t<T>>(std::forward<T>(value));
  return fork([previous] { return *previous; });
}

}  // namespace ts2cpp
