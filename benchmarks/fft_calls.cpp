// What benchmarks/fft.py times: calls of the operators of torch.fft on memory that it gives.
#include <chrono>
#include <cstdint>
#include <ts2cpp/ops/fft.hpp>
#include <ts2cpp/tensor.hpp>
#include <ts2cpp/thread_pool.hpp>

using ts2cpp::DType;
using ts2cpp::Tensor;
namespace ops = ts2cpp::ops;

namespace {

Tensor transformed(int kind, const Tensor& input, std::int64_t length) {
  return kind == 0 ? ops::fft_fft(input) : kind == 1 ? ops::fft_rfft(input) : ops::fft_irfft(input, length);
}

}  // namespace

extern "C" {

void use_threads(int count) { ts2cpp::set_num_threads(count); }

/// Seconds of the quickest of `rounds` rounds of `calls` calls, a call. `kind` is 0 for fft, 1 for rfft, 2 for irfft.
double seconds(int kind, int single, void* data, std::int64_t rows, std::int64_t length, int rounds, int calls) {
  const DType real = single != 0 ? DType::float32 : DType::float64;
  const std::int64_t columns = kind == 2 ? length / 2 + 1 : length;
  const Tensor input = Tensor::external(data, {rows, columns}, kind == 1 ? real : ts2cpp::to_complex_dtype(real));
  transformed(kind, input, length);
  double best = 1e9;
  for (int round = 0; round < rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    for (int call = 0; call < calls; ++call) {
      transformed(kind, input, length);
    }
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    best = taken.count() / calls < best ? taken.count() / calls : best;
  }
  return best;
}
}
