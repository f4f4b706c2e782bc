// Sequences of different lengths in one tensor: padded, and packed step by step.
//
// Packed data holds, one step after another, the elements of all sequences that are still running; sequences are sorted
// by falling length, so those of a step are always the first ones.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <ts2cpp/kernels/operand.hpp>
#include <ts2cpp/ops/cast.hpp>
#include <ts2cpp/ops/view_windows.hpp>

namespace ts2cpp {
namespace detail {

inline void check_lengths(const Tensor& lengths) {
  if (lengths.dtype() != DType::int64 || lengths.dim() != 1) {
    raise("RuntimeError", {"'lengths' argument should be a 1D CPU int64 tensor, but got ", lengths.dim(), "D cpu ",
                           dtype_label(lengths.dtype()), " tensor"});
  }
}

/// A contiguous tensor whose elements are all `value`.
inline Tensor padding_of(IntSpan sizes, const Scalar& value, DType dtype) {
  check_fits(value, dtype);
  const Tensor out = Tensor::empty(sizes, dtype);
  alignas(16) char element[16] = {};
  store_scalar(value, dtype, element);
  const auto bytes = static_cast<std::size_t>(out.itemsize());
  char* to = static_cast<char*>(out.raw_data());
  for (std::int64_t i = 0; i < out.numel(); ++i, to += bytes) {
    std::memcpy(to, element, bytes);
  }
  return out;
}

}  // namespace detail

namespace ops {

/// The steps of input[T, B, ...] (or [B, T, ...]) without padding, and how many sequences reach each of them; `lengths`
/// must not increase.
inline std::tuple<Tensor, Tensor> _pack_padded_sequence(const Tensor& input, const Tensor& lengths, bool batch_first) {
  const Tensor swapped = batch_first ? transpose(input, 0, 1) : input;
  detail::check_lengths(lengths);
  if (input.numel() == 0) {
    raise("RuntimeError", "Cannot pack empty tensors.");
  }
  const std::int64_t batch = swapped.size(1);
  if (lengths.numel() != batch) {
    raise("RuntimeError", {"Expected `len(lengths)` to be equal to batch_size, but got ", lengths.numel(),
                           " (batch_size=", batch, ")"});
  }
  const Tensor counted = kernels::dense(lengths);
  const std::int64_t* const length = counted.data_ptr<std::int64_t>();
  if (length[batch - 1] <= 0) {
    raise("RuntimeError",
          "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0");
  }
  for (std::int64_t b = 1; b < batch; ++b) {
    if (length[b] > length[b - 1]) {
      raise("RuntimeError",
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
            "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you "
            "do not need ONNX exportability.");
    }
  }
  if (length[0] > INT64_MAX / 8) {
    raise("RuntimeError", {"Storage size calculation overflowed with sizes=[", length[0], "]"});
  }
  const Tensor running = Tensor::empty({length[0]}, DType::int64);
  std::int64_t start = 0;
  for (std::int64_t count = batch; count > 0; --count) {
    std::fill(running.data_ptr<std::int64_t>() + start, running.data_ptr<std::int64_t>() + length[count - 1], count);
    start = length[count - 1];
  }
  const Tensor dense = kernels::dense(swapped);
  const std::int64_t steps = std::min(length[0], dense.sizes()[0]);
  std::int64_t total = 0;
  for (std::int64_t t = 0; t < steps; ++t) {
    total += running.data_ptr<std::int64_t>()[t];
  }
  DimVector sizes(dense.sizes());
  sizes.erase(0);
  sizes[0] = total;
  const Tensor data = Tensor::empty(sizes, dense.dtype());
  const std::int64_t row = dense.numel() / (dense.sizes()[0] * batch) * dense.itemsize();
  const char* from = static_cast<const char*>(dense.raw_data());
  char* to = static_cast<char*>(data.raw_data());
  for (std::int64_t t = 0; t < steps; ++t, from += batch * row) {
    const std::int64_t bytes = running.data_ptr<std::int64_t>()[t] * row;
    std::memcpy(to, from, static_cast<std::size_t>(bytes));
    to += bytes;
  }
  return {data, running};
}

/// Packed data as [T, B, ...] (or [B, T, ...]) filled up with `padding_value`, and the lengths of the sequences. T is
/// the longest length, or `total_length` if that is positive.
inline std::tuple<Tensor, Tensor> _pad_packed_sequence(const Tensor& data, const Tensor& batch_sizes, bool batch_first,
                                                       const Scalar& padding_value, std::int64_t total_length) {
  detail::check_lengths(batch_sizes);
  if (batch_sizes.numel() == 0) {
    raise("RuntimeError", "batch_sizes can not be empty");
  }
  const std::int64_t rows = data.size(0);
  const Tensor counts = kernels::dense(batch_sizes);
  const std::int64_t* const count = counts.data_ptr<std::int64_t>();
  const std::int64_t longest = counts.numel();
  if (total_length > 0 && total_length < longest) {
    raise("RuntimeError",
          {"Expected total_length to be at least the length of the longest sequence in input, but got total_length=",
           total_length, " and max sequence length being ", longest});
  }
  DimVector sizes(data.sizes());
  sizes[0] = count[0];
  sizes.insert(0, std::max(total_length, longest));
  std::int64_t bytes = data.itemsize();
  for (const std::int64_t size : sizes) {
    if (size >= 0 && __builtin_mul_overflow(bytes, size, &bytes)) {
      raise("RuntimeError", {"Storage size calculation overflowed with sizes=", sizes});
    }
  }
  const Tensor out = detail::padding_of(sizes, padding_value, data.dtype());
  std::int64_t left = rows;
  for (std::int64_t t = 0; t < longest; ++t) {
    if (count[t] < 0 || (t > 0 && count[t] > count[t - 1]) || count[t] > left) {
      raise("RuntimeError", "batch_sizes must not increase, and count no more rows than the data has");
    }
    left -= count[t];
  }
  const Tensor lengths = Tensor::empty({count[0]}, DType::int64);
  const Tensor dense = kernels::dense(data);
  const std::int64_t row = rows == 0 ? 0 : dense.numel() / rows * dense.itemsize();
  const char* from = static_cast<const char*>(dense.raw_data());
  char* to = static_cast<char*>(out.raw_data());
  for (std::int64_t t = 0; t < longest; ++t, to += count[0] * row) {
    std::memcpy(to, from, static_cast<std::size_t>(count[t] * row));
    from += count[t] * row;
    std::fill(lengths.data_ptr<std::int64_t>(), lengths.data_ptr<std::int64_t>() + count[t], t + 1);
  }
  return {batch_first ? transpose(out, 0, 1) : out, lengths};
}

/// Sequences [L, ...] stacked as [T, B, ...] (or [B, T, ...]), filled up with `padding_value` on the right or left.
inline Tensor pad_sequence(TensorSpan sequences, bool batch_first = false, double padding_value = 0.0,
                           std::string_view padding_side = "right") {
  if (sequences.empty()) {
    raise("RuntimeError", "received an empty list of sequences");
  }
  if (padding_side != "right" && padding_side != "left") {
    raise("RuntimeError", {"Expected padding_side to be one of left or right, but got ", padding_side, "."});
  }
  std::int64_t longest = 0;
  for (const Tensor& sequence : sequences) {
    longest = std::max(longest, sequence.size(0));
  }
  DimVector sizes(sequences[0].sizes());
  sizes[0] = batch_first ? longest : sequences.size();
  sizes.insert(0, batch_first ? sequences.size() : longest);
  const Tensor out = detail::padding_of(sizes, Scalar(padding_value), sequences[0].dtype());
  for (std::int64_t i = 0; i < sequences.size(); ++i) {
    const std::int64_t length = sequences[i].size(0);
    const Tensor row = select(out, batch_first ? 0 : 1, i);
    copy_(narrow(row, 0, padding_side == "right" ? 0 : longest - length, length), sequences[i]);
  }
  return out;
}

}  // namespace ops
}  // namespace ts2cpp
