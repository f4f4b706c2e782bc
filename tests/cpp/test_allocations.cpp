// A warm call takes no memory from the system: small models as generated programs spell them.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <tuple>

#include <ts2cpp/conditions.hpp>
#include <ts2cpp/dict.hpp>
#include <ts2cpp/epilogue.hpp>
#include <ts2cpp/list.hpp>
#include <ts2cpp/ops/attention.hpp>
#include <ts2cpp/ops/cast.hpp>
#include <ts2cpp/ops/convolution.hpp>
#include <ts2cpp/ops/embedding.hpp>
#include <ts2cpp/ops/extremum.hpp>
#include <ts2cpp/ops/factory.hpp>
#include <ts2cpp/ops/indexing.hpp>
#include <ts2cpp/ops/joining.hpp>
#include <ts2cpp/ops/linear.hpp>
#include <ts2cpp/ops/normalization.hpp>
#include <ts2cpp/ops/pooling.hpp>
#include <ts2cpp/ops/recurrent.hpp>
#include <ts2cpp/ops/reduction.hpp>
#include <ts2cpp/ops/softmax.hpp>
#include <ts2cpp/ops/sorting.hpp>
#include <ts2cpp/pointwise.hpp>
#include <ts2cpp/python.hpp>
#include <ts2cpp/thread_pool.hpp>

namespace {

std::atomic<std::int64_t> allocations{0};

void* counted(std::size_t size, std::size_t alignment) noexcept {
  ++allocations;
  return std::aligned_alloc(alignment, (size / alignment + 1) * alignment);
}
void* counted_or_throw(std::size_t size, std::size_t alignment) {
  if (void* const block = counted(size, alignment)) {
    return block;
  }
  throw std::bad_alloc();
}

}  // namespace

// Not inlined, or g++ sees one half of a pair and warns of the other.
[[gnu::noinline]] void* operator new(std::size_t size) { return counted_or_throw(size, 16); }
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted_or_throw(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return counted(size, 16);
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment,
                                     const std::nothrow_t& /*tag*/) noexcept {
  return counted(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t /*size*/) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::align_val_t /*alignment*/) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
  std::free(block);
}

using ts2cpp::Dict;
using ts2cpp::DType;
using ts2cpp::List;
using ts2cpp::Tensor;
namespace ops = ts2cpp::ops;
namespace math = ts2cpp::math;

namespace {

Tensor values(ts2cpp::IntSpan sizes) {
  const Tensor result = Tensor::empty(sizes, DType::float32);
  for (std::int64_t i = 0; i < result.numel(); ++i) {
    result.data_ptr<float>()[i] = static_cast<float>((i * 7919) % 1000) / 500.0F - 1.0F;
  }
  return result;
}

template <class Call>
std::int64_t allocations_of(const Call& call) {
  ts2cpp::set_num_threads(1);
  call();
  call();
  const std::int64_t before = allocations;
  REQUIRE(before > 0);
  call();
  return ts2cpp::detail::kKeepFreedBlocks ? allocations - before : 0;
}

}  // namespace

TEST_CASE("a classifier") {
  const Tensor x = values({1, 96});
  const Tensor w = values({64, 96});
  const Tensor b = values({64});
  CHECK(allocations_of([&] {
          const Tensor hidden = ops::linear(x, w, b, ops::relu_epilogue);
          const Tensor normal = ops::layer_norm(hidden, {64}, b, b);
          const Tensor out = ops::log_softmax(ops::softmax(normal, -1), -1);
          static_cast<void>(ops::argmax(out, 1));
        }) == 0);
}

TEST_CASE("a recurrent cell with an early exit") {
  const Tensor xs = values({5, 1, 48});
  const Tensor w = values({96, 48});
  const Tensor u = values({96, 32});
  const Tensor b = values({96});
  CHECK(allocations_of([&] {
          Tensor h = ops::zeros({xs.size(1), 32});
          double total = 0.0;
          for (std::int64_t t = 0; t < xs.size(0); ++t) {
            const Tensor x = ops::select(xs, 0, t);
            const auto [xr, xz, xn] = ts2cpp::unpack<3>(ops::chunk(ops::linear(x, w, b), 3, 1));
            const auto [hr, hz, hn] = ts2cpp::unpack<3>(ops::chunk(ops::linear(h, u, b), 3, 1));
            h = ts2cpp::pointwise(
                [](auto xr_i, auto hr_i, auto xn_i, auto hn_i, auto h_i) {
                  const auto r = math::sigmoid(xr_i + hr_i);
                  const auto n = math::tanh(xn_i + r * hn_i);
                  return math::where(math::gt(n, 0), n * h_i, math::mul(n, 0.5));
                },
                xr, hr, xn, hn, h);
            h = ops::mul(ops::add(h, xz), 0.5);
            total += ops::to_float(ops::mean(h));
            if (total > 1e9) {
              break;
            }
          }
        }) == 0);
}

