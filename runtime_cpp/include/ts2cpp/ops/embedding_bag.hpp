// Sums, means and maxima of the rows of a table that the indices of a bag name.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <tuple>

#include <ts2cpp/kernels/operand.hpp>

namespace ts2cpp {
namespace detail {

enum class BagMode : std::uint8_t { sum, mean, max };

struct BagOptions {
  BagMode mode;
  bool include_last_offset;
  std::int64_t padding;
  bool forward_only;  // the variant for weights without a gradient; it tells in the sizes of what nobody reads
};

[[noreturn]] TS2CPP_COLD inline void raise_expected(const char* condition) {
  raise("RuntimeError", {"Expected ", condition,
                         " to be true, but got false.  (Could this error message be improved?  If so, please "
                         "report an enhancement request to PyTorch.)"});
}

inline std::string tensor_type_text(DType dtype) {
  return is_complex(dtype) ? std::string("CPU") + dtype_label(dtype) + "Type"
                           : std::string("torch.") + dtype_label(dtype) + "Tensor";
}

inline void check_bag_kinds(const Tensor& weight, const Tensor& indices, const Tensor& offsets) {
  if (indices.dim() != 1 && indices.dim() != 2) {
    raise("RuntimeError", {"input has to be a 1D or 2D Tensor, but got Tensor of dimension ", indices.dim()});
  }
  if (offsets.dim() != 1) {
    raise("RuntimeError", {"offsets has to be a 1D Tensor, but got Tensor of dimension ", offsets.dim()});
  }
  if (weight.dim() != 2) {
    raise("RuntimeError", {"weight has to be a 2D Tensor, but got Tensor of dimension ", weight.dim()});
  }
  const DType common = promote_types(indices.dtype(), offsets.dtype());
  if (common != DType::int64 && common != DType::int32) {
    raise("RuntimeError",
          {"Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got ",
           tensor_type_text(common), " instead (while checking arguments for embedding_bag)"});
  }
  if (!is_floating_point(weight.dtype())) {
    raise("RuntimeError",
          {"Expected tensor for argument #1 'weight' to have one of the following scalar types: Half, BFloat16, Float, "
           "Double; but got ",
           tensor_type_text(weight.dtype()), " instead (while checking arguments for embedding_bag)"});
  }
}

/// `offsets` are int64.
inline void check_bag_arguments(const Tensor& weight, const Tensor& indices, const Tensor& offsets,
                                const std::optional<Tensor>& per_sample_weights, const BagOptions& options) {
  if (offsets.numel() != 0) {
    const std::int64_t first = offsets.data_ptr<std::int64_t>()[0];
    const std::int64_t last = offsets.data_ptr<std::int64_t>()[offsets.numel() - 1];
    if (first != 0) {
      raise("RuntimeError",
            {"offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. "
             "However, got ",
             first});
    }
    if (last > indices.sizes()[0]) {
      raise("RuntimeError", {"offsets[-1] can not be greater than input's length ", indices.sizes()[0],
                             " but got offsets[-1] of ", last});
    }
  }
  if (per_sample_weights) {
    if (options.mode != BagMode::sum) {
      raise("RuntimeError", "embedding_bag: per_sample_weights only supported with mode='sum'");
    }
    if (per_sample_weights->dtype() != weight.dtype()) {
      raise("RuntimeError",
            {"Expected tensor for argument #1 'weight' to have the same type as tensor for argument #1 "
             "'per_sample_weights'; but type ",
             tensor_type_text(weight.dtype()), " does not equal ", tensor_type_text(per_sample_weights->dtype()),
             " (while checking arguments for embedding_bag)"});
    }
    if (per_sample_weights->dim() != 1) {
      raise_expected("per_sample_weights.value().dim() == 1");
    }
    if (per_sample_weights->numel() != indices.numel()) {
      raise_expected("per_sample_weights.value().numel() == indices.numel()");
    }
  }
  if (options.include_last_offset && offsets.numel() == 0) {
    raise("RuntimeError", "include_last_offset: number of offset should be at least 1");
  }
}

/// The bag of every position below `total`: how many of the first `count` offsets do not lie behind it, less one.
inline Tensor bag_places(const std::int64_t* offsets, std::int64_t count, std::int64_t total) {
  const Tensor places = Tensor::empty({total}, DType::int64);
  std::int64_t* const place = places.data_ptr<std::int64_t>();
  std::fill(place, place + total, std::int64_t{0});
  for (std::int64_t i = 0; i < count; ++i) {
    if (offsets[i] < total) {
      ++place[offsets[i]];
    }
  }
  std::int64_t bag = -1;
  for (std::int64_t i = 0; i < total; ++i) {
    bag += place[i];
    place[i] = bag;
  }
  return places;
}

inline Tensor zeros_of(IntSpan sizes, DType dtype) {
  const Tensor out = Tensor::empty(sizes, dtype);
  std::memset(out.raw_data(), 0, static_cast<std::size_t>(out.numel() * out.itemsize()));
  return out;
}

inline void check_bag_offsets(const Tensor& starts, std::int64_t count, const Tensor& indices, bool fast) {
  const std::int64_t* const start = starts.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < count; ++i) {
    if (start[i] < 0 || start[i] > indices.sizes()[0]) {
      raise("IndexError", "index out of range in self");
    }
  }
  for (std::int64_t i = 1; fast && i < starts.numel(); ++i) {
    if (start[i] < start[i - 1]) {
      raise_expected("i < index_size");
    }
  }
  if (!fast && indices.numel() != indices.sizes()[0]) {
    raise_expected("select_indices.numel() == add_indices.numel()");
  }
}

/// What the positions [0, end) of the indices add to the bags.
template <class T>
void fill_bags(const Tensor& table, const Tensor& rows, const Tensor& places, std::int64_t end, const Tensor& factors,
               const BagOptions& options, bool fast, const Tensor& bags, const Tensor& highest, const Tensor& counts) {
  const std::int64_t width = table.sizes()[1];
  const std::int64_t* const row = rows.data_ptr<std::int64_t>();
  const std::int64_t* const place = places.data_ptr<std::int64_t>();
  std::int64_t* const count = counts.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < end; ++i) {
    if (row[i] < 0 || row[i] >= table.sizes()[0]) {
      raise("RuntimeError", fast ? "Index " + std::to_string(i) + " of input takes value " + std::to_string(row[i]) +
                                       " which is not in the valid range [0, " + std::to_string(table.sizes()[0]) +
                                       ")"
                                       // What PyTorch says of one among several bags depends on the number of threads.
                                       + (bags.sizes()[0] > 1 ? ": index out of range" : "")
                                 : "embedding_bag: Expected idx >= 0 && idx < num_embeddings but found idx to be " +
                                       std::to_string(row[i]));
    }
  }
  for (std::int64_t i = 0; i < end; ++i) {
    if (row[i] == options.padding) {
      continue;
    }
    const T* const values = table.data_ptr<T>() + row[i] * width;
    T* const out = bags.data_ptr<T>() + place[i] * width;
    const T factor = factors.defined() ? factors.data_ptr<T>()[i] : T(1);
    if (options.mode == BagMode::max) {
      std::int64_t* const best = highest.data_ptr<std::int64_t>() + place[i] * width;
      for (std::int64_t j = 0; j < width; ++j) {
        if (count[place[i]] == 0 || values[j] > out[j]) {
          out[j] = values[j];
          best[j] = row[i];
        }
      }
    } else {
      for (std::int64_t j = 0; j < width; ++j) {
        out[j] += factor * values[j];
      }
    }
    ++count[place[i]];
  }
}

