// Weights: a .safetensors file, checked against the table of weights that the program was generated with.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ts2cpp/compiled.hpp>
#include <ts2cpp/dtype.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/span.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::io {

/// Sizes of a weight, usable in constant expressions: `{64, 3, 7, 7}`.
class WeightShape {
 public:
  constexpr WeightShape(std::initializer_list<std::int64_t> sizes) {
    for (const std::int64_t size : sizes) {
      sizes_[rank_++] = size;  // more than kMaxRank of them do not compile in a constant
    }
  }
  IntSpan span() const noexcept { return {sizes_.data(), static_cast<std::int64_t>(rank_)}; }

 private:
  static constexpr std::size_t kMaxRank = 16;
  std::array<std::int64_t, kMaxRank> sizes_{};
  std::size_t rank_ = 0;
};

/// One weight that the program expects: its name, element type, shape and place after the file's header.
struct WeightSpec {
  std::string_view name;
  DType dtype;
  WeightShape shape;
  std::uint64_t offset;
};

namespace detail {

// The reader (io/safetensors.hpp): a file, bytes that are copied, one of the tensors that they gave.
template <class Lazy = void>
std::vector<Tensor> open_weights(const std::string& path, Span<const WeightSpec> table);
template <class Lazy = void>
std::vector<Tensor> copy_weights(const void* data, std::size_t size, Span<const WeightSpec> table);
template <class Lazy = void>
Tensor find_weight(const std::vector<Tensor>& tensors, Span<const WeightSpec> table, std::string_view name);

#define TS2CPP_WEIGHT_FILE_PARTS(TEMPLATE)                                                           \
  TEMPLATE std::vector<Tensor> open_weights<void>(const std::string&, Span<const WeightSpec>);       \
  TEMPLATE std::vector<Tensor> copy_weights<void>(const void*, std::size_t, Span<const WeightSpec>); \
  TEMPLATE Tensor find_weight<void>(const std::vector<Tensor>&, Span<const WeightSpec>, std::string_view);
TS2CPP_COMPILED(TS2CPP_WEIGHT_FILE_PARTS)

}  // namespace detail

/// The weights of a program, in the order of its table.
class Weights {
 public:
  /// Maps the file and compares it with the table; ValueError naming the first differences.
  static Weights load(const std::string& path, Span<const WeightSpec> table) {
    return Weights(detail::open_weights(path, table), table);
  }
  /// The same for an image in memory (weights compiled into the program), which is copied.
  static Weights from_memory(const void* data, std::size_t size, Span<const WeightSpec> table) {
    return Weights(detail::copy_weights(data, size, table), table);
  }

  /// The weight at a position of the table; each call gives a new tensor over the same elements. They are constant
  /// until somebody asks for their address to write them.
  Tensor at(std::int64_t index) const {
    if (index < 0 || index >= table_.size()) {
      raise("IndexError", {"no weight number ", index});
    }
    const Tensor& weight = tensors_[static_cast<std::size_t>(index)];
    return weight.with_layout(weight.sizes(), weight.strides(), 0);
  }
  /// The weight of that name; KeyError when the table has none.
  Tensor get(std::string_view name) const { return detail::find_weight(tensors_, table_, name); }
  std::int64_t size() const noexcept { return table_.size(); }

 private:
  Weights(std::vector<Tensor> tensors, Span<const WeightSpec> table) : tensors_(std::move(tensors)), table_(table) {}

  std::vector<Tensor> tensors_;
  Span<const WeightSpec> table_;
};

}  // namespace ts2cpp::io

#if !defined(TS2CPP_COMPILED_PARTS)
#include <ts2cpp/io/safetensors.hpp>
#endif
