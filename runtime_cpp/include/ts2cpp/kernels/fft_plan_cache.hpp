// The plans of Fourier transforms that a process keeps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <tuple>

#include <ts2cpp/needs_exceptions.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/kernels/fft_plan.hpp>

namespace ts2cpp::kernels::fft_detail {

/// The plans of a process, in whatever type they are computed. The least recently used go when there are too many.
class PlanCache {
 public:
  static PlanCache& instance() {
    static PlanCache* const cache = new PlanCache;  // never destroyed: threads may outlive static objects
    return *cache;
  }

  template <class C>
  std::shared_ptr<const FftPlan<C>> find(std::int64_t n, FftPlanKind kind, int lanes) {
    const Key key(n, kind, sizeof(C));
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto known = plans_.find(key);
      if (known != plans_.end()) {
        known->second.last_use = ++clock_;
        return std::static_pointer_cast<const FftPlan<C>>(known->second.plan);
      }
    }
    std::shared_ptr<const FftPlan<C>> made;
    try {
      made = make_plan<C>(n, kind, lanes);
    } catch (const std::bad_alloc&) {
      raise("RuntimeError", {"not enough memory to prepare a transform of ", n, " points"});
    }
    return std::static_pointer_cast<const FftPlan<C>>(kept(key, made, made->bytes()));
  }

 private:
  static constexpr std::size_t kMostPlans = 64;
  static constexpr std::size_t kMostBytes = std::size_t{64} << 20;
  using Key = std::tuple<std::int64_t, FftPlanKind, std::size_t>;  // the last one tells the types apart
  struct Entry {
    std::shared_ptr<const void> plan;
    std::size_t bytes = 0;
    std::uint64_t last_use = 0;
  };

  /// The plan of that key, which may be one that another thread has made meanwhile.
  std::shared_ptr<const void> kept(const Key& key, const std::shared_ptr<const void>& made, std::size_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    Entry& entry = plans_[key];
    if (!entry.plan) {
      entry.plan = made;
      entry.bytes = bytes;
      bytes_ += bytes;
    }
    entry.last_use = ++clock_;
    const std::shared_ptr<const void> result = entry.plan;
    while (plans_.size() > kMostPlans || (bytes_ > kMostBytes && plans_.size() > 1)) {
      auto oldest = plans_.begin();
      for (auto it = plans_.begin(); it != plans_.end(); ++it) {
        oldest = it->second.last_use < oldest->second.last_use ? it : oldest;
      }
      bytes_ -= oldest->second.bytes;
      plans_.erase(oldest);
    }
    return result;
  }

  std::mutex mutex_;
  std::map<Key, Entry> plans_;
  std::uint64_t clock_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace ts2cpp::kernels::fft_detail
