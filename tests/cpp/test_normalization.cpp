// Normalisation, softmax and losses.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <ts2cpp/ops/loss.hpp>
#include <ts2cpp/ops/normalization.hpp>
#include <ts2cpp/ops/softmax.hpp>
#include <ts2cpp/ops/sorting.hpp>

#include "numeric_reference.hpp"
#include "raised.hpp"

namespace ops = ts2cpp::ops;
using raised::error_of;
using reference::at;
using reference::largest_error;
using reference::Random;
using ts2cpp::DType;
using ts2cpp::Tensor;

TEST_CASE("batch_norm with given statistics is an affine map by channel") {
  Random random(31);
  const Tensor x = random.tensor({2, 3, 4, 5});
  const Tensor w = random.tensor({3});
  const Tensor b = random.tensor({3});
  const Tensor mean = random.tensor({3});
  const Tensor variance = Tensor::from_data<float>({0.5F, 1.0F, 2.0F}, {3});
  const Tensor y = ops::batch_norm(x, w, b, mean, variance, false, 0.1, 1e-5);
  CHECK(largest_error(y, [&](const std::vector<std::int64_t>& i) {
          const std::int64_t c = i[1];
          return (at(x, i) - at(mean, {c})) / std::sqrt(at(variance, {c}) + 1e-5) * at(w, {c}) + at(b, {c});
        }) < 1e-5);
}

TEST_CASE("training batch_norm uses the batch and updates the running statistics") {
  const Tensor x = Tensor::from_data<float>({1.0F, 3.0F}, {2, 1});
  const Tensor mean = Tensor::from_data<float>({0.0F}, {1});
  const Tensor variance = Tensor::from_data<float>({1.0F}, {1});
  const Tensor y = ops::batch_norm(x, std::nullopt, std::nullopt, mean, variance, true, 0.5, 0.0);
  CHECK(y.data_ptr<float>()[0] == doctest::Approx(-1.0));
  CHECK(y.data_ptr<float>()[1] == doctest::Approx(1.0));
  CHECK(mean.item<float>() == doctest::Approx(1.0));      // 0.5 * 0 + 0.5 * 2
  CHECK(variance.item<float>() == doctest::Approx(1.5));  // 0.5 * 1 + 0.5 * 2, unbiased
}

TEST_CASE("layer_norm gives rows of mean 0 and variance 1, even far from zero") {
  Random random(32);
  Tensor x = random.tensor({5, 77});
  for (std::int64_t i = 0; i < x.numel(); ++i)
    x.data_ptr<float>()[i] += 1000.0F;
  const Tensor y = ops::layer_norm(x, {77});
  for (std::int64_t r = 0; r < 5; ++r) {
    double sum = 0.0;
    double squares = 0.0;
    for (std::int64_t i = 0; i < 77; ++i) {
      sum += at(y, {r, i});
      squares += at(y, {r, i}) * at(y, {r, i});
    }
    CHECK(std::fabs(sum / 77.0) < 1e-3);
    CHECK(squares / 77.0 == doctest::Approx(1.0).epsilon(1e-3));
  }
}

TEST_CASE("layer_norm gives the bias where a row is one number") {
  Random random(33);
  for (const std::int64_t n : {1, 2, 40}) {
    const Tensor weight = random.tensor({n});
    const Tensor bias = random.tensor({n});
    Tensor x = random.tensor({6, n});
    for (std::int64_t i = 0; i < x.numel(); ++i)
      x.data_ptr<float>()[i] = 1.0F + static_cast<float>(i / n);
    const Tensor y = ops::layer_norm(x, {n}, weight, bias);
    CHECK(largest_error(y, [&](const std::vector<std::int64_t>& i) { return at(bias, {i[1]}); }) == 0.0);
  }
}