inline std::tuple<Tensor, Tensor, Tensor, Tensor> embedding_bags(const Tensor& weight, const Tensor& indices,
                                                                 const Tensor& offsets,
                                                                 const std::optional<Tensor>& per_sample_weights,
                                                                 const BagOptions& options) {
  const Tensor starts = kernels::dense_as(offsets, DType::int64);
  check_bag_arguments(weight, indices, starts, per_sample_weights, options);
  const DType kind = promote_types(indices.dtype(), offsets.dtype());
  const std::int64_t count = offsets.numel() - (options.include_last_offset ? 1 : 0);
  // PyTorch has a faster way for these, which reports errors in other words and needs no list of places.
  const bool fast = options.mode != BagMode::max && weight.dtype() != DType::float64 && options.padding < 0 &&
                    weight.strides()[1] == 1;
  const std::int64_t* const start = starts.data_ptr<std::int64_t>();
  check_bag_offsets(starts, count, indices, fast);
  const Tensor rows = kernels::dense_as(indices, DType::int64);
  const std::int64_t length = indices.sizes()[0];
  const std::int64_t total = fast && options.include_last_offset ? start[count] : rows.numel();
  const std::int64_t end = count == 0 ? 0 : total;
  const Tensor places = bag_places(start, count, std::max(length, total));
  const DType dtype = compute_dtype(weight.dtype());
  const Tensor bags = zeros_of({count, weight.size(1)}, dtype);
  const Tensor highest = zeros_of({options.mode == BagMode::max ? count : 0, weight.size(1)}, DType::int64);
  const Tensor counts = zeros_of({count}, DType::int64);
  const Tensor sizes = Tensor::empty({count}, DType::int64);
  std::int64_t* const size = sizes.data_ptr<std::int64_t>();
  for (std::int64_t bag = 0; bag < count; ++bag) {
    size[bag] = (bag + 1 < count ? start[bag + 1] : length) - start[bag];
  }
  for (std::int64_t i = 0; i < end; ++i) {
    size[places.data_ptr<std::int64_t>()[i]] -= rows.data_ptr<std::int64_t>()[i] == options.padding ? 1 : 0;
  }
  visit(Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    fill_bags<T>(kernels::dense_as(weight, dtype), rows, places, end,
                 kernels::dense_optional(per_sample_weights, dtype), options, fast, bags, highest, counts);
    T* const out = bags.data_ptr<T>();
    const std::int64_t width = bags.sizes()[1];
    for (std::int64_t i = 0; options.mode == BagMode::mean && i < bags.numel(); ++i) {
      out[i] /= static_cast<T>(std::max<std::int64_t>(size[i / width], 1));
    }
  });
  const Tensor values = kernels::as_dtype(bags, weight.dtype());
  const std::int64_t listed = fast && options.mode == BagMode::sum ? 0 : length;
  const Tensor found = kernels::dense_as(places.with_layout({listed}, {1}, 0), kind);
  if (options.mode == BagMode::sum) {  // sums need none of the other results
    const std::int64_t blank = options.forward_only ? offsets.numel() : count;
    return {values, found, zeros_of({blank}, kind), zeros_of({blank}, kind)};
  }
  return {values, found, kernels::as_dtype(sizes, kind),
          options.mode == BagMode::max ? kernels::as_dtype(highest, kind) : kernels::dense_as(sizes, kind)};
}

