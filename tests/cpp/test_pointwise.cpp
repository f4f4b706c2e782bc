// Pointwise operators: integer meaning, special values, layouts, aliasing, fused loops.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <ts2cpp/conditions.hpp>
#include <ts2cpp/epilogue_apply.hpp>
#include <ts2cpp/ops/activation.hpp>
#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/cast.hpp>
#include <ts2cpp/ops/comparison.hpp>
#include <ts2cpp/ops/factory.hpp>
#include <ts2cpp/ops/unary.hpp>
#include <ts2cpp/ops/views.hpp>
#include <ts2cpp/pointwise.hpp>
#include <ts2cpp/thread_pool.hpp>

#include "raised.hpp"

using namespace ts2cpp;
using raised::message_of;

namespace {

template <class T>
Tensor vec(std::vector<T> values) {
  const auto size = static_cast<std::int64_t>(values.size());
  return Tensor::from_data(values, {size});
}

template <class T>
std::vector<T> list(const Tensor& tensor) {
  return ops::elements<T>(tensor);
}

}  // namespace

TEST_CASE("integers wrap around") {
  CHECK(ops::add(vec<std::int8_t>({127}), 1).item<int>() == -128);
  CHECK(ops::neg(vec<std::uint8_t>({1})).item<int>() == 255);
  CHECK(ops::abs(vec<std::int8_t>({-128})).item<int>() == -128);
  CHECK(ops::mul(vec<std::int16_t>({-32768}), vec<std::int16_t>({-32768})).item<int>() == 0);
  const std::int64_t low = std::numeric_limits<std::int64_t>::min();
  CHECK(ops::floor_divide(vec<std::int64_t>({low}), -1).item<std::int64_t>() == low);
  CHECK(ops::remainder(vec<std::int64_t>({low}), -1).item<std::int64_t>() == 0);
  CHECK(ops::pow(vec<std::int64_t>({2, -1, 0}), vec<std::int64_t>({-1, -3, 0})).numel() == 3);
}

TEST_CASE("shifts by any amount are defined") {
  const Tensor one = vec<std::int32_t>({1, 1, -8});
  CHECK(list<std::int32_t>(ops::lshift(one, vec<std::int32_t>({33, -1, 1}))) == std::vector<std::int32_t>{0, 0, -16});
  CHECK(list<std::int32_t>(ops::rshift(one, vec<std::int32_t>({1, 40, 40}))) == std::vector<std::int32_t>{0, 0, -1});
}

TEST_CASE("division and modulo round like Python's") {
  const Tensor a = vec<std::int64_t>({-7, 7});
  CHECK(list<std::int64_t>(ops::floor_divide(a, 2)) == std::vector<std::int64_t>{-4, 3});
  CHECK(list<std::int64_t>(ops::div(a, 2, "trunc")) == std::vector<std::int64_t>{-3, 3});
  CHECK(list<std::int64_t>(ops::remainder(a, 2)) == std::vector<std::int64_t>{1, 1});
  CHECK(list<std::int64_t>(ops::fmod(a, 2)) == std::vector<std::int64_t>{-1, 1});
  CHECK(ops::div(a, 2).dtype() == DType::float32);
  CHECK(ops::floor_divide(vec<float>({-7.5f}), 2.0).item<float>() == -4.0f);
  CHECK(std::signbit(ops::remainder(vec<float>({-0.0f}), 2.0).item<float>()));
  CHECK(message_of([&] { ops::floor_divide(a, 0); }) == "ZeroDivisionError");
}

TEST_CASE("nan and signed zero") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor x = vec<float>({nan, -0.0f});
  CHECK(std::isnan(ops::select(ops::relu(x), 0, 0).item<float>()));
  CHECK(std::signbit(ops::select(ops::relu(x), 0, 1).item<float>()));
  CHECK(std::isnan(ops::select(ops::maximum(x, ops::zeros({2})), 0, 0).item<float>()));
  CHECK(ops::select(ops::fmax(x, ops::ones({2})), 0, 0).item<float>() == 1.0f);
  CHECK(ops::select(ops::sign(x), 0, 0).item<float>() == 0.0f);
  CHECK(list<float>(ops::round(vec<float>({0.5f, 1.5f, 2.5f, -0.5f}))) == std::vector<float>{0, 2, 2, -0.0f});
}