TEST_CASE("layer_norm and rms_norm of rows of any width, and of rows that begin unlike the rest") {
  for (const std::int64_t n : {1, 15, 64, 255, 256, 300, 1023, 1030}) {
    CAPTURE(n);
    Random random(static_cast<unsigned>(n));
    Tensor x = random.tensor({7, n});
    const Tensor w = random.tensor({n});
    const Tensor b = random.tensor({n});
    for (std::int64_t i = 0; i < n; ++i) {
      x.data_ptr<float>()[2 * n + i] += i < 64 ? 50.0F : 0.0F;
      x.data_ptr<float>()[5 * n + i] -= 300.0F;
    }
    const Tensor y = ops::layer_norm(x, {n}, w, b, 1e-3);
    const Tensor z = ops::rms_norm(x, {n}, w, 1e-3);
    for (std::int64_t r = 0; r < 7; ++r) {
      double mean = 0.0;
      double variance = 0.0;
      double squares = 0.0;
      for (std::int64_t i = 0; i < n; ++i)
        mean += at(x, {r, i}) / static_cast<double>(n);
      for (std::int64_t i = 0; i < n; ++i) {
        variance += (at(x, {r, i}) - mean) * (at(x, {r, i}) - mean) / static_cast<double>(n);
        squares += at(x, {r, i}) * at(x, {r, i}) / static_cast<double>(n);
      }
      double worst = 0.0;
      for (std::int64_t i = 0; i < n; ++i) {
        const double normal = (at(x, {r, i}) - mean) / std::sqrt(variance + 1e-3) * at(w, {i}) + at(b, {i});
        worst = std::max(worst, std::fabs(at(y, {r, i}) - normal));
        worst = std::max(worst, std::fabs(at(z, {r, i}) - at(x, {r, i}) / std::sqrt(squares + 1e-3) * at(w, {i})));
      }
      CHECK(worst < (r == 5 ? 2e-3 : 1e-5));
      // Alone a row has the bits that it has among others.
      const Tensor row = Tensor::empty({1, n}, DType::float32);
      std::copy(x.data_ptr<float>() + r * n, x.data_ptr<float>() + (r + 1) * n, row.data_ptr<float>());
      const Tensor alone = ops::layer_norm(row, {n}, w, b, 1e-3);
      CHECK(std::equal(alone.data_ptr<float>(), alone.data_ptr<float>() + n, y.data_ptr<float>() + r * n));
    }
  }
}

TEST_CASE("group_norm with one group a channel is instance_norm, with one group layer_norm") {
  Random random(33);
  const Tensor x = random.tensor({2, 4, 3, 5});
  const Tensor instance =
      ops::instance_norm(x, std::nullopt, std::nullopt, std::nullopt, std::nullopt, true, 0.1, 1e-5);
  CHECK(reference::same_bits(ops::group_norm(x, 4), instance));
  const Tensor layer = ops::layer_norm(x, {4, 3, 5});
  const Tensor group = ops::group_norm(x, 1);
  CHECK(largest_error(group, [&](const std::vector<std::int64_t>& i) { return at(layer, i); }) < 1e-5);
}

TEST_CASE("softmax along every dimension sums to one") {
  Random random(34);
  const Tensor x = random.tensor({3, 70, 5});
  for (const std::int64_t dim : {0, 1, 2, -1}) {
    const Tensor y = ops::softmax(x, dim);
    const Tensor logs = ops::log_softmax(x, dim);
    const std::int64_t axis = dim < 0 ? 2 : dim;
    CHECK(largest_error(y, [&](const std::vector<std::int64_t>& i) {
            double sum = 0.0;
            std::vector<std::int64_t> other = i;
            for (std::int64_t k = 0; k < x.sizes()[axis]; ++k) {
              other[static_cast<std::size_t>(axis)] = k;
              sum += std::exp(at(x, other));
            }
            return std::exp(at(x, i)) / sum;
          }) < 1e-6);
    CHECK(largest_error(logs, [&](const std::vector<std::int64_t>& i) { return std::log(at(y, i)); }) < 1e-5);
  }
}

