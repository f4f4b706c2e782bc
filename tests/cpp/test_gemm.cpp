// Matrix products.
#include <cmath>

#include <doctest/doctest.h>

#include <ts2cpp/ops/activation.hpp>
#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/embedding.hpp>
#include <ts2cpp/ops/factory.hpp>
#include <ts2cpp/ops/linear.hpp>
#include <ts2cpp/ops/views.hpp>
#include <ts2cpp/residual.hpp>

#include "numeric_reference.hpp"
#include "raised.hpp"

namespace ops = ts2cpp::ops;
using raised::error_of;
using reference::at;
using reference::largest_error;
using reference::Random;
using ts2cpp::DType;
using ts2cpp::Tensor;

namespace {

template <class T>
double product_error(const Tensor& a, const Tensor& b, const Tensor& result) {
  const std::int64_t depth = a.sizes()[1];
  return largest_error<T>(result, [&](const std::vector<std::int64_t>& i) {
    double sum = 0.0;
    for (std::int64_t k = 0; k < depth; ++k)
      sum += at<T>(a, {i[0], k}) * at<T>(b, {k, i[1]});
    return sum;
  });
}

/// The same tensor as the reader of a weight file would make it.
Tensor constant(const Tensor& tensor) {
  tensor.storage().mark_constant();
  return tensor;
}

template <class T>
void check_sizes(double tolerance) {
  Random random(1);
  for (const std::int64_t m : {1, 2, 3, 7, 8, 9, 70}) {
    for (const std::int64_t n : {1, 2, 5, 16, 48, 49, 51, 63, 100, 210}) {
      for (const std::int64_t depth : {1, 3, 33, 530}) {
        const Tensor a = random.tensor<T>({m, depth});
        const Tensor a_columns = reference::transposed(random.tensor<T>({depth, m}));
        const Tensor b = random.tensor<T>({depth, n});
        const Tensor b_columns = reference::transposed(random.tensor<T>({n, depth}));
        CAPTURE(m);
        CAPTURE(n);
        CAPTURE(depth);
        CHECK(product_error<T>(a, b, ops::mm(a, b)) < tolerance);
        CHECK(product_error<T>(a, b_columns, ops::mm(a, b_columns)) < tolerance);
        CHECK(product_error<T>(a_columns, b, ops::mm(a_columns, b)) < tolerance);
        CHECK(product_error<T>(a_columns, b_columns, ops::mm(a_columns, b_columns)) < tolerance);
        const Tensor packed = ops::mm(a, constant(b));
        const Tensor packed_columns = ops::mm(a, constant(b_columns));
        CHECK(product_error<T>(a, b, packed) < tolerance);
        CHECK(product_error<T>(a, b_columns, packed_columns) < tolerance);
      }
    }
  }
}

}  // namespace

TEST_CASE("every tile shape and layout gives the product") {
  check_sizes<float>(4e-5);
  check_sizes<double>(1e-12);
}

TEST_CASE("long sums lose fewer digits than a sum in order") {
  Random random(4);
  const std::int64_t depth = 4096;
  const Tensor a = random.tensor({9, depth});
  const Tensor b = random.tensor({depth, 48});
  const Tensor c = ops::mm(a, b);
  double error = 0.0;
  double ordered_error = 0.0;
  for (std::int64_t i = 0; i < c.numel(); ++i) {
    double exact = 0.0;
    float ordered = 0.0f;
    for (std::int64_t k = 0; k < depth; ++k) {
      const float left = a.data_ptr<float>()[i / 48 * depth + k];
      const float right = b.data_ptr<float>()[k * 48 + i % 48];
      exact += static_cast<double>(left) * right;
      ordered += left * right;
    }
    error += std::pow(c.data_ptr<float>()[i] - exact, 2);
    ordered_error += std::pow(ordered - exact, 2);
  }
  CHECK(std::sqrt(error) < 0.5 * std::sqrt(ordered_error));
}

