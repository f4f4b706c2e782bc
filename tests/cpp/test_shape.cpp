// Views, joining, rearranging, padding.
#include <doctest/doctest.h>

#include <string>

#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/factory.hpp>
#include <ts2cpp/ops/shape.hpp>

#include "raised.hpp"

using namespace ts2cpp;
using raised::message_of;

namespace {

Tensor numbers(IntSpan sizes) { return ops::view(ops::arange(checked_numel(sizes)), sizes); }

std::vector<std::int64_t> list(const Tensor& tensor) { return ops::elements<std::int64_t>(tensor); }

}  // namespace

TEST_CASE("view keeps storage, reshape copies only when it must") {
  const Tensor x = numbers({2, 3, 4});
  CHECK(ops::view(x, {6, -1}).shares_storage(x));
  const Tensor t = ops::transpose(x, 0, 2);
  CHECK(message_of([&] { ops::view(t, {24}); }).rfind("view size is not compatible", 0) == 0);
  CHECK_FALSE(ops::reshape(t, {24}).shares_storage(x));
  CHECK(ops::view(ops::transpose(x, 0, 1), {3, 2, 2, 2}).shares_storage(x));
  CHECK(message_of([&] { ops::view(x, {4}); }) == "shape '[4]' is invalid for input of size 24");
  CHECK(ops::reshape(numbers({0, 3}), {3, 0, 5}).sizes() == IntSpan({3, 0, 5}));
  CHECK(ops::view(ops::tensor(1), {1, 1}).sizes() == IntSpan({1, 1}));
}

TEST_CASE("slices follow Python") {
  const Tensor x = numbers({10});
  CHECK(list(ops::slice(x, 0, -3, std::nullopt)) == std::vector<std::int64_t>{7, 8, 9});
  CHECK(list(ops::slice(x, 0, 1, 100, 4)) == std::vector<std::int64_t>{1, 5, 9});
  CHECK(ops::slice(x, 0, 8, 2).numel() == 0);
  CHECK(ops::slice(x, 0, INT64_MIN, INT64_MAX, INT64_MAX).numel() == 1);
  CHECK(message_of([&] { ops::slice(x, 0, 0, 3, 0); }) == "slice step must be positive");
  CHECK(message_of([&] { ops::select(x, 0, 10); }) ==
        "select(): index 10 out of range for tensor of size [10] at dimension 0");
}

TEST_CASE("expand repeats without copying and refuses what does not fit") {
  const Tensor x = numbers({3, 1});
  CHECK(list(ops::expand(x, {2, -1, 2})) == std::vector<std::int64_t>{0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2});
  CHECK(message_of([&] { ops::expand(x, {4, 2}); }) ==
        "The expanded size of the tensor (4) must match the existing size (3) at non-singleton dimension 0.  Target "
        "sizes: [4, 2].  Tensor sizes: [3, 1]");
}

TEST_CASE("as_strided never leaves the storage") {
  const Tensor x = numbers({6});
  CHECK(list(ops::as_strided(x, {2, 2}, {3, 1}, 1)) == std::vector<std::int64_t>{1, 2, 4, 5});
  CHECK(message_of([&] { ops::as_strided(x, {2, 2}, {5, 1}); }).rfind("setStorage", 0) == 0);
  CHECK(message_of([&] { ops::as_strided(x, {INT64_MAX, 2}, {INT64_MAX, 1}); }).rfind("Storage size", 0) == 0);
  CHECK(message_of([&] { ops::as_strided(x, {2}, {-1}, 5); }).rfind("as_strided: Negative", 0) == 0);
}

TEST_CASE("cat promotes, skips empty vectors and explains mismatches") {
  const Tensor a = numbers({2, 2});
  CHECK(ops::cat({a, ops::ones({1, 2})}).dtype() == DType::float32);
  CHECK(ops::cat({ops::zeros({0}, DType::int64), a}).sizes() == IntSpan({2, 2}));
  CHECK(message_of([&] { ops::cat({a, numbers({2, 3})}); }) ==
        "Sizes of tensors must match except in dimension 0. Expected size 2 but got size 3 for tensor number 1 in the "
        "list.");
  CHECK(list(ops::stack({a, a}, 1)) == std::vector<std::int64_t>{0, 1, 0, 1, 2, 3, 2, 3});
}

TEST_CASE("splitting covers the dimension") {
  const Tensor x = numbers({2, 5});
  const List<Tensor> parts = ops::split(x, 2, 1);
  REQUIRE(parts.size() == 3);
  CHECK(list(parts.at(2)) == std::vector<std::int64_t>{4, 9});
  CHECK(ops::chunk(x, 4, 1).size() == 3);
  CHECK(ops::unbind(x, 1).size() == 5);
  CHECK(ops::equal(ops::cat(ops::tensor_split(x, 3, 1), 1), x));
}

TEST_CASE("rearrangements") {
  const Tensor x = numbers({2, 3});
  CHECK(list(ops::flip(x, {1})) == std::vector<std::int64_t>{2, 1, 0, 5, 4, 3});
  CHECK(list(ops::roll(x, {1}, {1})) == std::vector<std::int64_t>{2, 0, 1, 5, 3, 4});
  CHECK(list(ops::repeat(ops::slice(x, 0, 0, 1), {2, 2})) ==
        std::vector<std::int64_t>{0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2});
  CHECK(list(ops::repeat_interleave(ops::select(x, 0, 0), 2)) == std::vector<std::int64_t>{0, 0, 1, 1, 2, 2});
  CHECK(list(ops::tril(ops::add(x, 1))) == std::vector<std::int64_t>{1, 0, 0, 4, 5, 0});
  CHECK(list(ops::diag(numbers({2}), 1)) == std::vector<std::int64_t>{0, 0, 0, 0, 0, 1, 0, 0, 0});
  CHECK(ops::equal(ops::pixel_unshuffle(ops::pixel_shuffle(numbers({1, 8, 2, 3}), 2), 2), numbers({1, 8, 2, 3})));
}

TEST_CASE("padding") {
  const Tensor x = numbers({1, 4});
  CHECK(list(ops::pad(x, {2, 1}, "reflect")) == std::vector<std::int64_t>{2, 1, 0, 1, 2, 3, 2});
  CHECK(list(ops::pad(x, {2, 1}, "replicate")) == std::vector<std::int64_t>{0, 0, 0, 1, 2, 3, 3});
  CHECK(list(ops::pad(x, {2, 1}, "circular")) == std::vector<std::int64_t>{2, 3, 0, 1, 2, 3, 0});
  CHECK(list(ops::pad(x, {-1, 1}, "constant", 7)) == std::vector<std::int64_t>{1, 2, 3, 7});
}
