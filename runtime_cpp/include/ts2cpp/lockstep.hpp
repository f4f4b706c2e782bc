// Threads that go through a sequence of phases side by side: each phase needs all of what the one before it has
// written, and is too short to be handed to the pool by itself (a step of a recurrent layer).
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include <ts2cpp/parallel.hpp>

namespace ts2cpp {
namespace detail {

/// Who has done what. A part of a phase is begun by one thread alone; nobody waits for what has not begun, so any
/// number of the threads may come late or never.
class Lockstep {
 public:
  static constexpr std::int64_t kMostParts = 32;

  Lockstep(std::int64_t phases, std::int64_t parts) noexcept : phases_(phases), parts_(parts) {}
  Lockstep(const Lockstep&) = delete;
  Lockstep& operator=(const Lockstep&) = delete;

  /// Goes through the phases as the thread that prefers part `own`, which it finds in its caches.
  template <class F>
  void run(std::int64_t own, F& fn) noexcept {
    for (std::int64_t phase = finished(); phase < phases_; ++phase) {
      if (!await(phase, own)) {
        return;
      }
      for (std::int64_t i = 0; i < parts_; ++i) {
        const std::int64_t part = own + i < parts_ ? own + i : own + i - parts_;
        Part& state = states_[part];
        std::int64_t expected = phase;
        if (state.begun.load(std::memory_order_relaxed) == phase &&
            state.begun.compare_exchange_strong(expected, phase + 1, std::memory_order_acquire,
                                                std::memory_order_relaxed)) {
          fn(phase, part);
          state.done.store(phase + 1, std::memory_order_release);
        }
      }
    }
  }

 private:
  struct alignas(64) Part {
    std::atomic<std::int64_t> begun{0};
    std::atomic<std::int64_t> done{0};
  };

  static constexpr int kSpins = 1 << 10;                           // looks before the processor is offered to others
  static constexpr auto kPatience = std::chrono::milliseconds(2);  // for a thread that has lost its processor

  /// Phases that all parts are through.
  std::int64_t finished() const noexcept {
    std::int64_t least = phases_;
    for (std::int64_t part = 0; part < parts_; ++part) {
      least = std::min(least, states_[part].done.load(std::memory_order_acquire));
    }
    return least;
  }

  /// Waits until `phases` are over; false when this thread had better leave. If a thread is kept from its processor
  /// for long there are more threads than processors: whoever notices goes on alone.
  bool await(std::int64_t phases, std::int64_t own) noexcept {
    int looks = 0;
    std::chrono::steady_clock::time_point since;
    for (std::int64_t part = 0; part < parts_; ++part) {
      while (states_[part].done.load(std::memory_order_acquire) < phases) {
        if (++looks < kSpins) {
          cpu_pause();
          continue;
        }
        if (looks == kSpins) {
          since = std::chrono::steady_clock::now();
        } else if (std::chrono::steady_clock::now() - since > kPatience) {
          std::int64_t nobody = -1;
          alone_.compare_exchange_strong(nobody, own, std::memory_order_relaxed);
        }
        std::this_thread::yield();
      }
    }
    const std::int64_t alone = alone_.load(std::memory_order_relaxed);
    return alone == -1 || alone == own;
  }

  std::int64_t phases_;
  std::int64_t parts_;
  std::atomic<std::int64_t> alone_{-1};
  Part states_[kMostParts];
};

}  // namespace detail

/// Into how many parts a phase over `units` is worth cutting: one for each thread.
inline std::int64_t lockstep_parts(std::int64_t units) noexcept {
  return std::max<std::int64_t>(1, std::min({units, std::int64_t{get_num_threads()}, detail::Lockstep::kMostParts}));
}

/// Calls fn(phase, part) for all parts (`lockstep_parts`) of all phases; no call of a phase begins before the last of
/// the phase before it has ended. `fn` must not throw, and what it writes must not depend on how many parts there are.
template <class F>
void run_in_lockstep(std::int64_t phases, std::int64_t parts, F&& fn) {
  if (parts <= 1) {
    for (std::int64_t phase = 0; phase < phases; ++phase)
      fn(phase, std::int64_t{0});
    return;
  }
  detail::Lockstep lockstep(phases, parts);
  parallel_for(parts, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t own = begin; own < end; ++own)
      lockstep.run(own, fn);
  });
}

}  // namespace ts2cpp
