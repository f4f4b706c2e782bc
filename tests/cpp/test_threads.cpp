// The thread pool and the allocator.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <ts2cpp/caching_allocator.hpp>
#include <ts2cpp/allocator.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/lockstep.hpp>
#include <ts2cpp/thread_pool.hpp>
#include <utility>
#include <vector>

namespace {

std::vector<std::pair<std::int64_t, std::int64_t>> pieces(std::int64_t n, std::int64_t grain) {
  std::mutex mutex;
  std::vector<std::pair<std::int64_t, std::int64_t>> found;
  ts2cpp::parallel_for(n, grain, [&](std::int64_t begin, std::int64_t end) {
    const std::lock_guard<std::mutex> lock(mutex);
    found.emplace_back(begin, end);
  });
  std::sort(found.begin(), found.end());
  return found;
}

struct ThreadCount {
  explicit ThreadCount(int count) { ts2cpp::set_num_threads(count); }
  ~ThreadCount() { ts2cpp::set_num_threads(2); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;
};

}  // namespace

TEST_CASE("pieces cover the range once and do not depend on the number of threads") {
  for (const std::int64_t n : {0, 1, 7, 100, 1000, 4097, 100001}) {
    for (const std::int64_t grain : {0, 1, 3, 64, 5000}) {
      std::vector<std::pair<std::int64_t, std::int64_t>> first;
      for (const int threads : {1, 2, 5}) {
        const ThreadCount guard(threads);
        const auto found = pieces(n, grain);
        std::int64_t at = 0;
        for (const auto& [begin, end] : found) {
          REQUIRE(begin == at);
          REQUIRE(end > begin);
          at = end;
        }
        REQUIRE(at == n);
        if (threads == 1) {
          first = found;
        }
        REQUIRE(found == first);
      }
    }
  }
}

TEST_CASE("an error comes out, that of the first failing piece, and the pool goes on working") {
  const ThreadCount guard(4);
  for (int round = 0; round < 200; ++round) {
    std::string what;
    try {
      ts2cpp::parallel_for(100, 1, [](std::int64_t begin, std::int64_t) {
        if (begin >= 10) {
          throw std::runtime_error(std::to_string(begin));
        }
      });
    } catch (const std::runtime_error& error) {
      what = error.what();
    }
    REQUIRE(what == "10");
  }
}

TEST_CASE("a loop inside a piece stays on its thread") {
  const ThreadCount guard(4);
  std::atomic<int> foreign{0};
  std::atomic<std::int64_t> sum{0};
  ts2cpp::parallel_for(16, 1, [&](std::int64_t, std::int64_t) {
    const auto self = std::this_thread::get_id();
    ts2cpp::parallel_for(50, 1, [&](std::int64_t begin, std::int64_t end) {
      foreign += std::this_thread::get_id() == self ? 0 : 1;
      sum += end - begin;
    });
  });
  CHECK(foreign == 0);
  CHECK(sum == 16 * 50);
}

TEST_CASE("many threads may open loops at the same time") {
  const ThreadCount guard(3);
  std::vector<std::thread> callers;
  std::atomic<std::int64_t> sum{0};
  for (int caller = 0; caller < 8; ++caller) {
    callers.emplace_back([&sum] {
      for (int round = 0; round < 200; ++round) {
        ts2cpp::parallel_for(64, 4, [&sum](std::int64_t begin, std::int64_t end) { sum += end - begin; });
      }
    });
  }
  for (std::thread& caller : callers) {
    caller.join();
  }
  CHECK(sum == 8 * 200 * 64);
}

TEST_CASE("in lockstep a phase sees all of the one before it") {
  constexpr std::int64_t kPhases = 500;
  constexpr std::int64_t kUnits = 7;
  for (const int threads : {1, 2, 4, 20}) {
    const ThreadCount guard(threads);
    const std::int64_t parts = ts2cpp::lockstep_parts(kUnits);
    CHECK(parts == std::min<std::int64_t>(threads, kUnits));
    std::vector<std::int64_t> values[2] = {std::vector<std::int64_t>(kUnits, 1), std::vector<std::int64_t>(kUnits)};
    ts2cpp::run_in_lockstep(kPhases, parts, [&](std::int64_t phase, std::int64_t part) {
      const std::vector<std::int64_t>& old = values[phase % 2];
      for (std::int64_t unit = kUnits * part / parts; unit < kUnits * (part + 1) / parts; ++unit) {
        std::int64_t sum = unit;
        for (const std::int64_t value : old)
          sum += value;
        values[1 - phase % 2][static_cast<std::size_t>(unit)] = sum % 1000003;
      }
    });
    std::vector<std::int64_t> expected(kUnits, 1);
    for (std::int64_t phase = 0; phase < kPhases; ++phase) {
      std::int64_t sum = 0;
      for (const std::int64_t value : expected)
        sum += value;
      for (std::int64_t unit = 0; unit < kUnits; ++unit)
        expected[static_cast<std::size_t>(unit)] = (sum + unit) % 1000003;
    }
    CHECK(values[kPhases % 2] == expected);
  }
}

TEST_CASE("a thread in lockstep that loses its processor does not stop the others for good") {
  const ThreadCount guard(4);
  std::atomic<std::int64_t> calls{0};
  ts2cpp::run_in_lockstep(40, 4, [&](std::int64_t phase, std::int64_t part) {
    if (phase == 3 && part == 1) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ++calls;
  });
  CHECK(calls == 160);
}

#if defined(__linux__)
TEST_CASE("with one thread there is no other") {
  const pid_t child = fork();  // whose pool is fresh
  REQUIRE(child >= 0);
  if (child == 0) {
    ts2cpp::set_num_threads(1);
    const bool whole = pieces(1000, 10).size() == 100;
    std::int64_t threads = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task"))
      threads += entry.is_directory() ? 1 : 0;
    _exit(whole && threads == 1 ? 7 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 7);
}
#endif

namespace {

struct LateExecutor : ts2cpp::Executor {
  std::deque<std::function<void()>> waiting;
  void post(std::function<void()> work) override { waiting.push_back(std::move(work)); }
  int concurrency() const noexcept override { return 4; }
};

struct BrokenExecutor : ts2cpp::Executor {
  void post(std::function<void()>) override { throw std::runtime_error("no"); }
  int concurrency() const noexcept override { return 4; }
};

/// A program's own threads, one a piece of work.
struct OwnThreads : ts2cpp::Executor {
  std::vector<std::thread> threads;
  std::atomic<int> helped{0};
  ~OwnThreads() override {
    for (std::thread& thread : threads)
      thread.join();
  }
  void post(std::function<void()> work) override {
    threads.emplace_back([this, task = std::move(work)] {
      ++helped;
      task();
    });
  }
  int concurrency() const noexcept override { return 3; }
};

}  // namespace

TEST_CASE("loops and lockstep run on the threads of an executor") {
  const auto own = std::make_shared<OwnThreads>();
  ts2cpp::set_executor(own);
  std::atomic<std::int64_t> sum{0};
  for (int round = 0; round < 5; ++round) {
    ts2cpp::parallel_for(100, 10, [&](std::int64_t begin, std::int64_t end) { sum += end - begin; });
    ts2cpp::run_in_lockstep(20, ts2cpp::lockstep_parts(8), [&](std::int64_t, std::int64_t) { ++sum; });
  }
  CHECK(sum == 5 * (100 + 20 * 3));
  CHECK(own->threads.size() == 5 * (2 + 2));
  ts2cpp::set_executor(nullptr);
}

TEST_CASE("an executor may run its work late, or refuse it") {
  const auto late = std::make_shared<LateExecutor>();
  ts2cpp::set_executor(late);
  CHECK(ts2cpp::get_num_threads() == 4);
  CHECK(pieces(100, 10).size() == 10);
  CHECK(late->waiting.size() == 3);
  for (const auto& work : late->waiting) {
    work();  // nothing is left to help with
  }
  ts2cpp::set_executor(std::make_shared<BrokenExecutor>());
  CHECK(pieces(100, 10).size() == 10);
  ts2cpp::set_executor(nullptr);
  CHECK(pieces(100, 10).size() == 10);
}

#if !defined(__SANITIZE_THREAD__)
TEST_CASE("the pool works in a child after fork") {
  const ThreadCount guard(3);
  CHECK(pieces(100, 10).size() == 10);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    _exit(pieces(100, 10).size() == 10 ? 7 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
}
#endif

TEST_CASE("blocks are aligned, distinct and reused") {
  std::vector<std::pair<void*, std::size_t>> blocks;
  for (const std::size_t size : {0U, 1U, 63U, 64U, 65U, 80U, 81U, 127U, 128U, 129U, 1000U, 4096U, 5000U, 1U << 20U}) {
    void* const block = ts2cpp::allocate(size);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % ts2cpp::kAlignment == 0);
    std::memset(block, 0xAB, size);
    blocks.emplace_back(block, size);
  }
  for (const auto& [block, size] : blocks) {
    ts2cpp::deallocate(block, size);
  }
  if (ts2cpp::detail::kKeepFreedBlocks) {
    void* const again = ts2cpp::allocate(900);
    CHECK(again == blocks[10].first);
    ts2cpp::deallocate(again, 900);
    CHECK(ts2cpp::detail::CachingAllocator::instance().cached_bytes() > 0);
  }
  ts2cpp::release_cached_memory();
  CHECK(ts2cpp::detail::CachingAllocator::instance().cached_bytes() == 0);
}

TEST_CASE("a block is never smaller than asked for") {
  for (std::size_t size = 0; size < 70000; size += 37) {
    void* const block = ts2cpp::allocate(size);
    std::memset(block, 1, size);
    ts2cpp::deallocate(block, size);
  }
}

TEST_CASE("sizes that cannot be had are a RuntimeError") {
  CHECK_THROWS_AS(ts2cpp::allocate(SIZE_MAX), ts2cpp::Error);
  CHECK_THROWS_AS(ts2cpp::allocate(SIZE_MAX / 2), ts2cpp::Error);
  CHECK_THROWS_AS(ts2cpp::checked_bytes(SIZE_MAX / 2, 4), ts2cpp::Error);
  CHECK(ts2cpp::checked_bytes(10, 4) == 40);
}

TEST_CASE("the allocator is thread safe") {
  ts2cpp::parallel_for(64, 1, [](std::int64_t begin, std::int64_t) {
    for (int round = 0; round < 200; ++round) {
      const auto size = static_cast<std::size_t>(begin * 16 + round);
      auto* const block = static_cast<unsigned char*>(ts2cpp::allocate(size + 1));
      block[size] = static_cast<unsigned char>(begin);
      ts2cpp::deallocate(block, size + 1);
    }
  });
}
