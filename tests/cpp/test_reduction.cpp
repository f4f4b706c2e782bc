// Reductions: dtypes, empty input, nan, layouts, and the same bits for any number of threads.
#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include <ts2cpp/ops/factory.hpp>
#include <ts2cpp/ops/reduction.hpp>

#include "raised.hpp"

using namespace ts2cpp;
using raised::error_of;

TEST_CASE("result dtypes") {
  CHECK(ops::sum(ops::ones({3}, DType::int32)).dtype() == DType::int64);
  CHECK(ops::sum(ops::ones({3}, DType::bool_)).item<int>() == 3);
  CHECK(ops::sum(ops::ones({3}, DType::float16)).dtype() == DType::float16);
  CHECK(ops::any(ops::ones({3}, DType::uint8)).dtype() == DType::uint8);
  CHECK(error_of([] { ops::mean(ops::ones({3}, DType::int64)); }).rfind("RuntimeError: mean(): could not infer", 0) ==
        0);
}

TEST_CASE("empty input") {
  const Tensor e = ops::zeros({0, 3});
  CHECK(ops::sum(e).item<float>() == 0);
  CHECK(std::isnan(ops::mean(e).item<float>()));
  CHECK(ops::prod(e).item<float>() == 1);
  CHECK(ops::sum(e, 0).sizes() == IntSpan({3}));
  CHECK(error_of([&] { ops::max(e); }).rfind("RuntimeError: max(): Expected reduction dim", 0) == 0);
  CHECK(error_of([&] { ops::amax(e, 0); }).rfind("IndexError: amax(): Expected reduction dim 0", 0) == 0);
  CHECK(std::isnan(ops::std(ops::ones({1})).item<float>()));
}

TEST_CASE("nan wins, the first one is found") {
  const float nan = std::nanf("");
  const Tensor x = Tensor::from_data<float>({1, nan, 3, nan}, {4});
  CHECK(std::isnan(ops::amax(x).item<float>()));
  CHECK(std::isnan(ops::min(x).item<float>()));
  CHECK(ops::argmax(x).item<int>() == 1);
  CHECK(ops::nansum(x).item<float>() == 4);
}

TEST_CASE("every set of dimensions and every layout gives the same result") {
  const Tensor x = ops::view(ops::linspace(-1, 2, 2 * 3 * 4 * 5), {2, 3, 4, 5});
  const Tensor permuted = ops::permute(ops::contiguous(ops::permute(x, {3, 1, 0, 2})), {2, 1, 3, 0});
  REQUIRE(ops::equal(x, permuted));
  for (int mask = 0; mask < 16; ++mask) {
    std::vector<std::int64_t> dims;
    Tensor expected = x;
    for (std::int64_t d = 0; d < 4; ++d) {
      if ((mask >> d & 1) != 0) {
        dims.push_back(d);
        expected = ops::sum(expected, d, true);
      }
    }
    if (dims.empty()) {
      continue;
    }
    CHECK(ops::allclose(ops::sum(x, dims, true), expected, 1e-5, 1e-6));
    CHECK(ops::allclose(ops::sum(permuted, dims, true), expected, 1e-5, 1e-6));
    CHECK(ops::equal(ops::amax(x, dims), ops::amax(permuted, dims)));
    CHECK(ops::allclose(ops::var(x, dims), ops::var(permuted, dims)));
  }
}

TEST_CASE("sums are the same bits for any number of threads") {
  const Tensor x = ops::sin(ops::linspace(0, 1000, 300001));
  set_num_threads(1);
  const float one = ops::sum(x).item<float>();
  const Tensor rows = ops::sum(ops::view(ops::slice(x, 0, 0, 300000), {1000, 300}), 0);
  set_num_threads(4);
  CHECK(ops::sum(x).item<float>() == one);
  CHECK(ops::equal(ops::sum(ops::view(ops::slice(x, 0, 0, 300000), {1000, 300}), 0), rows));
}

TEST_CASE("variance, norms, logsumexp, running sums") {
  const Tensor x = Tensor::from_data<float>({1, 2, 3, 4}, {4});
  CHECK(ops::var(x).item<float>() == doctest::Approx(1.6666667));
  CHECK(ops::var(x, false).item<float>() == doctest::Approx(1.25));
  CHECK(ops::std(x, 0, 0).item<float>() == doctest::Approx(std::sqrt(1.25)));
  CHECK(ops::norm(x).item<float>() == doctest::Approx(std::sqrt(30.0)));
  CHECK(ops::norm(x, 1, 0).item<float>() == 10);
  CHECK(ops::logsumexp(ops::full({3}, -INFINITY), 0).item<float>() == -INFINITY);
  CHECK(ops::elements<float>(ops::cumsum(x, 0)) == std::vector<float>{1, 3, 6, 10});
  CHECK(ops::sum(x, std::nullopt, true).sizes() == IntSpan({1}));
  CHECK(error_of([&] { ops::sum(x, {0, 0}); }) == "RuntimeError: dim 0 appears multiple times in the list of dims");
}
