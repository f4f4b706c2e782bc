// Pooling and resizing.
#include <doctest/doctest.h>

#include <ts2cpp/ops/pooling.hpp>
#include <ts2cpp/ops/upsample.hpp>

#include "numeric_reference.hpp"
#include "raised.hpp"

namespace ops = ts2cpp::ops;
using raised::error_of;
using reference::at;
using reference::largest_error;
using reference::Random;
using ts2cpp::IntSpan;
using ts2cpp::Tensor;

TEST_CASE("max_pool2d takes the largest element of each window, and knows where it was") {
  Random random(21);
  for (const std::int64_t stride : {1, 2, 3}) {
    for (const std::int64_t padding : {0, 1}) {
      for (const std::int64_t dilation : {1, 2}) {
        const Tensor x = random.tensor({2, 3, 13, 11});
        const auto window = [&](const std::vector<std::int64_t>& i) {
          double best = -1e30;
          for (std::int64_t p = 0; p < 3; ++p) {
            for (std::int64_t q = 0; q < 3; ++q) {
              const std::int64_t row = i[2] * stride - padding + p * dilation;
              const std::int64_t col = i[3] * stride - padding + q * dilation;
              if (row >= 0 && row < 13 && col >= 0 && col < 11)
                best = std::max(best, at(x, {i[0], i[1], row, col}));
            }
          }
          return best;
        };
        CHECK(largest_error(ops::max_pool2d(x, {3}, {stride}, {padding}, {dilation}), window) == 0.0);
        Tensor values;
        Tensor indices;
        std::tie(values, indices) = ops::max_pool2d_with_indices(x, {3}, {stride}, {padding}, {dilation});
        CHECK(largest_error(values, window) == 0.0);
        CHECK(largest_error<std::int64_t>(indices, [&](const std::vector<std::int64_t>& i) {
                const double index = at<std::int64_t>(indices, i);
                const auto where = static_cast<std::int64_t>(index);
                return at(x, {i[0], i[1], where / 11, where % 11}) == window(i) ? index : -1.0;
              }) == 0.0);
      }
    }
  }
}

TEST_CASE("a NaN in a window is its maximum") {
  const Tensor x = Tensor::from_data<float>({1.0F, std::nanf(""), 3.0F, 4.0F}, {1, 1, 4});
  const Tensor y = ops::max_pool1d(x, {2});
  CHECK(std::isnan(y.data_ptr<float>()[0]));
  CHECK(y.data_ptr<float>()[1] == 4.0F);
}

TEST_CASE("avg_pool2d counts the padding or not, and rounds sizes up on request") {
  const Tensor ones = Tensor::from_data(std::vector<float>(25, 1.0F), {1, 5, 5});
  const Tensor counted = ops::avg_pool2d(ones, {2}, {2}, {1});
  CHECK(counted.data_ptr<float>()[0] == 0.25F);
  const Tensor uncounted = ops::avg_pool2d(ones, {2}, {2}, {1}, false, false);
  CHECK(uncounted.data_ptr<float>()[0] == 1.0F);
  CHECK(ops::avg_pool2d(ones, {2}, {2}, {0}, true).sizes() == IntSpan({1, 3, 3}));
  CHECK(ops::avg_pool2d(ones, {2}, {2}, {0}, false, true, 8).data_ptr<float>()[0] == 0.5F);
}

TEST_CASE("adaptive pooling covers the plane with windows that may overlap") {
  Random random(22);
  const Tensor x = random.tensor({2, 7, 5});
  const Tensor y = ops::adaptive_avg_pool2d(x, {3, 2});
  CHECK(largest_error(y, [&](const std::vector<std::int64_t>& i) {
          const std::int64_t top = i[1] * 7 / 3;
          const std::int64_t bottom = ((i[1] + 1) * 7 + 2) / 3;
          const std::int64_t left = i[2] * 5 / 2;
          const std::int64_t right = ((i[2] + 1) * 5 + 1) / 2;
          double sum = 0.0;
          for (std::int64_t r = top; r < bottom; ++r) {
            for (std::int64_t c = left; c < right; ++c)
              sum += at(x, {i[0], r, c});
          }
          return sum / static_cast<double>((bottom - top) * (right - left));
        }) < 1e-6);
  CHECK(ops::adaptive_avg_pool2d(x, {1, 1}).sizes() == IntSpan({2, 1, 1}));
  const auto [values, indices] = ops::adaptive_max_pool2d(x, {1, 1});
  CHECK(at(values, {1, 0, 0}) == x.data_ptr<float>()[35 + indices.data_ptr<std::int64_t>()[1]]);
}

TEST_CASE("resizing") {
  const Tensor x = Tensor::from_data<float>({0.0F, 1.0F, 2.0F, 3.0F}, {1, 1, 4});
  const Tensor nearest = ops::upsample_nearest1d(x, {6});
  const float expected[6] = {0, 0, 1, 2, 2, 3};
  CHECK(largest_error(nearest, [&](const std::vector<std::int64_t>& i) { return expected[i[2]]; }) == 0.0);
  const Tensor aligned = ops::upsample_linear1d(x, {7}, true);
  CHECK(largest_error(aligned, [](const std::vector<std::int64_t>& i) { return 0.5 * static_cast<double>(i[2]); }) <
        1e-6);
  const Tensor plane = x.with_layout({1, 1, 2, 2}, {4, 4, 2, 1}, 0);
  const Tensor bilinear = ops::upsample_bilinear2d(plane, {3, 3}, true);
  CHECK(at(bilinear, {0, 0, 1, 1}) == doctest::Approx(1.5));
}

TEST_CASE("errors have PyTorch's wording") {
  Random random(23);
  const Tensor x = random.tensor({1, 3, 4, 4});
  CHECK(error_of([&] { ops::max_pool2d(x, {5}); }) ==
        "RuntimeError: Given input size: (3x4x4). Calculated output size: (3x0x0). Output size is too small");
  CHECK(error_of([&] { ops::max_pool2d(x, {2}, {}, {2}); }) ==
        "RuntimeError: pad should be at most half of effective kernel size, but got pad=2, kernel_size=2 and "
        "dilation=1");
  CHECK(error_of([&] { ops::avg_pool2d(x, {2}, {0}); }) == "RuntimeError: stride should not be zero");
  CHECK(error_of([&] { ops::adaptive_avg_pool2d(random.tensor({4, 4}), {2, 2}); }) ==
        "RuntimeError: adaptive_avg_pool2d(): Expected 3D or 4D tensor, but got [4, 4]");
  CHECK(error_of([&] { ops::upsample_nearest2d(x, {0, 8}); }) ==
        "RuntimeError: Input and output sizes should be greater than 0, but got input (H: 4, W: 4) output (H: 0, W: "
        "8)");
}
