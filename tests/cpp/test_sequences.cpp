// Recurrent cells and layers, one-dimensional convolutions.
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <vector>

#include <ts2cpp/ops/convolution.hpp>
#include <ts2cpp/ops/recurrent.hpp>

#include "numeric_reference.hpp"
#include "raised.hpp"

namespace ops = ts2cpp::ops;
using raised::error_of;
using reference::at;
using reference::largest_error;
using reference::Random;
using ts2cpp::DType;
using ts2cpp::IntSpan;
using ts2cpp::Tensor;
using ts2cpp::kernels::Cell;

namespace {

struct Layer {
  Cell kind;
  std::int64_t hidden;
  std::int64_t outputs;  // fewer than `hidden` with a projection
  bool biases;
};

struct Result {
  Tensor output;
  Tensor hidden;
  Tensor cell;
};

/// Two directions of a layer over x[steps, batch, inputs].
Result run(const Layer& layer, const Tensor& x, const std::vector<Tensor>& states, const std::vector<Tensor>& params) {
  Result result;
  if (layer.kind == Cell::lstm) {
    std::tie(result.output, result.hidden, result.cell) =
        ops::lstm(x, states, params, layer.biases, 1, 0.0, false, true, false);
  } else {
    const auto call = [&](const auto& function) { return function(x, states[0], params, layer.biases); };
    std::tie(result.output, result.hidden) =
        layer.kind == Cell::gru ? call([](const auto&... a) { return ops::gru(a..., 1, 0.0, false, true, false); })
        : layer.kind == Cell::tanh
            ? call([](const auto&... a) { return ops::rnn_tanh(a..., 1, 0.0, false, true, false); })
            : call([](const auto&... a) { return ops::rnn_relu(a..., 1, 0.0, false, true, false); });
    result.cell = states[1];
  }
  return result;
}

std::vector<Tensor> parameters(const Layer& layer, std::int64_t inputs, Random& random) {
  const std::int64_t gates = ts2cpp::kernels::gate_count(layer.kind) * layer.hidden;
  std::vector<Tensor> params;
  const auto add = [&](IntSpan sizes) {
    Tensor values = random.tensor(sizes);
    for (std::int64_t i = 0; i < values.numel(); ++i)
      values.data_ptr<float>()[i] *= 0.2f;
    params.push_back(values);
  };
  for (int direction = 0; direction < 2; ++direction) {
    add({gates, inputs});
    add({gates, layer.outputs});
    for (int bias = 0; bias < 2 && layer.biases; ++bias)
      add({gates});
    if (layer.outputs != layer.hidden)
      add({layer.outputs, layer.hidden});
  }
  return params;
}

std::vector<Tensor> in_double(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> result;
  for (const Tensor& tensor : tensors)
    result.push_back(ts2cpp::kernels::dense_as(tensor, DType::float64));
  return result;
}

double difference(const Tensor& single, const Tensor& twice) {
  return largest_error(single, [&](const std::vector<std::int64_t>& i) { return at<double>(twice, i); });
}

const std::vector<Layer> kLayers = {{Cell::lstm, 20, 20, true}, {Cell::lstm, 33, 18, false}, {Cell::gru, 37, 37, true},
                                    {Cell::gru, 16, 16, false}, {Cell::tanh, 70, 70, true},  {Cell::relu, 9, 9, true}};

}  // namespace

TEST_CASE("a layer is what it is in double, for any batch and number of steps") {
  Random random(51);
  for (const Layer& layer : kLayers) {
    const std::vector<Tensor> params = parameters(layer, 13, random);
    for (const auto& [steps, batch] : {std::pair<int, int>{1, 1}, {12, 1}, {9, 2}, {8, 3}, {8, 5}, {2, 4}, {10, 13}}) {
      const Tensor x = random.tensor({steps, batch, 13});
      const std::vector<Tensor> states = {random.tensor({2, batch, layer.outputs}),
                                          random.tensor({2, batch, layer.hidden})};
      const Result single = run(layer, x, states, params);
      const Result twice = run(layer, in_double({x})[0], in_double(states), in_double(params));
      CHECK(difference(single.output, twice.output) < 2e-6);
      CHECK(difference(single.hidden, twice.hidden) < 2e-6);
      CHECK(difference(single.cell, twice.cell) < 2e-6);
    }
  }
}