TEST_CASE("bool arithmetic") {
  const Tensor b = vec<bool>({true, false});
  CHECK(list<bool>(ops::add(b, b)) == std::vector<bool>{true, false});
  CHECK(message_of([&] { ops::sub(b, b); }).rfind("Subtraction, the `-` operator, with two bool tensors", 0) == 0);
}

TEST_CASE("every layout gives the same elements") {
  const Tensor base = ops::view(ops::arange(0., 240.), {4, 5, 12});
  const Tensor permuted = ops::permute(base, {2, 0, 1});
  const Tensor strided = ops::slice(ops::slice(base, 2, 1, 12, 3), 1, 0, 5, 2);
  for (const Tensor& x : {base, permuted, strided, ops::expand(ops::slice(base, 0, 0, 1), {4, 5, 12})}) {
    const Tensor plain = ops::exp(ops::mul(ops::contiguous(x), 0.01));
    CHECK(ops::equal(ops::exp(ops::mul(x, 0.01)), plain));
  }
  CHECK(ops::relu(permuted).strides() == permuted.strides());
  CHECK(ops::relu(strided).is_contiguous());
}

TEST_CASE("empty and 0-d operands") {
  CHECK(ops::add(ops::zeros({0, 3}), ops::ones({3})).sizes() == IntSpan({0, 3}));
  CHECK(ops::add(ops::tensor(2), ops::tensor(3)).item<int>() == 5);
  CHECK(ops::add(ops::tensor(2.0), ops::ones({0})).numel() == 0);
}

TEST_CASE("in-place operators check shape, dtype and overlap") {
  const Tensor x = ops::arange(0., 6.);
  CHECK(message_of([&] { ops::add_(ops::zeros({3}), ops::zeros({2, 3})); }) ==
        "output with shape [3] doesn't match the broadcast shape [2, 3]");
  CHECK(message_of([&] { ops::add_(ops::arange(3), 0.5); }) ==
        "result type Float can't be cast to the desired output type Long");
  CHECK(message_of([&] {
          ops::add_(ops::slice(x, 0, 1), ops::slice(x, 0, 0, -1));
        }).rfind("unsupported operation: some", 0) == 0);
  CHECK(message_of([&] { ops::add_(ops::expand(ops::zeros({1}), {3}), 1); }).rfind("unsupported operation: more", 0) ==
        0);
  const Tensor square = ops::view(ops::arange(0., 9.), {3, 3});
  const Tensor expected = ops::add(square, ops::t(square));
  ops::add_(square, ops::t(square));
  CHECK(ops::equal(square, expected));
}

TEST_CASE("fused loops equal the unfused operators bit by bit") {
  const auto gate = [](auto x, auto y) { return math::tanh(math::add(x * math::sigmoid(y), 0.5) - y); };
  const Tensor x = ops::linspace(-4, 4, 1000);
  const Tensor y = ops::view(ops::linspace(-2, 2, 7), {7, 1});
  CHECK(ops::equal(pointwise(gate, x, y), gate(x, y)));
  const Tensor dx = ops::to(x, DType::float64);
  CHECK(ops::equal(pointwise(gate, dx, ops::to(y, DType::float64)), gate(dx, ops::to(y, DType::float64))));
  const Tensor hx = ops::to(x, DType::float16);
  CHECK(pointwise(gate, hx, hx).dtype() == DType::float16);
  CHECK(pointwise(gate, ops::zeros({0, 3}), ops::zeros({3})).sizes() == IntSpan({0, 3}));
}

TEST_CASE("a ReLU after a layer is that of the operator, whatever the dtype and layout") {
  for (const DType dtype : {DType::float32, DType::float64, DType::bfloat16, DType::float16, DType::int64, DType::int32,
                            DType::int16, DType::int8}) {
    const Tensor x = ops::transpose(ops::view(ops::to(ops::sub(ops::arange(24), 12), dtype), {4, 6}), 0, 1);
    const Tensor merged = detail::apply_activation(x, ops::relu_epilogue);
    const Tensor alone = ops::relu(x);
    CHECK(merged.dtype() == dtype);
    CHECK(merged.strides() == alone.strides());
    CHECK(ops::equal(merged, alone));
  }
  for (const DType dtype : {DType::bool_, DType::complex64}) {
    const Tensor x = ops::to(ops::arange(4), dtype);
    CHECK(message_of([&] { detail::apply_activation(x, ops::relu_epilogue); }) == message_of([&] { ops::relu(x); }));
  }
}

