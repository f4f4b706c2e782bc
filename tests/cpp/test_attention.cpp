// Attention and embedding.
#include <doctest/doctest.h>

#include <ts2cpp/ops/attention.hpp>
#include <ts2cpp/ops/embedding.hpp>

#include "numeric_reference.hpp"
#include "raised.hpp"

namespace ops = ts2cpp::ops;
using raised::error_of;
using reference::at;
using reference::largest_error;
using reference::Random;
using ts2cpp::IntSpan;
using ts2cpp::Tensor;

namespace {

/// Attention by its definition; `visible(i, j)` says whether query i sees key j.
template <class Visible>
double attention_error(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& out, Visible visible) {
  const std::int64_t keys = k.sizes()[2];
  const std::int64_t width = q.sizes()[3];
  return largest_error(out, [&](const std::vector<std::int64_t>& i) {
    double total = 0.0;
    double sum = 0.0;
    for (std::int64_t j = 0; j < keys; ++j) {
      if (!visible(i[2], j))
        continue;
      double score = 0.0;
      for (std::int64_t e = 0; e < width; ++e)
        score += at(q, {i[0], i[1], i[2], e}) * at(k, {i[0], i[1], j, e});
      const double weight = std::exp(score / std::sqrt(static_cast<double>(width)));
      total += weight;
      sum += weight * at(v, {i[0], i[1], j, i[3]});
    }
    return total == 0.0 ? 0.0 : sum / total;
  });
}

}  // namespace

TEST_CASE("attention, plain, causal and masked") {
  Random random(41);
  for (const std::int64_t queries : {1, 5, 130}) {
    const Tensor q = random.tensor({2, 3, queries, 8});
    const Tensor k = random.tensor({2, 3, 140, 8});
    const Tensor v = random.tensor({2, 3, 140, 10});
    CHECK(attention_error(q, k, v, ops::scaled_dot_product_attention(q, k, v),
                          [](std::int64_t, std::int64_t) { return true; }) < 1e-5);
    CHECK(attention_error(q, k, v, ops::scaled_dot_product_attention(q, k, v, std::nullopt, 0.0, true),
                          [](std::int64_t i, std::int64_t j) { return j <= i; }) < 1e-5);
    Tensor mask = Tensor::empty({queries, 140}, ts2cpp::DType::bool_);
    for (std::int64_t i = 0; i < mask.numel(); ++i) {
      mask.data_ptr<bool>()[i] = i / 140 != 0 && i % 3 != 0;  // the first query sees nothing
    }
    CHECK(attention_error(q, k, v, ops::scaled_dot_product_attention(q, k, v, mask),
                          [](std::int64_t i, std::int64_t j) { return i != 0 && (i * 140 + j) % 3 != 0; }) < 1e-5);
  }
}

TEST_CASE("a nan among scores that are hidden is seen") {
  Random random(48);
  const Tensor q = random.tensor({1, 1, 3, 4});
  const Tensor k = random.tensor({1, 1, 5, 4});
  k.data_ptr<float>()[2 * 4] = std::numeric_limits<float>::quiet_NaN();
  Tensor mask = Tensor::empty({3, 5}, ts2cpp::DType::bool_);
  for (std::int64_t i = 0; i < 15; ++i)
    mask.data_ptr<bool>()[i] = i == 2 || (i > 5 && i % 5 != 2);  // the second query sees nothing but hides the nan
  const Tensor out = ops::scaled_dot_product_attention(q, k, random.tensor({1, 1, 5, 2}), mask);
  for (std::int64_t i = 0; i < 6; ++i)
    CHECK(std::isnan(out.data_ptr<float>()[i]));
}