TEST_CASE("many columns are packed task by task") {
  Random random(2);
  const Tensor a = random.tensor({65, 40});
  const Tensor b = random.tensor({40, 2000});
  CHECK(product_error<float>(a, b, ops::mm(a, b)) < 2e-5);
}

TEST_CASE("results do not depend on the number of threads") {
  Random random(3);
  const Tensor a = random.tensor({130, 300});
  const Tensor narrow = random.tensor({300, 260});
  const Tensor wide = random.tensor({300, 2100});
  const Tensor row = random.tensor({1, 300});
  reference::check_thread_independence([&] { return ops::mm(a, narrow); });
  reference::check_thread_independence([&] { return ops::mm(a, wide); });
  reference::check_thread_independence([&] { return ops::mm(row, wide); });
  const Tensor weight = constant(random.tensor({300, 2100}));
  reference::check_thread_independence([&] { return ops::mm(a, weight); });
  reference::check_thread_independence([&] { return ops::mm(row, weight); });
  reference::check_thread_independence([&] { return ops::linear(row, reference::transposed(wide)); });
}

TEST_CASE("linear adds bias, residual and activation as separate steps would") {
  Random random(4);
  for (const std::int64_t rows : {1, 4, 40, 70}) {
    for (const std::int64_t depth : {20, 530}) {
      for (const std::int64_t outputs : {30, 96, 150}) {
        const Tensor x = random.tensor({rows, depth});
        const Tensor w = random.tensor({outputs, depth});
        const Tensor b = random.tensor({outputs});
        const Tensor added = random.tensor({rows, outputs});
        const Tensor sum = ops::add(ops::add(ops::mm(x, ops::t(w)), b), added);
        const Tensor weight = constant(ops::clone(w));
        const auto expect = [&](const Tensor& y, const Tensor& expected) {
          CHECK(largest_error(y, [&](const std::vector<std::int64_t>& i) { return at(expected, i); }) < 4e-5);
        };
        expect(ops::linear(x, w, b, ops::add_epilogue(added)), sum);
        expect(ops::linear(x, w, b, ops::add_epilogue(added, ops::relu_epilogue)), ops::relu(sum));
        expect(ops::linear(x, w, b, ops::add_epilogue(added, ops::sigmoid_epilogue)), ops::sigmoid(sum));
        expect(ops::linear(x, weight, b, ops::add_epilogue(added, ops::relu_epilogue)), ops::relu(sum));
        expect(ops::linear(x, weight, b, ops::add_epilogue(added, ops::sigmoid_epilogue)), ops::sigmoid(sum));
        expect(ops::linear(x, w, std::nullopt, ops::sigmoid_epilogue), ops::sigmoid(ops::mm(x, ops::t(w))));
      }
    }
  }
}

TEST_CASE("a packed weight that is written counts no more") {
  Random random(9);
  const Tensor x = random.tensor({3, 40});
  const Tensor w = constant(random.tensor({50, 40}));
  const Tensor before = ops::linear(x, w);
  ops::embedding(w, ops::zeros({2}, DType::int64));  // which shares its weight with the last layer in language models
  CHECK(w.storage().constants() != nullptr);
  const auto expect_product = [&](const Tensor& y, double factor) {
    CHECK(largest_error(y, [&](const std::vector<std::int64_t>& i) {
            double sum = 0.0;
            for (std::int64_t k = 0; k < 40; ++k)
              sum += at(x, {i[0], k}) * at(w, {i[1], k});
            return factor * sum;
          }) < 1e-5);
  };
  expect_product(before, 1.0);
  for (std::int64_t i = 0; i < w.numel(); ++i)
    w.data_ptr<float>()[i] *= 2.0F;
  expect_product(ops::linear(x, w), 1.0);
  expect_product(before, 0.5);
}

