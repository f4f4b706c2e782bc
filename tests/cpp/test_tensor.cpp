// Tensors, dtypes, scalars, errors: the ground that every operator stands on.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <ts2cpp/convert.hpp>
#include <ts2cpp/ops/arithmetic.hpp>
#include <ts2cpp/ops/cast.hpp>
#include <ts2cpp/ops/factory.hpp>
#include <ts2cpp/ops/resizing.hpp>
#include <ts2cpp/promotion.hpp>
#include <ts2cpp/result.hpp>
#include <ts2cpp/tensor.hpp>

#include "raised.hpp"

using namespace ts2cpp;
using raised::error_of;

TEST_CASE("half and bfloat16 survive a round trip through float for every bit pattern") {
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const auto pattern = static_cast<std::uint16_t>(bits);
    const float as_half = detail::half_bits_to_float(pattern);
    const float as_bfloat16 = detail::bfloat16_bits_to_float(pattern);
    if (!std::isnan(as_half)) {
      REQUIRE(detail::float_to_half_bits(as_half) == pattern);
    } else {
      REQUIRE(std::isnan(detail::half_bits_to_float(detail::float_to_half_bits(as_half))));
    }
    if (!std::isnan(as_bfloat16)) {
      REQUIRE(detail::float_to_bfloat16_bits(as_bfloat16) == pattern);
    }
  }
}

TEST_CASE("float to half rounds to nearest even and overflows to infinity") {
  CHECK(detail::float_to_half_bits(65504.0f) == 0x7bff);
  CHECK(detail::float_to_half_bits(65519.0f) == 0x7bff);
  CHECK(detail::float_to_half_bits(65520.0f) == 0x7c00);
  CHECK(detail::float_to_half_bits(1.0f + 0.00048828125f) == 0x3c00);  // halfway: to even
  CHECK(detail::float_to_half_bits(1.0f + 0.00146484375f) == 0x3c02);  // halfway: to even
  CHECK(detail::float_to_half_bits(5.9604644775390625e-8f) == 1);
  CHECK(detail::float_to_half_bits(2.98e-8f) == 0);
}

TEST_CASE("float to integer conversions are defined for every value") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(detail::convert_element<std::int32_t>(nan) == std::numeric_limits<std::int32_t>::min());
  CHECK(detail::convert_element<std::int64_t>(inf) == std::numeric_limits<std::int64_t>::min());
  CHECK(detail::convert_element<std::uint8_t>(300.0) == 44);
  CHECK(detail::convert_element<std::uint8_t>(-1.0) == 255);
  CHECK(detail::convert_element<std::int32_t>(-2147483648.9) == std::numeric_limits<std::int32_t>::min());
  CHECK(detail::convert_element<std::int64_t>(9.2233720368547748e18) == 9223372036854774784);
  CHECK(Scalar(nan).to_int() == std::numeric_limits<std::int64_t>::min());
}

TEST_CASE("copies of a Tensor are the same object, views are not") {
  const Tensor a = Tensor::from_data<float>({1, 2, 3, 4}, {2, 2});
  const Tensor b = a;
  CHECK(b.is(a));
  const Tensor view = ops::transpose(a, 0, 1);
  CHECK_FALSE(view.is(a));
  CHECK(view.shares_storage(a));
  b.data<float>()[1] = 9;
  CHECK(view.data<float>()[1] == 9);
  ops::unsqueeze_(b, 0);
  CHECK(a.dim() == 3);
}

TEST_CASE("storage is aligned and external memory keeps its owner alive") {
  CHECK(reinterpret_cast<std::uintptr_t>(Tensor::empty({3}, DType::uint8).raw_data()) % 64 == 0);
  auto owner = std::make_shared<std::vector<float>>(4, 2.0f);
  const std::weak_ptr<std::vector<float>> watch = owner;
  float* const data = owner->data();
  Tensor tensor = Tensor::external(data, {2, 2}, DType::float32, owner);
  owner.reset();
  CHECK_FALSE(watch.expired());
  CHECK(ops::select(tensor, 0, 1).data<float>()[0] == 2.0f);
  tensor = Tensor();
  CHECK(watch.expired());
}

TEST_CASE("promotion: dimensions before 0-d tensors before numbers") {
  const Tensor f = ops::zeros({2});
  const Tensor d0 = ops::scalar_tensor(1.0, DType::float64);
  const Tensor i = ops::zeros({2}, DType::int32);
  CHECK(result_type(f, d0) == DType::float32);
  CHECK(result_type(i, d0) == DType::float64);
  CHECK(result_type(i, Scalar(2.5)) == DType::float32);
  CHECK(result_type(i, Scalar(std::int64_t{1} << 40)) == DType::int32);
  CHECK(promote_types(DType::uint8, DType::int8) == DType::int16);
  CHECK(promote_types(DType::float16, DType::bfloat16) == DType::float32);
  CHECK(promote_types(DType::float64, DType::complex64) == DType::complex128);
}