TEST_CASE("attention over more keys than are taken at a time") {
  Random random(49);
  Tensor k = random.tensor({1, 1, 620, 4});
  const Tensor v = random.tensor({1, 1, 620, 2});
  for (std::int64_t i = 4 * 550; i < k.numel(); ++i)
    k.data_ptr<float>()[i] *= 8.0f;  // the largest scores come late
  const Tensor q = random.tensor({1, 1, 620, 4});
  CHECK(attention_error(q, k, v, ops::scaled_dot_product_attention(q, k, v, std::nullopt, 0.0, true),
                        [](std::int64_t i, std::int64_t j) { return j <= i; }) < 1e-5);
  Tensor mask = Tensor::empty({620, 620}, ts2cpp::DType::bool_);
  for (std::int64_t i = 0; i < mask.numel(); ++i) {
    mask.data_ptr<bool>()[i] = i / 620 != 2 && i % 620 >= i / 620;  // late queries see late keys, one sees none
  }
  CHECK(attention_error(q, k, v, ops::scaled_dot_product_attention(q, k, v, mask),
                        [](std::int64_t i, std::int64_t j) { return i != 2 && j >= i; }) < 1e-5);
  reference::check_thread_independence([&] { return ops::scaled_dot_product_attention(q, k, v); });
}

TEST_CASE("query heads may share key and value heads") {
  Random random(42);
  const Tensor q = random.tensor({1, 4, 3, 8});
  const Tensor k = random.tensor({1, 2, 5, 8});
  const Tensor v = random.tensor({1, 2, 5, 6});
  const Tensor shared = ops::scaled_dot_product_attention(q, k, v, std::nullopt, 0.0, false, std::nullopt, true);
  const Tensor third = q.with_layout({1, 1, 3, 8}, q.strides(), 2 * 24);
  const Tensor second_k = k.with_layout({1, 1, 5, 8}, k.strides(), 40);
  const Tensor second_v = v.with_layout({1, 1, 5, 6}, v.strides(), 30);
  const Tensor alone = ops::scaled_dot_product_attention(third, second_k, second_v);
  CHECK(largest_error(alone, [&](const std::vector<std::int64_t>& i) { return at(shared, {0, 2, i[2], i[3]}); }) <
        1e-6);
}

TEST_CASE("attention does not depend on the number of threads") {
  Random random(43);
  const Tensor q = random.tensor({1, 6, 200, 32});
  reference::check_thread_independence([&] { return ops::scaled_dot_product_attention(q, q, q); });
}

TEST_CASE("embedding looks rows up and refuses indices outside") {
  Random random(44);
  const Tensor table = random.tensor({4, 3});
  const Tensor rows = ops::embedding(table, Tensor::from_data<std::int64_t>({3, 0}, {2, 1}));
  REQUIRE(rows.sizes() == IntSpan({2, 1, 3}));
  CHECK(at(rows, {0, 0, 2}) == at(table, {3, 2}));
  for (const std::int64_t index : {-1, 4}) {
    CHECK(error_of([&] { ops::embedding(table, Tensor::from_data<std::int64_t>({index}, {1})); }) ==
          "IndexError: index out of range in self");
  }
}

TEST_CASE("attention lies in memory as its query does") {
  Random random(48);
  const Tensor x = random.tensor({2, 5, 3, 4});
  const Tensor q = x.with_layout({2, 3, 5, 4}, {60, 4, 12, 1}, 0);  // heads behind positions
  const Tensor out = ops::scaled_dot_product_attention(q, q, q);
  CHECK(out.strides() == IntSpan({60, 4, 12, 1}));
  CHECK(attention_error(q, q, q, out, [](std::int64_t, std::int64_t) { return true; }) < 1e-6);
  // Not where the rows of the values have another length.
  const Tensor wide = random.tensor({2, 3, 5, 6});
  CHECK(ops::scaled_dot_product_attention(q, q, wide).is_contiguous());
}

TEST_CASE("errors have PyTorch's wording") {
  Random random(47);
  const Tensor q = random.tensor({1, 2, 3, 4});
  CHECK(error_of([&] { ops::scaled_dot_product_attention(q, random.tensor<double>({1, 2, 3, 4}), q); }) ==
        "RuntimeError: Expected query, key, and value to have the same dtype, but got query.dtype: float key.dtype: "
        "double and value.dtype: float instead.");
}