TEST_CASE("a beam search with lists and dicts") {
  const Tensor table = values({50, 16});
  const Tensor w = values({50, 32});
  CHECK(allocations_of([&] {
          const Dict<std::string, Tensor> state{{"h", ops::zeros({1, 16})}};
          const Dict<std::int64_t, double> finished{};
          List<List<std::int64_t>> sequences{List<std::int64_t>{1}};
          for (std::int64_t step = 0; step < 6; ++step) {
            const List<std::int64_t> last{};
            for (const auto& sequence : sequences) {
              last.append(sequence.at(-1));
            }
            const Tensor x = ops::cat({ops::embedding(table, ops::tensor(last)), state.at("h")}, 1);
            const auto [top, index] = ops::topk(ops::log_softmax(ops::linear(x, w), 1), 4, 1);
            const List<std::tuple<double, std::int64_t, std::int64_t>> candidates{};
            for (std::int64_t b = 0; b < sequences.size(); ++b) {
              for (std::int64_t k = 0; k < 4; ++k) {
                const Tensor token = ops::select(ops::select(index, 0, b), 0, k);
                candidates.append({-ops::item(top, {b, k}).to_double(), b, ts2cpp::to_int(ops::item(token))});
              }
            }
            candidates.sort(false);
            const List<List<std::int64_t>> longer{};
            const List<std::int64_t> parents{};
            for (std::int64_t i = 0; i < 3; ++i) {
              const auto [score, b, token] = candidates.at(i);
              longer.append(sequences.at(b) + List<std::int64_t>{token});
              parents.append(b);
              finished.set(finished.size(), score);
            }
            state.set("h", ops::index_select(state.at("h"), 0, ops::tensor(parents)));
            sequences = longer;
          }
        }) == 0);
}

TEST_CASE("a convolutional net") {
  const Tensor x = values({1, 3, 20, 20});
  const Tensor first = values({16, 3, 3, 3});
  const Tensor depthwise = values({16, 1, 3, 3});
  const Tensor pointwise = values({32, 16, 1, 1});
  const Tensor b = values({16});
  const Tensor w = values({10, 32});
  CHECK(allocations_of([&] {
          const Tensor y = ops::conv2d(x, first, b, {2, 2}, {1, 1}, {1, 1}, 1, ops::relu_epilogue);
          const Tensor z = ops::conv2d(y, depthwise, b, {1, 1}, {1, 1}, {1, 1}, 16, ops::relu_epilogue);
          const Tensor sum = ops::add(ops::max_pool2d(ops::add(z, y), {2, 2}), 1);
          const Tensor features = ops::conv2d(sum, pointwise);
          static_cast<void>(ops::linear(ops::mean(features, {2, 3}), w));
        }) == 0);
}

TEST_CASE("an LSTM layer") {
  const Tensor x = values({6, 1, 24});
  const Tensor state = values({1, 1, 32});
  const Tensor w = values({128, 24});
  const Tensor u = values({128, 32});
  const Tensor b = values({128});
  CHECK(allocations_of([&] {
          const auto [out, h, c] = ops::lstm(x, {state, state}, {w, u, b, b}, true, 1, 0.0, false, false, false);
          static_cast<void>(ops::sigmoid(ops::select(out, 0, -1)));
        }) == 0);
}

TEST_CASE("a block of a transformer") {
  const Tensor x = values({1, 12, 64});
  const Tensor qkv = values({192, 64});
  const Tensor up = values({128, 64});
  const Tensor down = values({64, 128});
  const Tensor b = values({64});
  CHECK(allocations_of([&] {
          const Tensor normal = ops::layer_norm(x, {64}, b, b);
          const auto parts = ops::chunk(ops::linear(normal, qkv), 3, -1);
          const auto heads = [](const Tensor& part) { return ops::transpose(ops::view(part, {1, 12, 4, 16}), 1, 2); };
          const Tensor mixed = ops::scaled_dot_product_attention(heads(parts.at(0)), heads(parts.at(1)),
                                                                 heads(parts.at(2)), std::nullopt, 0.0, true);
          const Tensor y = ops::add(x, ops::reshape(ops::transpose(mixed, 1, 2), {1, 12, 64}));
          static_cast<void>(ops::add(y, ops::linear(ops::linear(y, up, std::nullopt, ops::gelu_epilogue), down)));
        }) == 0);
}