TEST_CASE("the parts of a message") {
  const std::int64_t sizes[] = {2, 3};
  const std::string word = "word";
  CHECK(message_of([&] {
          raise("ValueError",
                {"n ", std::int64_t{-3}, ' ', IntSpan(sizes, 2), word, std::string_view("!"), sizeof(char)});
        }) == "n -3 [2, 3]word!1");
}

TEST_CASE("float functions are accurate to 2 ulp") {
  const Tensor x = ops::linspace(-20, 20, 4001);
  const Tensor wide = ops::to(x, DType::float64);
  const auto check = [](const Tensor& got, const Tensor& exact) {
    const std::vector<float> a = ops::elements<float>(got);
    const std::vector<double> b = ops::elements<double>(exact);
    for (std::size_t i = 0; i < a.size(); ++i) {
      const double ulp = std::ldexp(1.0, std::max(std::ilogb(b[i] == 0 ? 1.0 : b[i]), -126) - 23);
      REQUIRE(std::fabs(static_cast<double>(a[i]) - b[i]) <= 2.0 * ulp);
    }
  };
  check(ops::exp(x), ops::exp(wide));
  check(ops::tanh(x), ops::tanh(wide));
  check(ops::erf(x), ops::erf(wide));
  check(ops::expm1(x), ops::expm1(wide));
  check(ops::log(ops::exp(x)), ops::log(ops::to(ops::exp(x), DType::float64)));
  check(ops::log1p(ops::exp(x)), ops::log1p(ops::to(ops::exp(x), DType::float64)));
  check(ops::sin(x), ops::sin(wide));
  check(ops::cos(x), ops::cos(wide));
}

// What `python -m tests.precision` measures for more operators, against long doubles.
TEST_CASE("elementary functions: at most twice PyTorch's error") {
  if (std::getenv("TS2CPP_ISA") != nullptr) {
    return;  // once: vectors of all widths compute the same
  }
  struct Function {
    const char* name;
    double low, high;
    double float_error, double_error;  // PyTorch's, in units in the last place
    float (*of_float)(float);
    double (*of_double)(double);
    long double (*exact)(long double);
  };
#define MEASURED(NAME, LOW, HIGH, FLOAT_ERROR, DOUBLE_ERROR)                               \
  {                                                                                        \
    #NAME, LOW, HIGH, FLOAT_ERROR, DOUBLE_ERROR, [](float x) { return math::NAME(x); },    \
        [](double x) { return math::NAME(x); }, [](long double x) { return std::NAME(x); } \
  }
  const Function functions[] = {
      MEASURED(exp, -20, 20, 0.56, 0.51),       MEASURED(exp2, -20, 20, 0.84, 0.76),
      MEASURED(expm1, -3, 5, 0.52, 0.50),       MEASURED(log, 0.001, 50, 0.85, 0.50),
      MEASURED(log2, 0.001, 50, 0.63, 0.50),    MEASURED(log10, 0.001, 50, 0.58, 0.50),
      MEASURED(log1p, -0.9, 20, 0.59, 0.61),    MEASURED(sin, -30, 30, 0.60, 0.50),
      MEASURED(cos, -30, 30, 0.60, 0.50),       MEASURED(tan, -1.5, 1.5, 0.94, 0.50),
      MEASURED(asin, -1, 1, 0.76, 0.73),        MEASURED(acos, -1, 1, 0.80, 0.77),
      MEASURED(atan, -10, 10, 0.81, 0.65),      MEASURED(sinh, -5, 5, 0.52, 0.69),
      MEASURED(cosh, -5, 5, 0.50, 0.50),        MEASURED(tanh, -5, 5, 0.51, 0.66),
      MEASURED(asinh, -10, 10, 1.56, 1.39),     MEASURED(acosh, 1, 20, 1.90, 1.20),
      MEASURED(atanh, -0.99, 0.99, 0.51, 0.50), MEASURED(erf, -4, 4, 0.68, 0.56),
      MEASURED(erfc, -4, 8, 0.80, 0.75),        MEASURED(lgamma, 0.05, 30, 0.83, 0.63),
  };
#undef MEASURED
  for (const Function& f : functions) {
    CAPTURE(f.name);
    double float_error = 0.0;
    double double_error = 0.0;
    for (int i = 0; i < 4000; ++i) {
      // Every second one near 0, where the range holds it.
      const double share = (i % 2 == 0 ? i + 0.37 : 1e-3 * i) / 4000.0;
      const double x = f.low + (f.high - f.low) * share;
      const auto narrow = static_cast<float>(x);
      const long double exact = f.exact(static_cast<long double>(narrow));
      const auto nearest = static_cast<float>(std::fabs(exact));
      const auto unit = static_cast<double>(std::nextafter(nearest, 1e30F) - nearest);
      float_error = std::max(float_error, static_cast<double>(std::fabs(f.of_float(narrow) - exact)) / unit);
      if (std::numeric_limits<long double>::digits > 60) {
        const long double wide = f.exact(static_cast<long double>(x));
        const auto close = static_cast<double>(std::fabs(wide));
        const double step = std::nextafter(close, 1e300) - close;
        double_error = std::max(double_error, static_cast<double>(std::fabs(f.of_double(x) - wide)) / step);
      }
    }
    CHECK(float_error <= 2.0 * std::max(f.float_error, 0.5));
    CHECK(double_error <= 2.0 * std::max(f.double_error, 0.5));
  }
}

