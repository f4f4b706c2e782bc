// fork and wait.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <ts2cpp/error.hpp>
#include <ts2cpp/future.hpp>
#include <ts2cpp/list.hpp>
#include <ts2cpp/thread_pool.hpp>

namespace {

std::int64_t fibonacci(std::int64_t n) {
  if (n < 2) {
    return n;
  }
  const auto left = ts2cpp::fork([n] { return fibonacci(n - 1); });
  const std::int64_t right = fibonacci(n - 2);
  return left.wait() + right;
}

std::int64_t chain(std::int64_t depth) {
  return depth == 0 ? 0 : ts2cpp::fork([depth] { return chain(depth - 1); }).wait() + 1;
}

std::int64_t failing() {
  ts2cpp::Frame at("model.py", "child");
  at(12);
  ts2cpp::raise("AssertionError", "child failed");
}

struct Pool {
  explicit Pool(int threads) { ts2cpp::set_num_threads(threads); }
  ~Pool() { ts2cpp::set_num_threads(2); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
};

}  // namespace

TEST_CASE("nested forks end with any number of threads") {
  for (const int threads : {1, 2, 5}) {
    const Pool pool(threads);
    CHECK(fibonacci(15) == 610);
    CHECK(chain(2000) == 2000);
  }
}

TEST_CASE("an error is raised at every wait, with the traceback of the task and of the waiter") {
  for (const int threads : {1, 3}) {
    const Pool pool(threads);
    const auto future = ts2cpp::fork(failing);
    for (int round = 0; round < 2; ++round) {
      try {
        ts2cpp::Frame at("model.py", "parent");
        at(20);
        future.wait();
        FAIL("no error");
      } catch (const ts2cpp::Error& error) {
        CHECK(error.kind() == "AssertionError");
        CHECK(error.message() == "child failed");
        REQUIRE(error.frames().size() == 2);
        CHECK(error.frames()[0].line == 12);
        CHECK(error.frames()[1].line == 20);
      }
    }
  }
}

TEST_CASE("an error that nobody waits for is dropped, and the task is done when its future goes") {
  const Pool pool(3);
  std::atomic<int> done{0};
  for (int i = 0; i < 100; ++i) {
    const auto future = ts2cpp::fork([&done]() -> std::int64_t {
      ++done;
      ts2cpp::raise("RuntimeError", "nobody listens");
    });
  }
  CHECK(done == 100);
}

TEST_CASE("many tasks at a time, and futures in a list") {
  for (const int threads : {1, 4}) {
    const Pool pool(threads);
    ts2cpp::List<ts2cpp::Future<std::int64_t>> futures;
    for (std::int64_t i = 0; i < 20000; ++i) {
      futures.append(ts2cpp::fork([i] { return i; }));
    }
    std::int64_t sum = 0;
    for (const auto& future : futures) {
      sum += future.wait();
    }
    CHECK(sum == 20000LL * 19999 / 2);
  }
}

TEST_CASE("a task may wait for another one and run loops") {
  const Pool pool(3);
  const auto first = ts2cpp::fork([] {
    std::atomic<std::int64_t> sum{0};
    ts2cpp::parallel_for(1000, 10, [&sum](std::int64_t begin, std::int64_t end) { sum += end - begin; });
    return sum.load();
  });
  const auto second = ts2cpp::fork([first] { return first.wait() + 1; });
  CHECK(second.wait() == 1001);
  CHECK(first.wait() == 1000);
}

TEST_CASE("captured values are let go when the task is done") {
  const Pool pool(2);
  const auto token = std::make_shared<int>(1);
  const auto future = ts2cpp::fork([token] { return std::int64_t{*token}; });
  CHECK(future.wait() == 1);
  CHECK(token.use_count() == 1);
}

TEST_CASE("tasks without a result, and futures that are done") {
  int calls = 0;
  ts2cpp::fork([&calls] { ++calls; }).wait();
  CHECK(calls == 1);
  CHECK(ts2cpp::completed_future(std::string("x")).wait() == "x");
  CHECK_THROWS_AS(ts2cpp::Future<int>().wait(), ts2cpp::Error);
}