TEST_CASE("softmax of extreme rows") {
  const float inf = std::numeric_limits<float>::infinity();
  const Tensor rows = Tensor::from_data<float>({-inf, -inf, 1e30F, 0.0F, 0.0F, -inf}, {3, 2});
  const Tensor y = ops::softmax(rows, 1);
  CHECK(std::isnan(y.data_ptr<float>()[0]));
  CHECK(y.data_ptr<float>()[2] == 1.0F);
  CHECK(y.data_ptr<float>()[3] == 0.0F);
  CHECK(y.data_ptr<float>()[5] == 0.0F);
}

TEST_CASE("losses") {
  const Tensor x = Tensor::from_data<float>({1.0F, 2.0F, 4.0F}, {3});
  const Tensor y = Tensor::from_data<float>({1.0F, 1.0F, 1.0F}, {3});
  CHECK(ops::mse_loss(x, y).item<float>() == doctest::Approx(10.0 / 3.0));
  CHECK(ops::l1_loss(x, y, 2).item<float>() == 4.0F);
  CHECK(ops::smooth_l1_loss(x, y, 2).item<float>() == 3.0F);
  const Tensor logits = Tensor::from_data<float>({0.0F, 0.0F, 0.0F, 0.0F}, {2, 2});
  const Tensor labels = Tensor::from_data<std::int64_t>({1, -100}, {2});
  CHECK(ops::cross_entropy_loss(logits, labels).item<float>() == doctest::Approx(std::log(2.0)));
  CHECK(ops::binary_cross_entropy_with_logits(x, y, std::nullopt, std::nullopt, 0).data_ptr<float>()[0] ==
        doctest::Approx(std::log1p(std::exp(-1.0))));
}

TEST_CASE("errors have PyTorch's wording") {
  Random random(35);
  const Tensor x = random.tensor({1, 3, 4, 4});
  CHECK(
      error_of([&] { ops::layer_norm(x, {3}); }) ==
      "RuntimeError: Given normalized_shape=[3], expected input with shape [*, 3], but got input of size[1, 3, 4, 4]");
  CHECK(error_of([&] { ops::group_norm(x, 2); }) ==
        "RuntimeError: Expected number of channels in input to be divisible by num_groups, but got input of shape [1, "
        "3, 4, 4] and num_groups=2");
  CHECK(error_of([&] { ops::softmax(Tensor::from_data<std::int64_t>({1}, {1}), 0); }) ==
        "NotImplementedError: \"softmax_lastdim_kernel_impl\" not implemented for 'Long'");
  CHECK(error_of([&] { ops::nll_loss(random.tensor({2, 3}), Tensor::from_data<std::int64_t>({0, 3}, {2})); }) ==
        "IndexError: Target 3 is out of bounds.");
}

namespace {

template <class T>
void check_largest(Random& random, T inserted) {
  for (const std::int64_t n : {40, 127, 128, 257, 1000}) {
    const Tensor x = random.tensor<T>({3, n});
    T* const data = x.data_ptr<T>();
    for (std::int64_t i = 0; i < n; ++i) {
      data[n + i] = std::floor(data[n + i] * T{4});                // ties
      data[2 * n + i] = i % 16 < 14 ? inserted : data[2 * n + i];  // whole parts of a row
    }
    const auto [sorted, order] = ops::sort(x, true, -1, true);
    for (const std::int64_t k : {1, 4, 7, 8, 16}) {
      const auto [top, index] = ops::topk(x, k);
      for (std::int64_t i = 0; i < 3 * k; ++i) {
        CAPTURE(n);
        CAPTURE(k);
        CAPTURE(i);
        CHECK(index.data_ptr<std::int64_t>()[i] == order.data_ptr<std::int64_t>()[i / k * n + i % k]);
        const T value = top.data_ptr<T>()[i];
        CHECK((std::isnan(value) || value == sorted.data_ptr<T>()[i / k * n + i % k]));
      }
    }
  }
}

}  // namespace

TEST_CASE("the largest few of a long row are those of a sort, in its order") {
  Random random(41);
  check_largest<float>(random, std::numeric_limits<float>::quiet_NaN());
  check_largest<float>(random, -std::numeric_limits<float>::infinity());
  check_largest<double>(random, std::numeric_limits<double>::infinity());
}
