// Convolutions against the definition.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <ts2cpp/ops/convolution.hpp>

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

struct Case {
  std::int64_t batch, in, out, groups, height, width, kernel_h, kernel_w, stride, padding, dilation;
};

template <class T>
double forward_error(const Case& c, double* scale) {
  Random random(11);
  const Tensor x = random.tensor<T>({c.batch, c.in, c.height, c.width});
  const Tensor w = random.tensor<T>({c.out, c.in / c.groups, c.kernel_h, c.kernel_w});
  const Tensor b = random.tensor<T>({c.out});
  const Tensor y =
      ops::conv2d(x, w, b, {c.stride, c.stride}, {c.padding, c.padding}, {c.dilation, c.dilation}, c.groups);
  *scale = std::sqrt(static_cast<double>(w.numel() / c.out));
  return largest_error<T>(y, [&](const std::vector<std::int64_t>& i) {
    double sum = at<T>(b, {i[1]});
    const std::int64_t group = i[1] / (c.out / c.groups);
    for (std::int64_t k = 0; k < c.in / c.groups; ++k) {
      for (std::int64_t p = 0; p < c.kernel_h; ++p) {
        for (std::int64_t q = 0; q < c.kernel_w; ++q) {
          const std::int64_t row = i[2] * c.stride - c.padding + p * c.dilation;
          const std::int64_t col = i[3] * c.stride - c.padding + q * c.dilation;
          if (row >= 0 && row < c.height && col >= 0 && col < c.width) {
            sum += at<T>(x, {i[0], group * (c.in / c.groups) + k, row, col}) * at<T>(w, {i[1], k, p, q});
          }
        }
      }
    }
    return sum;
  });
}

double inner_product(const Tensor& a, const Tensor& b) {
  double sum = 0.0;
  for (std::int64_t i = 0; i < a.numel(); ++i) {
    sum += static_cast<double>(a.data_ptr<double>()[i]) * b.data_ptr<double>()[i];
  }
  return sum;
}

}  // namespace

TEST_CASE("conv2d is the sum it is defined as") {
  const Case cases[] = {
      {1, 1, 1, 1, 5, 5, 1, 1, 1, 0, 1},   {2, 3, 8, 1, 9, 7, 3, 3, 1, 1, 1},   {1, 3, 70, 1, 30, 30, 7, 7, 2, 3, 1},
      {1, 8, 9, 1, 14, 14, 3, 3, 1, 1, 1}, {1, 16, 12, 1, 7, 7, 3, 3, 1, 1, 1}, {1, 4, 6, 2, 10, 11, 3, 2, 3, 2, 2},
      {1, 6, 6, 6, 20, 20, 3, 3, 1, 1, 1}, {3, 6, 12, 6, 9, 9, 5, 5, 2, 2, 1},  {1, 5, 5, 5, 15, 15, 12, 12, 1, 3, 1},
      {9, 4, 4, 1, 6, 6, 3, 3, 1, 1, 1},   {1, 20, 30, 1, 8, 8, 1, 1, 1, 0, 1}, {1, 20, 30, 1, 8, 8, 1, 1, 2, 0, 1},
      {1, 2, 3, 1, 60, 60, 3, 3, 1, 4, 3},
  };
  for (const Case& c : cases) {
    CAPTURE(&c - cases);
    double scale = 0.0;
    const double error = forward_error<float>(c, &scale);
    CHECK(error < 2e-6 * scale + 1e-6);
    CHECK(forward_error<double>(c, &scale) < 1e-12);
  }
}

TEST_CASE("the epilogue equals separate steps") {
  Random random(12);
  for (const std::int64_t groups : {1, 4}) {
    const Tensor x = random.tensor({1, 4, 9, 9});
    const Tensor w = random.tensor({4, 4 / groups, 3, 3});
    const Tensor added = random.tensor({1, 4, 9, 9});
    const Tensor plain = ops::conv2d(x, w, std::nullopt, {1, 1}, {1, 1}, {1, 1}, groups);
    const Tensor fused =
        ops::conv2d(x, w, std::nullopt, {1, 1}, {1, 1}, {1, 1}, groups, ops::add_epilogue(added, ops::relu_epilogue));
    CHECK(largest_error(fused, [&](const std::vector<std::int64_t>& i) {
            return std::max(0.0, at(plain, i) + at(added, i));
          }) < 1e-6);
  }
}