TEST_CASE("sine and cosine of any float") {
  for (int exponent = -149; exponent < 128; ++exponent) {
    for (int i = 0; i < 40; ++i) {
      const float x = std::ldexp((i % 2 == 0 ? 1.0f : -1.0f) * (1.0f + static_cast<float>(i) / 40.0f), exponent);
      CAPTURE(x);
      CHECK(math::sin(x) == doctest::Approx(std::sin(static_cast<double>(x))).epsilon(3e-7));
      CHECK(math::cos(x) == doctest::Approx(std::cos(static_cast<double>(x))).epsilon(3e-7));
    }
  }
  CHECK(std::signbit(math::sin(-0.0f)));
  CHECK(std::isnan(math::sin(std::numeric_limits<float>::infinity())));
}

TEST_CASE("clamp: bounds of any kind") {
  const Tensor x = vec<float>({-2, 0.5f, 3});
  CHECK(list<float>(ops::clamp(x, -1, 1)) == std::vector<float>{-1, 0.5f, 1});
  CHECK(list<float>(ops::clamp(x, std::nullopt, 1)) == std::vector<float>{-2, 0.5f, 1});
  CHECK(list<float>(ops::clamp(x, ops::zeros({3}))) == std::vector<float>{0, 0.5f, 3});
  CHECK(list<float>(ops::clamp(x, 2, 1)) == std::vector<float>{1, 1, 1});
  CHECK(message_of([&] { ops::clamp(x); }) == "torch.clamp: At least one of 'min' or 'max' must not be None");
}

namespace {

/// The distance of `value` from `exact`, in units in the last place of a float of that size.
double distance(float value, double exact) {
  if (std::isnan(exact) || std::isinf(static_cast<float>(exact)) || std::isinf(value)) {
    return std::isnan(exact) == std::isnan(value) && (std::isnan(exact) || value == static_cast<float>(exact)) ? 0
                                                                                                               : 1e9;
  }
  int exponent = 0;
  std::frexp(exact, &exponent);
  return std::fabs(static_cast<double>(value) - exact) / std::ldexp(1.0, std::max(exponent - 24, -149));
}

/// The greatest distance among floats of every size from `low` on.
template <class Function, class Exact>
double greatest_distance(const Function& function, const Exact& exact, float low) {
  std::vector<float> arguments;
  for (std::uint64_t bits = 0; bits <= UINT32_MAX; bits += 104729) {
    const auto pattern = static_cast<std::uint32_t>(bits);
    float argument = 0;
    std::memcpy(&argument, &pattern, sizeof argument);
    if (argument >= low) {
      arguments.push_back(argument);
    }
  }
  const Tensor results = function(vec<float>(arguments));
  double greatest = 0;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    greatest = std::max(greatest, distance(results.data_ptr<float>()[i], exact(static_cast<double>(arguments[i]))));
  }
  return greatest;
}

}  // namespace