TEST_CASE("linear takes any number of leading dimensions, and none") {
  Random random(5);
  const Tensor w = random.tensor({4, 3});
  CHECK(ops::linear(random.tensor({3}), w).sizes() == ts2cpp::IntSpan({4}));
  CHECK(ops::linear(random.tensor({2, 5, 3}), w).sizes() == ts2cpp::IntSpan({2, 5, 4}));
  CHECK(ops::linear(random.tensor({0, 3}), w).sizes() == ts2cpp::IntSpan({0, 4}));
  CHECK(ops::linear(random.tensor({2, 3}), random.tensor({3})).sizes() == ts2cpp::IntSpan({2}));
}

TEST_CASE("an empty sum is zero") {
  Random random(6);
  const Tensor zeros = ops::mm(random.tensor({2, 0}), random.tensor({0, 3}));
  CHECK(largest_error(zeros, [](const std::vector<std::int64_t>&) { return 0.0; }) == 0.0);
}

TEST_CASE("matmul broadcasts leading dimensions") {
  Random random(7);
  const Tensor a = random.tensor({2, 1, 3, 4});
  const Tensor b = random.tensor({5, 4, 6});
  const Tensor c = ops::matmul(a, b);
  REQUIRE(c.sizes() == ts2cpp::IntSpan({2, 5, 3, 6}));
  CHECK(largest_error(c, [&](const std::vector<std::int64_t>& i) {
          double sum = 0.0;
          for (std::int64_t k = 0; k < 4; ++k)
            sum += at(a, {i[0], 0, i[2], k}) * at(b, {i[1], k, i[3]});
          return sum;
        }) < 1e-5);
  CHECK(ops::matmul(random.tensor({4}), b).sizes() == ts2cpp::IntSpan({5, 6}));
  CHECK(ops::matmul(a, random.tensor({4})).sizes() == ts2cpp::IntSpan({2, 1, 3}));
  CHECK(ops::matmul(random.tensor({4}), random.tensor({4})).dim() == 0);
}

TEST_CASE("integers wrap and 16-bit floats are summed in float") {
  const Tensor a = Tensor::from_data<std::int8_t>({100, 100}, {1, 2});
  const Tensor b = Tensor::from_data<std::int8_t>({1, 1}, {2, 1});
  CHECK(*ops::mm(a, b).data<std::int8_t>() == static_cast<std::int8_t>(200 - 256));
  const std::vector<ts2cpp::half> ones(4096, ts2cpp::half(1.0F));
  const Tensor h = Tensor::from_data(ones, {4096});
  CHECK(static_cast<float>(*ops::dot(h, h).data<ts2cpp::half>()) == 4096.0F);
}

TEST_CASE("addmm scales, broadcasts, and ignores self for a beta of zero") {
  const Tensor nan = Tensor::from_data<float>({std::nanf("")}, {1});
  const Tensor one = Tensor::from_data<float>({1.0F, 2.0F}, {1, 2});
  const Tensor two = Tensor::from_data<float>({3.0F, 4.0F}, {2, 1});
  CHECK(ops::addmm(nan, one, two, 0, 2).item<float>() == 22.0F);
  const Tensor self = Tensor::from_data<float>({10.0F}, {1});
  CHECK(ops::addmm(self, one, two, 0.5, 1).item<float>() == 16.0F);
}

TEST_CASE("errors have PyTorch's wording") {
  Random random(8);
  const Tensor a = random.tensor({2, 3});
  CHECK(error_of([&] { ops::mm(a, a); }) == "RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)");
  CHECK(error_of([&] { ops::linear(a, random.tensor({5, 4})); }) ==
        "RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)");
  CHECK(error_of([&] { ops::mm(a, random.tensor<double>({3, 3})); }) ==
        "RuntimeError: expected m1 and m2 to have the same dtype, but got: float != double");
  CHECK(error_of([&] { ops::mv(a, random.tensor({4})); }) ==
        "RuntimeError: size mismatch, got input (2), mat (2x3), vec (4)");
  CHECK(error_of([&] { ops::matmul(random.tensor({2, 3, 4}), random.tensor({3, 4, 4})); }) ==
        "RuntimeError: The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0");
}