TEST_CASE("errors carry the Python name, the wording and the frames they pass") {
  const auto inner = [] {
    Frame at("net.py", "Block.forward");
    at(7);
    raise("ValueError", "bad");
  };
  try {
    Frame at("net.py", "Net.forward");
    at(21);
    inner();
    FAIL("unreachable");
  } catch (const Error& error) {
    CHECK(error.kind() == "ValueError");
    REQUIRE(error.frames().size() == 2);
    CHECK(error.frames()[0].function == "Block.forward");
    CHECK(error.frames()[0].line == 7);
    CHECK(error.frames()[1].line == 21);
  }
}

TEST_CASE("attempt gives a value or what was raised") {
  const auto raises = [] {
    Frame at("net.py", "Net.forward");
    at(21);
    raise("ValueError", "bad");
  };
  const Result<std::monostate> raised = attempt(raises);
  CHECK_FALSE(raised);
  const auto runs_out = [] {
    Frame at("other.py", "Net.forward");
    throw std::bad_alloc();
  };
  CHECK(attempt(runs_out).error().kind() == "MemoryError");
  CHECK(attempt([] { throw 1; }).error().message() == "an unknown exception");
  CHECK(raised.error().kind() == "ValueError");
  REQUIRE(raised.error().frames().size() == 1);  // what other exceptions passed is not among them
  CHECK(raised.error().frames()[0].line == 21);

  auto given = attempt([] { return std::make_unique<int>(5); });
  CHECK(**given == 5);
  const std::unique_ptr<int> taken = std::move(given).value();
  CHECK(*taken == 5);
  CHECK(attempt([] {}).has_value());
  CHECK(error_of([&] { static_cast<void>(raised.value()); }).find("RuntimeError") == 0);
  CHECK(error_of([&] { static_cast<void>(given.error()); }).find("RuntimeError") == 0);
}

TEST_CASE("size, item and data check what they are asked") {
  const Tensor a = ops::zeros({2, 3});
  CHECK(a.size(-1) == 3);
  CHECK(error_of([&] { static_cast<void>(a.size(2)); }) ==
        "IndexError: Dimension out of range (expected to be in range of [-2, 1], but got 2)");
  CHECK(error_of([&] { static_cast<void>(a.item()); }) ==
        "RuntimeError: a Tensor with 6 elements cannot be converted to Scalar");
  CHECK(error_of([&] { static_cast<void>(a.data<double>()); }) ==
        "RuntimeError: expected scalar type Double but found Float");
  CHECK(error_of([] { Tensor::empty({1 << 30, 1 << 30, 1 << 30}, DType::float32); }) ==
        "RuntimeError: Storage size calculation overflowed with sizes=[1073741824, 1073741824, 1073741824]");
}

TEST_CASE("conversions between all dtypes agree with conversion through double") {
  const DType all[] = {DType::uint8,     DType::int8,       DType::int16,   DType::int32,
                       DType::int64,     DType::float16,    DType::float32, DType::float64,
                       DType::complex64, DType::complex128, DType::bool_,   DType::bfloat16};
  for (const DType from : all) {
    for (const DType to : all) {
      const Tensor source = ops::to(ops::arange(0, 100), from);
      const Tensor strided = ops::slice(source, 0, 1, 99, 3);
      const Tensor result = ops::to(strided, to);
      REQUIRE(result.dtype() == to);
      for (std::int64_t i = 0; i < result.numel(); ++i) {
        const double value = ops::select(strided, 0, i).item().to_double();
        const double expected = to == DType::bool_ ? (value != 0 ? 1.0 : 0.0) : value;
        REQUIRE(ops::select(result, 0, i).item().to_complex().real() == expected);
      }
    }
  }
}

namespace {

/// [2, 3, 1, 2] in blocks of 2 channels; an element is 100 n + 10 c + x.
Tensor blocked_example() {
  detail::ChannelBlocks blocks;
  blocks.batch = 2;
  blocks.channels = 3;
  blocks.height = 1;
  blocks.width = 2;
  blocks.block = 2;
  blocks.write_plain = [](const detail::ChannelBlocks& b, float* plain) {
    for (std::int64_t i = 0; i < b.batch * b.channels * b.pixels(); ++i) {
      const std::int64_t image = i / (b.channels * b.pixels());
      const std::int64_t channel = i / b.pixels() % b.channels;
      plain[i] = b.elements[image * b.image_stride() + channel / b.block * b.block_stride() + i % b.pixels() * b.block +
                            channel % b.block];
    }
  };
  const Tensor tensor = Tensor::over(detail::Storage::blocked(blocks), {2, 3, 1, 2}, DType::float32);
  const detail::ChannelBlocks& made = *tensor.storage().blocks();
  for (std::int64_t n = 0; n < 2; ++n) {
    for (std::int64_t c = 0; c < 4; ++c) {
      for (std::int64_t x = 0; x < 2; ++x) {
        made.elements[n * 8 + c / 2 * 4 + x * 2 + c % 2] = c < 3 ? static_cast<float>(100 * n + 10 * c + x) : 0.0f;
      }
    }
  }
  return tensor;
}

}  // namespace