#define TS2CPP_DISTANCE_FROM(NAME, EXACT, LOW) \
  greatest_distance([](const Tensor& t) { return ops::NAME(t); }, [](double x) -> double { return EXACT; }, LOW)
#define TS2CPP_DISTANCE(NAME, EXACT) TS2CPP_DISTANCE_FROM(NAME, EXACT, -3.4e38F)

TEST_CASE("functions of float32 are as exact as math/transcendental.hpp says") {
  CHECK(TS2CPP_DISTANCE(exp, std::exp(x)) < 1.1);
  CHECK(TS2CPP_DISTANCE(exp2, std::exp2(x)) < 1.1);
  CHECK(TS2CPP_DISTANCE(expm1, std::expm1(x)) < 1.1);
  CHECK(TS2CPP_DISTANCE(log, std::log(x)) < 1.0);
  CHECK(TS2CPP_DISTANCE(log2, std::log2(x)) < 1.0);
  CHECK(TS2CPP_DISTANCE(log10, std::log10(x)) < 1.0);
  CHECK(TS2CPP_DISTANCE(log1p, std::log1p(x)) < 1.0);
  CHECK(TS2CPP_DISTANCE(sin, std::sin(x)) < 1.1);
  CHECK(TS2CPP_DISTANCE(cos, std::cos(x)) < 1.1);
  CHECK(TS2CPP_DISTANCE(tanh, std::tanh(x)) < 1.0);
  CHECK(TS2CPP_DISTANCE(erf, std::erf(x)) < 1.1);
  CHECK(TS2CPP_DISTANCE(rsqrt, 1 / std::sqrt(x)) < 1.5);
  CHECK(TS2CPP_DISTANCE_FROM(sigmoid, 1 / (1 + std::exp(-x)), -87.0F) < 2.5);
  CHECK(TS2CPP_DISTANCE_FROM(silu, x / (1 + std::exp(-x)), -87.0F) < 2.5);
  CHECK(TS2CPP_DISTANCE_FROM(gelu, 0.5 * x * std::erfc(-x * 0.70710678118654752440), 0.0F) < 2.5);
  CHECK(TS2CPP_DISTANCE(log_sigmoid, std::fmin(x, 0) - std::log1p(std::exp(-std::fabs(x)))) < 2.5);
  CHECK(TS2CPP_DISTANCE(softplus, x > 20 ? x : std::log1p(std::exp(x))) < 2.5);
  CHECK(TS2CPP_DISTANCE_FROM(mish, x * std::tanh(std::log1p(std::exp(x))), -80.0F) < 3.5);
}
#undef TS2CPP_DISTANCE
#undef TS2CPP_DISTANCE_FROM

TEST_CASE("a fused loop has the bits of the operators, for every length") {
  for (const std::int64_t n : {1, 3, 31, 32, 33, 100, 1000}) {
    std::vector<float> numbers(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      numbers[i] = static_cast<float>(i % 97) / 13.0F - 3.5F;
    }
    const Tensor x = vec<float>(numbers);
    const Tensor fused = pointwise(
        [](auto x_i) {
          const auto y = math::tanh(x_i * x_i - x_i * x_i) + math::exp(x_i) * math::sigmoid(x_i);
          return math::where(math::gt(y, 0.5), y, math::mul(y, 0.1));
        },
        x);
    const Tensor square = ops::mul(x, x);
    const Tensor y = ops::add(ops::tanh(ops::sub(square, square)), ops::mul(ops::exp(x), ops::sigmoid(x)));
    CHECK(list<float>(fused) == list<float>(ops::where(ops::gt(y, 0.5), y, ops::mul(y, 0.1))));
  }
}
