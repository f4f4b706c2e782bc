// Fourier transforms: against sums in a wider type, in many threads, and without memory of their own.
#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <thread>
#include <ts2cpp/error.hpp>
#include <ts2cpp/ops/fft.hpp>
#include <ts2cpp/ops/unary.hpp>
#include <ts2cpp/tensor.hpp>
#include <vector>

namespace {
std::atomic<std::int64_t> allocations{0};
}

// Not inlined, or g++ sees one half of a pair and warns of the other.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* const block = std::malloc(size == 0 ? 1 : size)) {
    return block;
  }
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t /*size*/) noexcept { std::free(block); }

using ts2cpp::DType;
using ts2cpp::Tensor;
namespace ops = ts2cpp::ops;

namespace {

/// Deterministic values in [-1, 1).
Tensor values(std::int64_t rows, std::int64_t columns, DType dtype) {
  const Tensor result = Tensor::empty({rows, columns}, DType::complex128);
  std::uint64_t state = static_cast<std::uint64_t>(rows * 1000 + columns);
  const auto next = [&state] {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(state >> 11) / 4503599627370496.0 - 1.0;
  };
  for (std::int64_t i = 0; i < result.numel(); ++i) {
    const double re = next();
    result.data_ptr<std::complex<double>>()[i] = {re, next()};
  }
  return ops::to(ts2cpp::is_complex(dtype) ? result : ops::real(result), dtype);
}

/// The transform of every row, by its definition.
Tensor by_definition(const Tensor& input, double sign) {
  const Tensor x = ops::contiguous(ops::to(input, DType::complex128));
  const Tensor result = Tensor::empty(x.sizes(), DType::complex128);
  const std::int64_t n = x.size(1);
  const long double turn = 2 * std::acos(-1.0L);
  for (std::int64_t row = 0; row < x.size(0); ++row) {
    const std::complex<double>* const in = x.data_ptr<std::complex<double>>() + row * n;
    for (std::int64_t k = 0; k < n; ++k) {
      std::complex<long double> sum = 0;
      for (std::int64_t j = 0; j < n; ++j) {
        const long double angle =
            static_cast<long double>(sign) * turn * static_cast<long double>(j * k % n) / static_cast<long double>(n);
        sum += std::complex<long double>(in[j]) * std::complex<long double>(std::cos(angle), std::sin(angle));
      }
      result.data_ptr<std::complex<double>>()[row * n + k] = std::complex<double>(sum);
    }
  }
  return result;
}

/// The largest distance of two tensors, in parts of the largest value.
double distance(const Tensor& found, const Tensor& expected) {
  REQUIRE(found.sizes() == expected.sizes());
  const Tensor a = ops::contiguous(ops::to(found, DType::complex128));
  const Tensor b = ops::contiguous(ops::to(expected, DType::complex128));
  double gap = 0;
  double size = 1;
  for (std::int64_t i = 0; i < a.numel(); ++i) {
    gap = std::max(gap, std::abs(a.data_ptr<std::complex<double>>()[i] - b.data_ptr<std::complex<double>>()[i]));
    size = std::max(size, std::abs(b.data_ptr<std::complex<double>>()[i]));
  }
  return gap / size;
}

void check(std::int64_t length, std::int64_t rows) {
  CAPTURE(length);
  CAPTURE(rows);
  for (const DType dtype : {DType::complex128, DType::complex64}) {
    const double most = dtype == DType::complex128 ? 2e-14 : 2e-7;
    const DType real_dtype = ts2cpp::to_real_dtype(dtype);
    const Tensor x = values(rows, length, dtype);
    CHECK(distance(ops::fft_fft(x), by_definition(x, -1)) < most);
    CHECK(distance(ops::fft_ifft(x, std::nullopt, -1, "forward"), by_definition(x, 1)) < most);
    const Tensor r = values(rows, length, real_dtype);
    const Tensor spectrum = by_definition(r, -1);
    CHECK(distance(ops::fft_fft(r), spectrum) < most);
    CHECK(distance(ops::fft_rfft(r), ops::slice(spectrum, 1, 0, length / 2 + 1)) < most);
    // What half a spectrum becomes is computed in its own precision.
    CHECK(distance(ops::fft_irfft(ops::fft_rfft(r), length), r) < (dtype == DType::complex128 ? most : 1e-6));
    // Along the other dimension, of rows that are columns.
    CHECK(distance(ops::fft_fft(ops::transpose(x, 0, 1), std::nullopt, 0), ops::transpose(by_definition(x, -1), 0, 1)) <
          most);
  }
}

}  // namespace

