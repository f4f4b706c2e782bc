// Indexing with tensors and masks, gather and scatter, sorting.
#include <doctest/doctest.h>

#include <limits>
#include <string>

#include <ts2cpp/ops/distinct.hpp>
#include <ts2cpp/ops/factory.hpp>
#include <ts2cpp/ops/indexing.hpp>
#include <ts2cpp/ops/sorting.hpp>

#include "raised.hpp"

using namespace ts2cpp;
using raised::error_of;

namespace {

Tensor numbers(IntSpan sizes) { return ops::view(ops::arange(checked_numel(sizes)), sizes); }
Tensor ints(std::vector<std::int64_t> values) {
  const auto size = static_cast<std::int64_t>(values.size());
  return Tensor::from_data(values, {size});
}
std::vector<std::int64_t> list(const Tensor& tensor) { return ops::elements<std::int64_t>(tensor); }

}  // namespace

TEST_CASE("integer indices: neighbours stay in place, separated ones move to the front") {
  const Tensor x = numbers({2, 3, 4});
  const Tensor i = ints({1, 0});
  CHECK(ops::index(x, {std::nullopt, i}).sizes() == IntSpan({2, 2, 4}));
  CHECK(ops::index(x, {i, std::nullopt, i}).sizes() == IntSpan({2, 3}));
  CHECK(list(ops::index(x, {i, std::nullopt, i})) == std::vector<std::int64_t>{13, 17, 21, 0, 4, 8});
  CHECK(list(ops::index(ops::select(x, 0, 0), {ints({-1})})) == std::vector<std::int64_t>{8, 9, 10, 11});
  CHECK(error_of([&] { ops::index(x, {ints({2})}); }) ==
        "IndexError: index 2 is out of bounds for dimension 0 with size 2");
  CHECK(error_of([&] { ops::index(x, {i, ints({1, 2, 0})}); }) ==
        "IndexError: shape mismatch: indexing tensors could not be broadcast together with shapes [2], [3]");
}

TEST_CASE("masks select and assign") {
  const Tensor x = numbers({2, 3});
  const Tensor mask = ops::gt(x, 2);
  CHECK(list(ops::index(x, {mask})) == std::vector<std::int64_t>{3, 4, 5});
  CHECK(list(ops::masked_select(x, mask)) == std::vector<std::int64_t>{3, 4, 5});
  ops::index_put_(x, {mask}, ops::tensor(0));
  CHECK(list(x) == std::vector<std::int64_t>{0, 1, 2, 0, 0, 0});
  CHECK(error_of([&] { ops::index(x, {ops::ones({3}, DType::bool_)}); }) ==
        "IndexError: The shape of the mask [3] at index 0 does not match the shape of the indexed tensor [2, 3] at "
        "index 0");
}

TEST_CASE("index_put accumulates repeated positions and writes through views") {
  const Tensor x = ops::zeros({3, 2}, DType::int64);
  ops::index_put_(x, {ints({1, 1, 2})}, ops::tensor(5), true);
  CHECK(list(x) == std::vector<std::int64_t>{0, 0, 10, 10, 5, 5});
  ops::index_put_(ops::t(x), {std::nullopt, ints({0})}, ops::tensor(7));
  CHECK(list(x) == std::vector<std::int64_t>{7, 7, 10, 10, 5, 5});
}

TEST_CASE("gather and scatter") {
  const Tensor x = numbers({2, 3});
  const Tensor index = ops::view(ints({0, 1, 0}), {1, 3});
  CHECK(list(ops::gather(x, 0, index)) == std::vector<std::int64_t>{0, 4, 2});
  CHECK(list(ops::scatter(x, 0, index, 9)) == std::vector<std::int64_t>{9, 1, 9, 3, 9, 5});
  const Tensor twice = ops::view(ints({0, 0}), {2, 1});
  CHECK(list(ops::scatter_add(x, 0, twice, x)) == std::vector<std::int64_t>{3, 1, 2, 3, 4, 5});
  CHECK(list(ops::scatter_reduce(x, 0, twice, x, "amax", false)) == std::vector<std::int64_t>{3, 1, 2, 3, 4, 5});
  CHECK(error_of([&] { ops::gather(x, 0, ops::add(index, 2)); }) ==
        "RuntimeError: index 2 is out of bounds for dimension 0 with size 2");
}

TEST_CASE("nonzero, take, index_add") {
  CHECK(list(ops::nonzero(ops::eq(numbers({2, 3}), 4))) == std::vector<std::int64_t>{1, 1});
  CHECK(list(ops::take(numbers({2, 3}), ints({-1, 0}))) == std::vector<std::int64_t>{5, 0});
  CHECK(list(ops::index_add(numbers({3}), 0, ints({0, 0}), ints({1, 2}), 10)) == std::vector<std::int64_t>{30, 1, 2});
}

TEST_CASE("one element is read where it lies") {
  const Tensor x = numbers({3, 4});
  CHECK(ops::item(x, {1, 2}).to_int() == 6);
  CHECK(ops::item(ops::transpose(x, 0, 1), {-1, -3}).to_int() == 3);
  CHECK(ops::item(ops::slice(x, 1, 3), ts2cpp::IntSpan{2}).to_int() == 11);
  CHECK(error_of([&] { ops::item(x, {1, 4}); }) ==
        "IndexError: select(): index 4 out of range for tensor of size [4] at dimension 0");
  CHECK(error_of([&] { ops::item(x, {-4, 9}); }) ==
        "IndexError: select(): index -4 out of range for tensor of size [3, 4] at dimension 0");
  CHECK(error_of([&] { ops::item(x, {0, 0, 0}); }) == "IndexError: select() cannot be applied to a 0-dim tensor.");
  CHECK(error_of([&] { ops::item(x, ts2cpp::IntSpan{0}); }) ==
        "RuntimeError: a Tensor with 4 elements cannot be converted to Scalar");
}

TEST_CASE("sorting is stable and puts nan last") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor x = Tensor::from_data<float>({2, nan, 1, 2}, {4});
  CHECK(list(ops::argsort(x)) == std::vector<std::int64_t>{2, 0, 3, 1});
  CHECK(list(ops::argsort(x, 0, true)) == std::vector<std::int64_t>{1, 0, 3, 2});
  CHECK(list(std::get<1>(ops::topk(x, 2, 0, false))) == std::vector<std::int64_t>{2, 0});
  CHECK(error_of([&] { ops::topk(x, 5); }) == "RuntimeError: selected index k out of range");
  const auto [values, inverse, counts] = ops::_unique2(ints({3, 1, 3}), true, true, true);
  CHECK(list(values) == std::vector<std::int64_t>{1, 3});
  CHECK(list(inverse) == std::vector<std::int64_t>{1, 0, 1});
  CHECK(list(counts) == std::vector<std::int64_t>{1, 2});
}
