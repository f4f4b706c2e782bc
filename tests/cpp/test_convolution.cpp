// Convolutions against the definition.
#include <doctest/doctest.h>

#include <ts2cpp/ops/activation.hpp>
#include <ts2cpp/ops/cast.hpp>
#include <ts2cpp/ops/convolution.hpp>
#include <ts2cpp/ops/joining.hpp>
#include <ts2cpp/ops/normalization.hpp>
#include <ts2cpp/ops/padding.hpp>
#include <ts2cpp/ops/pooling.hpp>
#include <ts2cpp/ops/reduction.hpp>
#include <ts2cpp/ops/unary.hpp>
#include <ts2cpp/ops/upsample.hpp>
#include <ts2cpp/ops/view_windows.hpp>
#include <ts2cpp/ops/views.hpp>
#include <ts2cpp/residual.hpp>

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
double forward_error(const Case& c, double* scale, bool constant = false) {
  Random random(11);
  const Tensor x = random.tensor<T>({c.batch, c.in, c.height, c.width});
  const Tensor w = random.tensor<T>({c.out, c.in / c.groups, c.kernel_h, c.kernel_w});
  const Tensor b = random.tensor<T>({c.out});
  const Tensor kept = ops::clone(w);
  if (constant) {
    kept.storage().mark_constant();
  }
  const Tensor y =
      ops::conv2d(x, kept, b, {c.stride, c.stride}, {c.padding, c.padding}, {c.dilation, c.dilation}, c.groups);
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
      {1, 1, 1, 1, 5, 5, 1, 1, 1, 0, 1},
      {2, 3, 8, 1, 9, 7, 3, 3, 1, 1, 1},
      {1, 3, 70, 1, 30, 30, 7, 7, 2, 3, 1},
      {1, 8, 9, 1, 14, 14, 3, 3, 1, 1, 1},
      {1, 16, 12, 1, 7, 7, 3, 3, 1, 1, 1},
      {1, 4, 6, 2, 10, 11, 3, 2, 3, 2, 2},
      {1, 6, 6, 6, 20, 20, 3, 3, 1, 1, 1},
      {3, 6, 12, 6, 9, 9, 5, 5, 2, 2, 1},
      {1, 5, 5, 5, 15, 15, 12, 12, 1, 3, 1},
      {9, 4, 4, 1, 6, 6, 3, 3, 1, 1, 1},
      {1, 20, 30, 1, 8, 8, 1, 1, 1, 0, 1},
      {1, 20, 30, 1, 8, 8, 1, 1, 2, 0, 1},
      {1, 2, 3, 1, 60, 60, 3, 3, 1, 4, 3},
      // in blocks of channels: direct, of few channels, depthwise, Winograd's with borders of all kinds
      {2, 24, 40, 1, 9, 11, 3, 2, 2, 1, 1},
      {1, 19, 17, 1, 12, 9, 3, 3, 1, 2, 2},
      {2, 33, 72, 1, 7, 10, 1, 1, 2, 1, 1},
      {1, 4, 20, 1, 15, 9, 3, 5, 2, 2, 2},
      {2, 3, 24, 1, 3, 4, 3, 3, 2, 9, 1},
      {2, 21, 21, 21, 11, 13, 3, 3, 2, 1, 1},
      {1, 16, 16, 16, 9, 30, 5, 5, 1, 2, 1},
      {1, 40, 40, 40, 10, 10, 5, 5, 2, 0, 1},
      {1, 9, 9, 9, 12, 9, 4, 3, 1, 3, 2},
      {1, 8, 8, 8, 4, 4, 3, 3, 1, 5, 1},
      {1, 64, 20, 1, 13, 14, 3, 3, 1, 1, 1},
      {2, 70, 9, 1, 8, 19, 3, 3, 1, 0, 1},
      {1, 65, 33, 1, 9, 9, 3, 3, 1, 3, 1},
      {1, 130, 8, 1, 30, 12, 3, 3, 1, 1, 1},
      {2, 67, 75, 1, 9, 10, 3, 3, 1, 1, 1},
      {1, 16, 16, 16, 12, 13, 7, 7, 1, 3, 1},
      // in groups: several to a block, blocks to a group, groups that lie across blocks, more results than channels
      {2, 32, 32, 8, 9, 8, 3, 3, 1, 1, 1},
      {1, 48, 48, 2, 8, 9, 3, 3, 2, 1, 1},
      {1, 64, 128, 2, 5, 6, 1, 1, 1, 0, 1},
      {1, 20, 40, 10, 7, 7, 3, 2, 1, 1, 2},
      {2, 9, 18, 9, 6, 7, 3, 3, 1, 1, 1},
      {1, 66, 33, 3, 6, 7, 2, 3, 1, 1, 1},
  };
  for (const Case& c : cases) {
    CAPTURE(&c - cases);
    double scale = 0.0;
    const double error = forward_error<float>(c, &scale);
    CHECK(error < 2e-6 * scale + 1e-6);
    CHECK(forward_error<float>(c, &scale, true) < 2e-6 * scale + 1e-6);
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

TEST_CASE("every epilogue equals separate steps in blocks of channels, and leaves zeros in the last one") {
  Random random(21);
  const struct {
    std::int64_t in, out, groups, kernel;
  } shapes[] = {{20, 20, 1, 3}, {3, 20, 1, 3}, {64, 20, 1, 3}, {20, 20, 20, 3}, {20, 20, 1, 1}};
  const ts2cpp::Activation activations[] = {
      ops::relu_epilogue,          ops::relu6_epilogue,   ops::clamp_epilogue(-0.5, 0.25),
      ops::clamp_epilogue(0.5, 2), ops::sigmoid_epilogue, ops::hardswish_epilogue};
  for (const auto& shape : shapes) {
    const Tensor x = random.tensor({2, shape.in, 9, 12});
    const Tensor w = random.tensor({shape.out, shape.in / shape.groups, shape.kernel, shape.kernel});
    w.storage().mark_constant();
    const Tensor b = random.tensor({shape.out});
    const std::int64_t pad = shape.kernel / 2;
    const auto convolve = [&](const ts2cpp::Epilogue& epilogue) {
      return ops::conv2d(x, w, b, {1, 1}, {pad, pad}, {1, 1}, shape.groups, epilogue);
    };
    const Tensor added = random.tensor(convolve({}).sizes());
    for (const ts2cpp::Activation& activation : activations) {
      const Tensor expected = ts2cpp::detail::apply_activation(ops::add(convolve({}), added), activation);
      const Tensor fused = convolve(ops::add_epilogue(added, activation));
      const ts2cpp::detail::ChannelBlocks* const blocks = ts2cpp::detail::blocks_of(fused);
      if (blocks != nullptr) {
        double rest = 0.0;
        for (std::int64_t i = 0; i < blocks->batch * blocks->image_stride(); ++i) {
          const std::int64_t channel =
              i / blocks->block_stride() % blocks->block_count() * blocks->block + i % blocks->block;
          rest += channel < blocks->channels ? 0.0 : std::fabs(static_cast<double>(blocks->elements[i]));
        }
        CHECK(rest == 0.0);
      }
      CHECK(largest_error(fused, [&](const std::vector<std::int64_t>& i) { return at(expected, i); }) < 1e-5);
    }
  }
}

TEST_CASE("results in blocks of channels are tensors like others") {
  Random random(22);
  const Tensor x = random.tensor({2, 16, 10, 10});
  const Tensor w = random.tensor({24, 16, 3, 3});
  const auto convolve = [&](const Tensor& image) { return ops::conv2d(image, w, std::nullopt, {1, 1}, {1, 1}); };
  const Tensor y = ops::clone(convolve(x));
  // Channels last, every second row, without a batch.
  const Tensor last = ops::clone(ops::permute(x, {0, 2, 3, 1}));
  CHECK(reference::same_bits(convolve(ops::permute(last, {0, 3, 1, 2})), y));
  const Tensor tall = random.tensor({2, 16, 20, 10});
  const Tensor rows = tall.with_layout(x.sizes(), {3200, 200, 20, 1}, 0);
  CHECK(reference::same_bits(convolve(rows), convolve(ops::clone(rows))));
  const Tensor alone = convolve(ops::select(x, 0, 1));
  CHECK(alone.sizes() == IntSpan({24, 10, 10}));
  CHECK(std::memcmp(alone.raw_data(), y.data_ptr<float>() + 2400, 2400 * sizeof(float)) == 0);
  // Views, in-place operators and further convolutions of them.
  const Tensor viewed = convolve(x);
  const Tensor view = ops::select(viewed, 1, 3);
  ops::mul_(view, 2);
  CHECK(at(viewed, {1, 3, 4, 5}) == 2 * at(y, {1, 3, 4, 5}));
  const Tensor changed = convolve(x);
  ops::relu_(changed);
  CHECK(largest_error(changed, [&](const std::vector<std::int64_t>& i) { return std::max(0.0, at(y, i)); }) == 0.0);
  const Tensor second = random.tensor({16, 24, 1, 1});
  CHECK(reference::same_bits(ops::conv2d(convolve(x), second), ops::conv2d(y, second)));
}

TEST_CASE("operators read blocks of channels without bringing them into another layout") {
  Random random(26);
  const Tensor x = random.tensor({2, 16, 12, 11});
  const Tensor w = random.tensor({20, 16, 3, 3});
  const Tensor channel = random.tensor({20, 1, 1});
  const Tensor image = random.tensor({2, 20, 1, 1});
  const auto convolve = [&] { return ops::conv2d(x, w, std::nullopt, {1, 1}, {1, 1}); };
  x.data_ptr<float>()[70] = std::numeric_limits<float>::quiet_NaN();
  using Operator = std::function<Tensor(const Tensor&)>;
  const Operator operators[] = {
      [](const Tensor& y) { return ops::max_pool2d(y, {3}, {2}, {1}); },
      [](const Tensor& y) { return ops::max_pool2d(y, {2, 3}, {2, 1}, {1, 1}, {3, 2}, true); },
      [](const Tensor& y) { return ops::avg_pool2d(y, {3}, {2}, {1}); },
      [](const Tensor& y) { return ops::avg_pool2d(y, {4, 3}, {3, 2}, {2, 1}, true, false); },
      [](const Tensor& y) { return ops::avg_pool2d(y, {2}, {2}, {0}, false, true, 3); },
      [](const Tensor& y) { return ops::adaptive_avg_pool2d(y, {1, 1}); },
      [](const Tensor& y) { return ops::mean(y, ts2cpp::IntSpan({2, 3})); },
      [](const Tensor& y) { return ops::mean(y, ts2cpp::IntSpan({-1, -2}), true); },
      [](const Tensor& y) { return ops::adaptive_avg_pool2d(y, {3, 1}); },
      [](const Tensor& y) { return ops::upsample_nearest2d(y, {24, 22}); },
      [](const Tensor& y) { return ops::upsample_nearest2d(y, {7, 15}); },
      [](const Tensor& y) { return ops::upsample_bilinear2d(y, {24, 17}, false); },
      [](const Tensor& y) { return ops::upsample_bilinear2d(y, {5, 22}, true); },
      [](const Tensor& y) { return ops::pad(y, {1, -2, 0, 3}, "constant", 0.5); },
      [](const Tensor& y) { return ops::pad(y, {0, 0}); },
      [](const Tensor& y) { return ops::pad(y, {2, 1, 3, 0}, "reflect"); },
      [](const Tensor& y) { return ops::pad(y, {0, 4, 1, 2}, "replicate"); },
      [](const Tensor& y) { return ops::cat({y, ops::relu(y), y}, 1); },
      [&](const Tensor& y) {
        const Tensor flat = ops::flatten(channel);
        return ops::batch_norm(y, flat, std::nullopt, flat, ops::abs(flat), false, 0.1, 1e-5);
      },
      [](const Tensor& y) { return ops::relu(y); },
      [](const Tensor& y) { return ops::exp(y); },
      [](const Tensor& y) { return ops::hardswish_(y); },
      [](const Tensor& y) { return ops::add(y, y, 2); },
      [](const Tensor& y) { return ops::add(ops::mul(y, 0.5), 1); },
      [&](const Tensor& y) { return ops::mul(ops::add(y, channel), image); },
      [&](const Tensor& y) { return ops::mul_(y, image); },
  };
  for (const Operator& apply : operators) {
    CAPTURE(&apply - operators);
    const Tensor expected = apply(ops::clone(convolve()));
    const Tensor blocked = convolve();
    const std::int64_t before = ts2cpp::debug::layout_copies();
    const Tensor result = apply(blocked);
    CHECK(ts2cpp::debug::layout_copies() == before);
    REQUIRE(result.sizes() == expected.sizes());
    const ts2cpp::detail::ChannelBlocks* const blocks = ts2cpp::detail::blocks_of(result);
    if (blocks != nullptr) {
      const float* const last = blocks->elements + blocks->image_stride() - 1;
      CHECK(*last == 0.0f);
    }
    double worst = 0.0;
    for (std::int64_t i = 0; i < result.numel(); ++i) {
      const double a = result.data_ptr<float>()[i];
      const double b = expected.data_ptr<float>()[i];
      worst = std::isnan(a) != std::isnan(b) ? 1.0 : std::isnan(a) ? worst : std::max(worst, std::fabs(a - b));
    }
    CHECK(worst < 1e-6);
  }
}

TEST_CASE("weights that change after they were packed are read anew") {
  Random random(23);
  const Tensor x = random.tensor({1, 64, 12, 12});
  const Tensor w = random.tensor({16, 64, 3, 3});
  w.storage().mark_constant();
  const Tensor before = ops::conv2d(x, w);
  CHECK(w.storage().constants() != nullptr);
  ops::mul_(w, 2);
  const Tensor after = ops::conv2d(x, w);
  CHECK(largest_error(after, [&](const std::vector<std::int64_t>& i) { return 2 * at(before, i); }) < 1e-4);
}

TEST_CASE("infinities stay where the direct sum has them") {
  Random random(24);
  const Tensor x = random.tensor({1, 64, 12, 12});
  x.data_ptr<float>()[5 * 144 + 6 * 12 + 6] = std::numeric_limits<float>::infinity();
  for (const std::int64_t channels : {16, 80}) {
    const Tensor w = random.tensor({channels, 64, 3, 3});
    const Tensor direct = ops::conv2d(x, w, std::nullopt, {1, 1}, {1, 1});
    w.storage().mark_constant();
    CHECK(reference::same_bits(ops::conv2d(x, w, std::nullopt, {1, 1}, {1, 1}), direct));
    CHECK(std::isfinite(at(direct, {0, 0, 4, 6})));
    CHECK(!std::isfinite(at(direct, {0, 0, 5, 6})));
  }
}

TEST_CASE("infinities of a group do not reach another one") {
  Random random(29);
  for (const std::int64_t groups : {2, 5}) {
    const Tensor x = random.tensor({1, 20, 6, 9});
    x.data_ptr<float>()[3 * 54 + 2 * 9 + 4] = std::numeric_limits<float>::infinity();
    const Tensor w = random.tensor({20, 20 / groups, 3, 3});
    const Tensor exact = ops::conv2d(ops::to(x, ts2cpp::DType::float64), ops::to(w, ts2cpp::DType::float64),
                                     std::nullopt, {1, 1}, {1, 1}, {1, 1}, groups);
    const Tensor y = ops::conv2d(x, w, std::nullopt, {1, 1}, {1, 1}, {1, 1}, groups, ops::relu_epilogue);
    CHECK(!std::isfinite(at<double>(exact, {0, 0, 2, 4})));
    CHECK(largest_error(y, [&](const std::vector<std::int64_t>& i) {
            const double value = std::max(0.0, at<double>(exact, i));
            return std::isfinite(value) ? value : at(y, i) == value ? at(y, i) : 1e9;
          }) < 1e-5);
  }
}

TEST_CASE("a packed weight is for all that it was packed for and for nothing else") {
  Random random(30);
  const Tensor shared = random.tensor({64, 1, 3, 3});
  const Tensor kept = ops::clone(shared);
  kept.storage().mark_constant();
  for (const std::int64_t groups : {16, 32, 8, 64}) {
    const Tensor x = random.tensor({1, groups, 9, 8});
    CHECK(reference::same_bits(ops::conv2d(x, kept, std::nullopt, {1, 1}, {1, 1}, {1, 1}, groups),
                               ops::conv2d(x, shared, std::nullopt, {1, 1}, {1, 1}, {1, 1}, groups)));
  }
  // Of a result that is smaller than a step not all taps have a part.
  const Tensor w = random.tensor({8, 8, 4, 4});
  const Tensor constant = ops::clone(w);
  constant.storage().mark_constant();
  for (const std::int64_t size : {2, 6, 2}) {
    const Tensor x = random.tensor({16, 8, size, size});
    CHECK(reference::same_bits(ops::conv_transpose2d(x, constant, std::nullopt, {4, 4}, {3, 3}),
                               ops::conv_transpose2d(x, w, std::nullopt, {4, 4}, {3, 3})));
  }
}

TEST_CASE("sizes that no memory has are refused") {
  Random random(31);
  constexpr std::int64_t kFar = std::int64_t{1} << 24;
  const std::string overflow = "RuntimeError: numel: integer multiplication overflow";
  const Tensor x = random.tensor({1, 65536, 2, 2});
  for (const std::int64_t outputs : {1, 8}) {
    const Tensor w = random.tensor({outputs, 65536, 1, 1});
    CHECK(error_of([&] { ops::conv2d(x, w, std::nullopt, {kFar - 1, kFar - 1}, {kFar / 2 - 1, kFar / 2 - 1}); }) ==
          overflow);
  }
  CHECK(error_of([&] {
          ops::conv2d(random.tensor({1, 1, 2, 2}), random.tensor({65536, 1, 1, 1}), std::nullopt, {1, 1},
                      {kFar / 2 - 1, kFar / 2 - 1});
        }) == overflow);
  CHECK(error_of([&] {
          ops::conv_transpose1d(ops::expand(random.tensor({1, 1, 1}), {1, 1, kFar + 1}), random.tensor({1, 1, 1}),
                                std::nullopt, {std::int64_t{1} << 40});
        }) == overflow);
}

TEST_CASE("Winograd's products can be forbidden, and are at most twice as far from the exact sum as a sum in order") {
  Random random(25);
  const struct {
    std::int64_t in, out, size;
  } shapes[] = {{64, 16, 16}, {96, 80, 8}};  // products of weights that are kept, and that are not
  for (const auto& shape : shapes) {
    const std::int64_t wide = shape.size + 2;
    const std::int64_t pixels = shape.size * shape.size;
    const Tensor x = random.tensor({1, shape.in, wide, wide});
    const Tensor w = random.tensor({shape.out, shape.in, 3, 3});
    w.storage().mark_constant();
    const Tensor fast = ops::conv2d(x, w);
    ts2cpp::set_winograd_allowed(false);
    const Tensor direct = ops::conv2d(x, w);
    ts2cpp::set_winograd_allowed(true);
    double fast_error = 0.0;
    double direct_error = 0.0;
    double ordered_error = 0.0;
    for (std::int64_t i = 0; i < fast.numel(); ++i) {
      const std::int64_t place = i % pixels / shape.size * wide + i % shape.size;
      double exact = 0.0;
      float ordered = 0.0f;
      for (std::int64_t k = 0; k < shape.in * 9; ++k) {
        const float pixel = x.data_ptr<float>()[k / 9 * wide * wide + place + k % 9 / 3 * wide + k % 3];
        const float weight = static_cast<const float*>(w.read_data())[i / pixels * shape.in * 9 + k];
        exact += static_cast<double>(pixel) * weight;
        ordered += pixel * weight;
      }
      const auto squared = [&](float value) { return (value - exact) * (value - exact); };
      fast_error += squared(fast.data_ptr<float>()[i]);
      direct_error += squared(direct.data_ptr<float>()[i]);
      ordered_error += squared(ordered);
    }
    CHECK(direct_error != fast_error);
    CHECK(direct_error < ordered_error);
    CHECK(std::sqrt(fast_error) < 2 * std::sqrt(ordered_error));
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

TEST_CASE("transposed convolutions in blocks of channels are the sums that plain ones are") {
  Random random(27);
  const struct {
    std::int64_t in, out, kernel_h, kernel_w, stride, padding, dilation, output_padding;
  } cases[] = {{20, 24, 2, 2, 2, 0, 1, 0}, {16, 70, 4, 4, 2, 1, 1, 0}, {19, 9, 3, 5, 2, 1, 1, 1},
               {8, 16, 3, 3, 1, 1, 1, 0},  {9, 20, 4, 3, 3, 2, 2, 2},  {9, 20, 3, 3, 4, 0, 1, 0}};
  for (const auto& c : cases) {
    CAPTURE(&c - cases);
    const Tensor x = random.tensor({2, c.in, 5, 7});
    const Tensor w = random.tensor({c.in, c.out, c.kernel_h, c.kernel_w});
    const Tensor b = random.tensor({c.out});
    const auto convolve = [&](const Tensor& image, const Tensor& weight, const Tensor& bias) {
      return ops::conv_transpose2d(image, weight, bias, {c.stride, c.stride}, {c.padding, c.padding},
                                   {c.output_padding, c.output_padding}, 1, {c.dilation, c.dilation});
    };
    const Tensor exact = convolve(ops::to(x, ts2cpp::DType::float64), ops::to(w, ts2cpp::DType::float64),
                                  ops::to(b, ts2cpp::DType::float64));
    w.storage().mark_constant();
    const Tensor y = convolve(x, w, b);
    REQUIRE(y.sizes() == exact.sizes());
    CHECK((ts2cpp::detail::blocks_of(y) != nullptr) == (c.kernel_w >= c.stride));
    CHECK(largest_error(y, [&](const std::vector<std::int64_t>& i) { return at<double>(exact, i); }) < 2e-5);
  }
}

TEST_CASE("between the first and the last convolution no elements are brought into another layout") {
  Random random(28);
  const auto weight = [&](std::int64_t out, std::int64_t in, std::int64_t kernel) {
    const Tensor w = random.tensor({out, in, kernel, kernel});
    w.storage().mark_constant();
    return w;
  };
  const Tensor x = random.tensor({1, 3, 32, 32});
  const auto same = [&](const Tensor& y, const Tensor& w, const ts2cpp::Epilogue& epilogue, std::int64_t stride = 1,
                        std::int64_t groups = 1) {
    const std::int64_t pad = w.sizes()[2] / 2;
    return ops::conv2d(y, w, std::nullopt, {stride, stride}, {pad, pad}, {1, 1}, groups, epilogue);
  };
  const std::int64_t before = ts2cpp::debug::layout_copies();
  SUBCASE("residual blocks, groups among them") {
    const Tensor first = ops::max_pool2d(same(x, weight(64, 3, 7), ops::relu_epilogue, 2), {3}, {2}, {1});
    const Tensor inner = same(first, weight(64, 64, 3), ops::relu_epilogue);
    const Tensor block = same(inner, weight(64, 64, 3), ops::add_epilogue(first, ops::relu_epilogue));
    const Tensor grouped = same(block, weight(64, 4, 3), ops::relu_epilogue, 1, 16);
    const Tensor narrow = same(block, weight(128, 64, 1), {}, 2);
    const Tensor last = same(grouped, weight(128, 64, 3), ops::add_epilogue(narrow, ops::relu_epilogue), 2);
    CHECK(ops::adaptive_avg_pool2d(last, {1, 1}).sizes() == IntSpan({1, 128, 1, 1}));
  }
  SUBCASE("inverted residuals, with weights of channels") {
    const Tensor first = same(x, weight(24, 3, 3), ops::hardswish_epilogue, 2);
    const Tensor wide = same(first, weight(144, 24, 1), ops::relu6_epilogue);
    const Tensor moved = same(wide, weight(144, 1, 3), ops::relu6_epilogue, 1, 144);
    const Tensor scale = ops::hardsigmoid(same(ops::mean(moved, IntSpan({2, 3}), true), weight(144, 144, 1), {}));
    const Tensor last = same(ops::mul(moved, scale), weight(24, 144, 1), ops::add_epilogue(first));
    CHECK(ops::mean(last, IntSpan({2, 3})).sizes() == IntSpan({1, 24}));
  }
  SUBCASE("encoder and decoder") {
    const Tensor first = same(x, weight(16, 3, 3), ops::relu_epilogue);
    const Tensor low = same(ops::max_pool2d(first, {2}), weight(32, 16, 3), ops::relu_epilogue);
    const Tensor up = ops::conv_transpose2d(low, weight(32, 16, 2), std::nullopt, {2, 2});
    const Tensor joined = ops::cat({first, up, ops::upsample_bilinear2d(low, {32, 32}, false)}, 1);
    CHECK(same(joined, weight(16, 64, 3), ops::relu_epilogue).sizes() == IntSpan({1, 16, 32, 32}));
  }
  CHECK(ts2cpp::debug::layout_copies() == before);
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

TEST_CASE("long sums in one dimension lose fewer digits than a sum in order") {
  Random random(16);
  const Tensor x = random.tensor({1, 512, 52});
  const Tensor w = random.tensor({8, 512, 5});
  const Tensor y = ops::conv1d(x, w);
  double error = 0.0;
  double ordered_error = 0.0;
  for (std::int64_t i = 0; i < y.numel(); ++i) {
    double exact = 0.0;
    float ordered = 0.0f;
    for (std::int64_t k = 0; k < 512 * 5; ++k) {
      const float pixel = x.data_ptr<float>()[k / 5 * 52 + i % 48 + k % 5];
      const float weight = w.data_ptr<float>()[i / 48 * 512 * 5 + k];
      exact += static_cast<double>(pixel) * weight;
      ordered += pixel * weight;
    }
    error += std::pow(y.data_ptr<float>()[i] - exact, 2);
    ordered_error += std::pow(ordered - exact, 2);
  }
  CHECK(std::sqrt(error) < 0.5 * std::sqrt(ordered_error));
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
  const Tensor deep = random.tensor({1, 64, 40, 40});
  const Tensor kept = random.tensor({48, 64, 3, 3});
  kept.storage().mark_constant();
  reference::check_thread_independence([&] { return ops::conv2d(deep, kept); });
  reference::check_thread_independence([&] { return ops::conv2d(ops::narrow(deep, 3, 0, 14), kept); });
  const Tensor wide = random.tensor({144, 64, 3, 3});
  wide.storage().mark_constant();
  reference::check_thread_independence([&] { return ops::conv2d(deep, wide); });
  reference::check_thread_independence([&] { return ops::conv2d(ops::expand(deep, {3, 64, 40, 40}), wide); });
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