TEST_CASE("every kind of length, alone and side by side") {
  for (const std::int64_t length :
       {1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 18, 21, 27, 45, 49, 64, 67, 77, 81, 128, 167, 243}) {
    for (const std::int64_t rows : {1, 3, 18}) {
      check(length, rows);
    }
  }
}

TEST_CASE("rows too long to lie side by side") {
  for (const std::int64_t length : {4802, 6561, 8192, 8191}) {
    const Tensor x = values(2, length, DType::complex128);
    CHECK(distance(ops::fft_ifft(ops::fft_fft(x)), x) < 2e-14);
    const Tensor r = values(2, length, DType::float64);
    CHECK(distance(ops::fft_irfft(ops::fft_rfft(r), length), r) < 2e-14);
    CHECK(distance(ops::fft_rfft(r), ops::slice(ops::fft_fft(ops::to(r, DType::complex128)), 1, 0, length / 2 + 1)) <
          2e-14);
    CHECK(distance(ops::fft_irfft(ops::to(ops::fft_rfft(r), DType::complex64), length), r) < 2e-6);
  }
}

TEST_CASE("threads share plans") {
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([number, &wrong] {
      for (std::int64_t length = 1; length < 90; ++length) {
        const Tensor x = values(3 + number, length + 300, DType::complex128);
        wrong += distance(ops::fft_ifft(ops::fft_fft(x)), x) < 1e-14 ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(wrong == 0);
}

TEST_CASE("an element type has its own plans, and threads change no bits") {
  for (const std::int64_t length : {16, 27, 62, 167, 360}) {
    CAPTURE(length);
    const Tensor half = ops::fft_rfft(values(37, length, DType::float64));
    const Tensor narrow = ops::to(half, DType::complex64);
    for (int round = 0; round < 2; ++round) {
      const Tensor wide_result = ops::fft_irfft(half, length);
      CHECK(distance(ops::fft_irfft(narrow, length), wide_result) < 1e-6);
      CHECK(distance(ops::fft_irfft(half, length, -1, "forward"), ops::mul(wide_result, static_cast<double>(length))) <
            1e-14);
    }
    ts2cpp::set_num_threads(1);
    const Tensor alone = ops::fft_irfft(narrow, length);
    ts2cpp::set_num_threads(3);
    const Tensor shared = ops::fft_irfft(narrow, length);
    for (std::int64_t i = 0; i < alone.numel(); ++i) {
      CHECK(alone.data_ptr<float>()[i] == shared.data_ptr<float>()[i]);
    }
  }
}

TEST_CASE("no memory is allocated after the first call of a size") {
  if (ts2cpp::detail::kKeepFreedBlocks) {
    ts2cpp::set_num_threads(1);
    const Tensor x = values(20, 360, DType::float32);
    const Tensor y = values(20, 167, DType::complex64);
    const auto call = [&] {
      const Tensor a = ops::fft_irfft(ops::fft_rfft(x));
      const Tensor b = ops::fft_fft(y);
    };
    call();
    call();
    const std::int64_t before = allocations;
    call();
    CHECK(allocations == before);
  }
}

TEST_CASE("an absurd length is refused") {
  const Tensor x = values(1, 4, DType::float32);
  for (const std::int64_t n : {std::int64_t{0}, std::int64_t{-1}, INT64_MIN, INT64_MAX, std::int64_t{1} << 62}) {
    CHECK_THROWS_AS(ops::fft_fft(x, n), ts2cpp::Error);
    CHECK_THROWS_AS(ops::fft_irfft(x, n), ts2cpp::Error);
  }
}