TEST_CASE("a batch may be empty") {
  Random random(57);
  for (const Layer& layer : kLayers) {
    const std::vector<Tensor> params = parameters(layer, 5, random);
    const std::vector<Tensor> states = {random.tensor({2, 0, layer.outputs}), random.tensor({2, 0, layer.hidden})};
    for (const std::int64_t steps : {2, 9}) {
      const Result result = run(layer, random.tensor({steps, 0, 5}), states, params);
      CHECK(result.output.sizes()[1] == 0);
      CHECK(result.hidden.sizes() == states[0].sizes());
    }
  }
}

TEST_CASE("threads that share the units of a layer do not change it") {
  Random random(52);
  for (const Layer& layer : {Layer{Cell::lstm, 200, 200, true}, Layer{Cell::lstm, 180, 150, true},
                             Layer{Cell::gru, 170, 170, true}, Layer{Cell::tanh, 300, 300, false}}) {
    const std::vector<Tensor> params = parameters(layer, 7, random);
    const Tensor x = random.tensor({30, 2, 7});
    const std::vector<Tensor> states = {random.tensor({2, 2, layer.outputs}), random.tensor({2, 2, layer.hidden})};
    reference::check_thread_independence([&] { return run(layer, x, states, params).output; });
    reference::check_thread_independence([&] { return run(layer, x, states, params).hidden; });
  }
}

TEST_CASE("the packed form of constant weights is made once and gives the same") {
  Random random(53);
  const Layer layer{Cell::lstm, 24, 24, true};
  std::vector<Tensor> params = parameters(layer, 5, random);
  const std::vector<Tensor> states = {random.tensor({2, 3, 24}), random.tensor({2, 3, 24})};
  const Tensor x = random.tensor({20, 3, 5});
  const Result before = run(layer, x, states, params);
  for (Tensor& parameter : params)
    parameter.storage().mark_constant();
  for (int round = 0; round < 2; ++round) {
    CHECK(reference::same_bits(run(layer, x, states, params).output, before.output));
    REQUIRE(params[1].storage().constants() != nullptr);
    CHECK(params[1].storage().constants()->first.load()->next == nullptr);
  }
  params[1].data_ptr<float>()[0] += 1.0f;  // no longer constant
  CHECK(!reference::same_bits(run(layer, x, states, params).output, before.output));
}

TEST_CASE("a stack of one layer is its cell, step by step") {
  Random random(45);
  const Tensor x = random.tensor({5, 2, 3});
  const Tensor h0 = random.tensor({1, 2, 4});
  const Tensor c0 = random.tensor({1, 2, 4});
  const std::vector<Tensor> params = {random.tensor({16, 3}), random.tensor({16, 4}), random.tensor({16}),
                                      random.tensor({16})};
  Tensor out;
  Tensor h;
  Tensor c;
  std::tie(out, h, c) = ops::lstm(x, {h0, c0}, params, true, 1, 0.0, false, false, false);
  Tensor state_h = h0.with_layout({2, 4}, {4, 1}, 0);
  Tensor state_c = c0.with_layout({2, 4}, {4, 1}, 0);
  for (std::int64_t t = 0; t < 5; ++t) {
    const Tensor step = x.with_layout({2, 3}, {3, 1}, t * 6);
    std::tie(state_h, state_c) = ops::lstm_cell(step, {state_h, state_c}, params[0], params[1], params[2], params[3]);
    CHECK(largest_error(state_h, [&](const std::vector<std::int64_t>& i) { return at(out, {t, i[0], i[1]}); }) < 1e-6);
  }
  CHECK(largest_error(state_c, [&](const std::vector<std::int64_t>& i) { return at(c, {0, i[0], i[1]}); }) < 1e-6);
  CHECK(largest_error(state_h, [&](const std::vector<std::int64_t>& i) { return at(h, {0, i[0], i[1]}); }) < 1e-6);
}

TEST_CASE("batch_first and directions only move things") {
  Random random(46);
  const Tensor x = random.tensor({5, 2, 3});
  const Tensor h0 = random.tensor({2, 2, 4});
  std::vector<Tensor> params;
  for (int direction = 0; direction < 2; ++direction) {
    params.push_back(random.tensor({12, 3}));
    params.push_back(random.tensor({12, 4}));
  }
  Tensor out;
  Tensor h;
  std::tie(out, h) = ops::gru(x, h0, params, false, 1, 0.0, false, true, false);
  REQUIRE(out.sizes() == IntSpan({5, 2, 8}));
  const Tensor swapped = x.with_layout({2, 5, 3}, {3, 6, 1}, 0);
  const auto [first, first_h] = ops::gru(swapped, h0, params, false, 1, 0.0, false, true, true);
  CHECK(largest_error(first, [&](const std::vector<std::int64_t>& i) { return at(out, {i[1], i[0], i[2]}); }) < 1e-6);
  CHECK(largest_error(first_h, [&](const std::vector<std::int64_t>& i) { return at(h, i); }) < 1e-6);
  // The backward direction ends at the first step.
  CHECK(at(h, {1, 0, 0}) == at(out, {0, 0, 4}));
}