TEST_CASE("elements in blocks of channels become plain when somebody asks for their address") {
  const std::int64_t before = debug::layout_copies();
  const Tensor tensor = blocked_example();
  const Tensor view = tensor.with_layout({3}, {2}, 6);
  CHECK(tensor.is_contiguous());
  CHECK(tensor.storage_numel() == 12);
  CHECK(debug::layout_copies() == before);
  view.data_ptr<float>()[2] = 7.0f;
  CHECK(debug::layout_copies() == before + 1);
  CHECK(tensor.storage().blocks() == nullptr);
  const float expected[] = {0, 1, 10, 11, 20, 21, 100, 101, 7, 111, 120, 121};
  for (std::int64_t i = 0; i < 12; ++i) {
    CHECK(tensor.data_ptr<float>()[i] == expected[i]);
  }
  CHECK(debug::layout_copies() == before + 1);
  CHECK(ops::add(blocked_example(), 1).data_ptr<float>()[11] == 122.0f);
  const Tensor changed = blocked_example();
  ops::add_(changed, 1);
  CHECK(changed.data_ptr<float>()[11] == 122.0f);
  CHECK(ops::clone(blocked_example()).data_ptr<float>()[5] == 21.0f);
}

TEST_CASE("threads that ask for the elements of one tensor in blocks get the same address") {
  for (int round = 0; round < 20; ++round) {
    const Tensor tensor = blocked_example();
    std::vector<void*> addresses(4);
    std::vector<std::thread> threads;
    for (void*& address : addresses) {
      threads.emplace_back([&tensor, &address] { address = tensor.raw_data(); });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    for (void* const address : addresses) {
      CHECK(address == tensor.raw_data());
    }
    CHECK(tensor.data_ptr<float>()[7] == 101.0f);
  }
}

TEST_CASE("constant elements have packed forms until somebody may write them") {
  static const char kNegated = 0;
  const Tensor weight = Tensor::from_data<float>({1, 2, 3}, {3});
  int fills = 0;
  const auto negated = [&](const Tensor& tensor) {
    return detail::packed<float>(tensor, {&kNegated, {tensor.storage_offset()}}, tensor.numel(), [&](float* to) {
      ++fills;
      for (std::int64_t i = 0; i < tensor.numel(); ++i)
        to[i] = -static_cast<const float*>(tensor.read_data())[i];
    });
  };
  CHECK(negated(weight) == nullptr);
  weight.storage().mark_constant();
  const float* const form = negated(weight);
  REQUIRE(form != nullptr);
  CHECK(form[2] == -3.0f);
  CHECK(negated(weight) == form);
  CHECK(fills == 1);
  CHECK(negated(weight.with_layout({2}, {1}, 1))[0] == -2.0f);
  CHECK(ops::add(weight, 1).data_ptr<float>()[0] == 2.0f);  // reads
  CHECK(negated(weight) == form);
  weight.data_ptr<float>()[0] = 5.0f;
  CHECK(negated(weight) == nullptr);
  CHECK(ops::add(weight, 1).data_ptr<float>()[0] == 6.0f);
  CHECK(fills == 2);
}

TEST_CASE("a tensor without a value raises, whatever is asked of it") {
  const Tensor undefined;
  Tensor moved = ops::ones({2});
  const Tensor kept = std::move(moved);
  const Tensor one = ops::ones({1});
  const std::string expected = "RuntimeError: a tensor is used before it has a value";
  const auto raises = [&](auto&& work) { return error_of(work).rfind(expected, 0) == 0; };
  CHECK(raises([&] { static_cast<void>(undefined.sizes()); }));
  CHECK(raises([&] { static_cast<void>(moved.dtype()); }));  // NOLINT(bugprone-use-after-move): that is the question
  CHECK(raises([&] { static_cast<void>(undefined.data<float>()); }));
  CHECK(raises([&] { static_cast<void>(undefined.item()); }));
  CHECK(raises([&] { static_cast<void>(ops::add(undefined, one)); }));
  CHECK(raises([&] { static_cast<void>(ops::add(one, undefined)); }));
  CHECK(raises([&] { static_cast<void>(undefined + 1); }));
  CHECK(raises([&] { undefined.assign_layout(one); }));
  CHECK_FALSE(undefined.defined());
}