inline BagMode bag_mode(std::int64_t mode) {
  if (mode < 0 || mode > 2) {
    raise("RuntimeError", "`mode` must be sum, mean, or max.");
  }
  return static_cast<BagMode>(mode);
}

}  // namespace detail

namespace ops {

/// Bags of rows: the sum (mode 0), mean (1) or maximum (2) of the rows of weight[rows, width] that `indices` name from
/// one offset to the next. Gives the bags [count, width], the bag of every index, the sizes of the bags and, for mode
/// 2, the rows of the maxima [count, width]. Indices equal to `padding_idx` do not count.
inline std::tuple<Tensor, Tensor, Tensor, Tensor> _embedding_bag(
    const Tensor& weight, const Tensor& indices, const Tensor& offsets, bool /*scale_grad_by_freq*/ = false,
    std::int64_t mode = 0, bool /*sparse*/ = false, const std::optional<Tensor>& per_sample_weights = std::nullopt,
    bool include_last_offset = false, std::int64_t padding_idx = -1) {
  detail::check_bag_kinds(weight, indices, offsets);
  return detail::embedding_bags(weight, indices, offsets, per_sample_weights,
                                {detail::bag_mode(mode), include_last_offset, padding_idx, false});
}

inline std::tuple<Tensor, Tensor, Tensor, Tensor> _embedding_bag_forward_only(
    const Tensor& weight, const Tensor& indices, const Tensor& offsets, bool /*scale_grad_by_freq*/ = false,
    std::int64_t mode = 0, bool /*sparse*/ = false, const std::optional<Tensor>& per_sample_weights = std::nullopt,
    bool include_last_offset = false, std::int64_t padding_idx = -1) {
  detail::check_bag_kinds(weight, indices, offsets);
  return detail::embedding_bags(weight, indices, offsets, per_sample_weights,
                                {detail::bag_mode(mode), include_last_offset, padding_idx, true});
}

/// The same; a negative `padding_idx` counts from the last row.
inline std::tuple<Tensor, Tensor, Tensor, Tensor> embedding_bag(
    const Tensor& weight, const Tensor& indices, const Tensor& offsets, bool /*scale_grad_by_freq*/ = false,
    std::int64_t mode = 0, bool /*sparse*/ = false, const std::optional<Tensor>& per_sample_weights = std::nullopt,
    bool include_last_offset = false, std::optional<std::int64_t> padding_idx = std::nullopt) {
  std::int64_t padding = -1;
  if (padding_idx) {
    const std::int64_t rows = weight.size(0);
    if (*padding_idx < -rows || *padding_idx >= rows) {
      raise("RuntimeError", {"padding_idx must be within the number of embeddings, ", -rows, " through ", rows - 1,
                             ", but got ", *padding_idx});
    }
    padding = *padding_idx < 0 ? *padding_idx + rows : *padding_idx;
  }
  return _embedding_bag_forward_only(weight, indices, offsets, false, mode, false, per_sample_weights,
                                     include_last_offset, padding);
}

}  // namespace ops
}  // namespace ts2cpp