TEST_CASE("the transposed convolution is the adjoint of the convolution") {
  Random random(13);
  for (const std::int64_t groups : {1, 2}) {
    const Tensor w = random.tensor<double>({4, 6 / groups, 3, 2});
    const Tensor small = random.tensor<double>({2, 4, 5, 6});
    const Tensor large = ops::conv_transpose2d(small, w, std::nullopt, {2, 3}, {1, 0}, {1, 2}, groups, {1, 2});
    const Tensor other = random.tensor<double>(large.sizes());
    const Tensor back = ops::conv2d(other, w, std::nullopt, {2, 3}, {1, 0}, {1, 2}, groups);
    REQUIRE(back.sizes() == small.sizes());
    CHECK(std::fabs(inner_product(large, other) - inner_product(small, back)) < 1e-10);
  }
}

TEST_CASE("one and three dimensions, unbatched and padded by name") {
  Random random(14);
  const Tensor w1 = random.tensor({2, 3, 4});
  CHECK(ops::conv1d(random.tensor({3, 10}), w1).sizes() == IntSpan({2, 7}));
  CHECK(ops::conv1d(random.tensor({1, 3, 10}), w1, std::nullopt, {1}, "same").sizes() == IntSpan({1, 2, 10}));
  CHECK(ops::conv1d(random.tensor({1, 3, 10}), w1, std::nullopt, {1}, "valid").sizes() == IntSpan({1, 2, 7}));
  const Tensor w3 = random.tensor({2, 3, 1, 3, 3});
  const Tensor volume = random.tensor({1, 3, 1, 6, 6});
  const Tensor plane = volume.with_layout({1, 3, 6, 6}, {108, 36, 6, 1}, 0);
  const Tensor w2 = w3.with_layout({2, 3, 3, 3}, {27, 9, 3, 1}, 0);
  const Tensor flat = ops::conv2d(plane, w2);
  CHECK(largest_error(ops::conv3d(volume, w3),
                      [&](const std::vector<std::int64_t>& i) { return at(flat, {i[0], i[1], i[3], i[4]}); }) < 1e-5);
}

TEST_CASE("an empty batch and integers are fine") {
  Random random(15);
  CHECK(ops::conv2d(random.tensor({0, 3, 4, 4}), random.tensor({2, 3, 3, 3})).sizes() == IntSpan({0, 2, 2, 2}));
  const Tensor ones = Tensor::from_data(std::vector<std::int64_t>(16, 1), {1, 1, 4, 4});
  const Tensor filter = Tensor::from_data(std::vector<std::int64_t>(9, 2), {1, 1, 3, 3});
  CHECK(*ops::conv2d(ones, filter).data<std::int64_t>() == 18);
}

TEST_CASE("results do not depend on the number of threads") {
  Random random(16);
  const Tensor x = random.tensor({1, 32, 30, 30});
  const Tensor w = random.tensor({48, 32, 3, 3});
  const Tensor depthwise = random.tensor({32, 1, 3, 3});
  reference::check_thread_independence([&] { return ops::conv2d(x, w, std::nullopt, {1, 1}, {1, 1}); });
  reference::check_thread_independence(
      [&] { return ops::conv2d(x, depthwise, std::nullopt, {2, 2}, {1, 1}, {1, 1}, 32); });
}

TEST_CASE("errors have PyTorch's wording") {
  Random random(17);
  const Tensor x = random.tensor({1, 3, 4, 4});
  CHECK(error_of([&] { ops::conv2d(x, random.tensor({2, 4, 3, 3})); }) ==
        "RuntimeError: Given groups=1, weight of size [2, 4, 3, 3], expected input[1, 3, 4, 4] to have 4 channels, but "
        "got 3 channels instead");
  CHECK(error_of([&] { ops::conv2d(x, random.tensor({2, 3, 5, 5})); }) ==
        "RuntimeError: Calculated padded input size per channel: (4 x 4). Kernel size: (5 x 5). Kernel size can't be "
        "greater than actual input size");
  CHECK(error_of([&] { ops::conv2d(random.tensor({4, 4}), random.tensor({2, 3, 3, 3})); }) ==
        "RuntimeError: Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [4, 4]");
  CHECK(error_of([&] { ops::conv2d(x, random.tensor({2, 3, 3, 3}), std::nullopt, {0}); }) ==
        "RuntimeError: non-positive stride is not supported");
  CHECK(error_of([&] { ops::conv2d(x, random.tensor({2, 3, 3, 3}), std::nullopt, {2}, "same"); }) ==
        "RuntimeError: padding='same' is not supported for strided convolutions");
}