TEST_CASE("errors have PyTorch's wording") {
  Random random(47);
  CHECK(error_of([&] {
          ops::gru_cell(random.tensor({2, 5}), random.tensor({2, 4}), random.tensor({12, 3}), random.tensor({12, 4}));
        }) == "RuntimeError: input has inconsistent input_size: got 5 expected 3");
}

namespace {

struct Shape {
  std::int64_t batch, groups, in, out, length, taps, stride, pad, dilation;
};

}  // namespace

TEST_CASE("lines of any stride, dilation and padding are what they are in double") {
  Random random(61);
  for (const Shape& s : std::vector<Shape>{{1, 1, 32, 9, 400, 2, 1, 8, 8},
                                           {1, 1, 33, 8, 250, 2, 1, 512, 512},
                                           {2, 1, 12, 21, 150, 3, 1, 1, 1},
                                           {1, 2, 20, 7, 100, 4, 2, 3, 3},
                                           {3, 1, 7, 16, 301, 10, 5, 0, 1},
                                           {1, 1, 40, 70, 16, 1, 1, 0, 1},
                                           {1, 1, 16, 6, 60, 3, 4, 70, 17},
                                           {1, 1, 300, 12, 230, 3, 1, 2, 2},
                                           {1, 1, 32, 12, 20, 3, 1, 100, 1}}) {
    const Tensor x = random.tensor({s.batch, s.groups * s.in, s.length});
    Tensor weight = random.tensor({s.groups * s.out, s.in, s.taps});
    const Tensor bias = random.tensor({s.groups * s.out});
    const double tolerance = 1e-6 * static_cast<double>(s.in * s.taps);
    const auto run = [&](bool with_bias) {
      return ops::conv1d(x, weight, with_bias ? std::optional<Tensor>(bias) : std::nullopt, {s.stride}, {s.pad},
                         {s.dilation}, s.groups);
    };
    for (const bool with_bias : {false, true}) {
      const Tensor twice = ops::conv1d(in_double({x})[0], in_double({weight})[0],
                                       with_bias ? std::optional<Tensor>(in_double({bias})[0]) : std::nullopt,
                                       {s.stride}, {s.pad}, {s.dilation}, s.groups);
      CHECK(largest_error(run(with_bias), [&](const std::vector<std::int64_t>& i) { return at<double>(twice, i); }) <
            tolerance);
    }
    const Tensor before = run(true);
    weight.storage().mark_constant();
    CHECK(reference::same_bits(run(true), before));
    reference::check_thread_independence([&] { return run(true); });
  }
}

TEST_CASE("lines with a residual and an activation") {
  Random random(62);
  const Tensor x = random.tensor({2, 16, 90});
  const Tensor weight = random.tensor({10, 16, 3});
  const Tensor plain = ops::conv1d(x, weight, std::nullopt, {1}, {1}, {1}, 1);
  const Tensor residual = random.tensor(plain.sizes());
  const ts2cpp::kernels::LineGeometry g{2, 1, 16, 10, 90, 90, 3, 1, 1, 1};
  const std::int64_t rows = ts2cpp::kernels::line_kernels<>().rows;
  std::vector<float> packed(static_cast<std::size_t>(g.packed(rows)));
  ts2cpp::kernels::pack_line_weights(g, rows, weight.data_ptr<float>(), packed.data());
  ts2cpp::Activation activation{};
  activation.kind = ts2cpp::ActivationKind::relu;
  const Tensor out = Tensor::empty(plain.sizes(), DType::float32);
  ts2cpp::kernels::convolve_lines(g, x.data_ptr<float>(), packed.data(), nullptr, residual.data_ptr<float>(),
                                  activation, out.data_ptr<float>());
  CHECK(largest_error(out, [&](const std::vector<std::int64_t>& i) {
          return std::max(0.0, at(plain, i) + at(residual, i));
        }) < 1e-6);
}
