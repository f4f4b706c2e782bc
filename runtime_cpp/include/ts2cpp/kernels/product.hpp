// Matrix products of tensors: the choice of kernel by dtype, and batches.
#pragma once

#include <complex>
#include <cstdint>

#include <ts2cpp/compiled.hpp>
#include <ts2cpp/kernels/gemv.hpp>
#include <ts2cpp/kernels/operand.hpp>

namespace ts2cpp::kernels {

/// A matrix inside a tensor, strides in elements; as a right factor perhaps packed too, in PackedShape::of(…, true).
struct MatrixRef {
  void* data;
  std::int64_t row;
  std::int64_t col;
  const void* packed = nullptr;
};

/// Sizes of a product and what becomes of it.
struct ProductShape {
  std::int64_t m;
  std::int64_t n;
  std::int64_t depth;
};

/// The dtype in which products of `dtype` are computed: integers modulo 2^64, 16-bit floats as float32.
inline DType product_dtype(DType dtype) {
  if (dtype == DType::bool_) {
    ts2cpp::detail::raise_no_kernel("addmm_impl_cpu_", dtype);
  }
  if (is_integral(dtype, false)) {
    return DType::int64;
  }
  return is_complex(dtype) ? DType::complex128 : ts2cpp::detail::compute_dtype(dtype);
}

inline constexpr std::int64_t kPackedAtOnce = 1 << 20;  // elements of a constant factor

/// Packs the elements of `tensor`, in pieces: what is packed of a mapped file is not needed in memory any more.
template <class T>
TS2CPP_COLD void pack_factor(const Tensor& tensor, const PackedShape& shape, const Matrix<T>& plain, T* to) {
  const TileSet<T>& set = tiles<T>();
  const PanelSource<T> source{&plain, plain.col == 1 ? pack_rows<T> : pack_columns<T>};
  const std::int64_t body = shape.body();
  const std::int64_t piece = ceil_div(kPackedAtOnce, shape.depth * set.width()) * set.width();
  pack_tail(source, shape.depth, body, shape.tail, to + shape.panels_size(set.lanes));
  for (std::int64_t first = 0; first < body; first += piece) {
    const std::int64_t last = std::min(body, first + piece);
    pack_body(set, shape, source, first, last, to);
    if (const ts2cpp::detail::ConstantElements* const elements = tensor.storage().constants();
        elements != nullptr && plain.row == 1) {
      elements->forget_mapped(plain.data + last * plain.col);
    }
  }
}

/// The right factor `plain`[depth, n], which is `tensor`, in `shape`. Constant elements are packed when they are first
/// asked for, and read from there by every product from then on; others are not: null.
template <class T>
const T* packed_factor(const Tensor& tensor, const PackedShape& shape, const Matrix<T>& plain) {
  static const char kind = 0;
  if (tensor.storage().constants() == nullptr || shape.columns <= kTailColumns || shape.depth == 0) {
    return nullptr;
  }
  const TileSet<T>& set = tiles<T>();
  const ts2cpp::detail::PackedKey key{
      &kind, {set.lanes, sizeof(T), shape.depth, shape.columns, plain.row, plain.col, tensor.storage_offset()}};
  return ts2cpp::detail::packed<T>(tensor, key, shape.size(set.lanes),
                                   [&](T* to) { pack_factor(tensor, shape, plain, to); });
}

/// `tensor` as a right factor [depth, n] with these strides, packed if it is constant.
template <class Lazy = void>
MatrixRef right_factor(const Tensor& tensor, std::int64_t depth, std::int64_t n, std::int64_t row, std::int64_t col) {
  // Nobody writes a factor.
  MatrixRef factor{const_cast<void*>(tensor.read_data()), row, col};
  if (tensor.storage().constants() != nullptr) {
    ts2cpp::detail::visit(ts2cpp::detail::Floats{}, tensor.dtype(), [&](auto tag) {
      using T = typename decltype(tag)::type;
      if constexpr (!kRare<T>) {
        factor.packed = packed_factor<T>(tensor, PackedShape::of(tiles<T>(), n, depth, true),
                                         {static_cast<const T*>(factor.data), row, col});
      }
    });
  }
  return factor;
}

/// The plain loop, for integers and complex numbers; `T` is what sums are kept in.
template <class T>
void multiply_plain(const ProductShape& shape, const MatrixRef& a, const MatrixRef& b, const MatrixRef& out) {
  const T* const left = static_cast<const T*>(a.data);
  const T* const right = static_cast<const T*>(b.data);
  T* const result = static_cast<T*>(out.data);
  parallel_for(shape.m, task_grain(shape.n * shape.depth), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      for (std::int64_t j = 0; j < shape.n; ++j)
        result[i * out.row + j * out.col] = T{};
      for (std::int64_t k = 0; k < shape.depth; ++k) {
        const T factor = left[i * a.row + k * a.col];
        for (std::int64_t j = 0; j < shape.n; ++j) {
          result[i * out.row + j * out.col] += factor * right[k * b.row + j * b.col];
        }
      }
    }
  });
}

/// out = activation(a b + col_bias + residual) for matrices of one product dtype. Bias, residual and activation are
/// for float32 and float64 only; the residual lies like `out`.
template <class Lazy = void>
void multiply(DType dtype, const ProductShape& shape, const MatrixRef& a, const MatrixRef& b, const MatrixRef& out,
              const void* col_bias = nullptr, const void* residual = nullptr, const Activation& activation = {}) {
  if (dtype == DType::int64) {
    multiply_plain<std::uint64_t>(shape, a, b, out);
  } else if (dtype == DType::complex128) {
    multiply_plain<complex128>(shape, a, b, out);
  } else {
    ts2cpp::detail::visit(ts2cpp::detail::Floats{}, dtype, [&](auto tag) {
      using T = typename decltype(tag)::type;
      Destination<T> to;
      to.data = static_cast<T*>(out.data);
      to.row = out.row;
      to.col = out.col;
      to.col_bias = static_cast<const T*>(col_bias);
      to.residual = static_cast<const T*>(residual);
      to.activation = activation;
      const Matrix<T> left{static_cast<const T*>(a.data), a.row, a.col};
      if constexpr (!kRare<T>) {
        if (b.packed != nullptr && shape.m != 0 && (a.col == 1 || shape.depth == 1)) {
          gemm_packed(shape.m, PackedShape::of(tiles<T>(), shape.n, shape.depth, true), left,
                      static_cast<const T*>(b.packed), to);
          return;
        }
      }
      gemm<T>(shape.m, shape.n, shape.depth, left, {static_cast<const T*>(b.data), b.row, b.col}, to);
    });
  }
}

/// activation(x weight^T + bias) where nothing has to be brought into another form first: floats of one dtype, x and
/// the bias (a vector, or null for none) contiguous, a matrix of weights. Undefined for all else, and where it is
/// wrong.
template <class Lazy = void>
Tensor dense_linear(const Tensor& x, const Tensor& weight, const Tensor* bias, const Activation& activation) {
  const DType dtype = x.dtype();
  const std::int64_t rank = x.dim();
  if ((dtype != DType::float32 && dtype != DType::float64) || weight.dtype() != dtype || rank == 0 ||
      weight.dim() != 2 || !x.is_contiguous()) {
    return {};
  }
  const std::int64_t outputs = weight.sizes()[0];
  const std::int64_t depth = weight.sizes()[1];
  DimVector sizes(x.sizes());
  if (sizes.back() != depth || (bias != nullptr && (bias->dtype() != dtype || bias->dim() != 1 ||
                                                    bias->sizes()[0] != outputs || !bias->is_contiguous()))) {
    return {};
  }
  std::int64_t rows = 1;
  for (std::int64_t d = 0; d + 1 < rank; ++d) {
    rows *= sizes[d];
  }
  sizes[rank - 1] = outputs;
  Tensor out = Tensor::empty(sizes, dtype);
  ts2cpp::detail::visit(ts2cpp::detail::Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const Matrix<T> left{static_cast<const T*>(x.read_data()), depth, 1};
    const Matrix<T> right{static_cast<const T*>(weight.read_data()), weight.strides()[1], weight.strides()[0]};
    Destination<T> to;
    to.data = out.data_ptr<T>();
    to.row = outputs;
    to.col_bias = bias == nullptr ? nullptr : static_cast<const T*>(bias->read_data());
    to.activation = activation;
    if constexpr (!kRare<T>) {
      const PackedShape shape = PackedShape::of(tiles<T>(), outputs, depth, true);
      if (const T* const packed = rows == 0 ? nullptr : packed_factor<T>(weight, shape, right)) {
        gemm_packed(rows, shape, left, packed, to);
        return;
      }
    }
    gemm<T>(rows, outputs, depth, left, right, to);
  });
  return out;
}

/// One matrix of a batch, to be read or of a new result: the last two dimensions of `tensor` at linear batch position
/// `index` of `batch`, over which the leading dimensions of `tensor` are broadcast by `strides`.
inline MatrixRef matrix_at(const Tensor& tensor, IntSpan batch, IntSpan strides, std::int64_t index) {
  std::int64_t offset = 0;
  for (std::int64_t d = batch.size() - 1; d >= 0; --d) {
    offset += index % batch[d] * strides[d];
    index /= batch[d];
  }
  const std::int64_t rank = tensor.dim();
  return {static_cast<char*>(const_cast<void*>(tensor.read_data())) + offset * tensor.itemsize(),
          tensor.strides()[rank - 2], tensor.strides()[rank - 1]};
}

/// Broadcast strides of the leading dimensions of `tensor` over `batch`.
inline DimVector batch_strides(const Tensor& tensor, IntSpan batch) {
  const std::int64_t own = tensor.dim() - 2;
  DimVector strides(batch.size());
  for (std::int64_t d = 0; d < own; ++d) {
    strides[batch.size() - own + d] = tensor.sizes()[d] == 1 ? 0 : tensor.strides()[d];
  }
  return strides;
}

/// out[..., m, n] = a[..., m, depth] * b[..., depth, n] with broadcast leading dimensions; all of one product dtype.
template <class Lazy = void>
void multiply_batched(const Tensor& a, const Tensor& b, const Tensor& out) {
  const std::int64_t rank = out.dim();
  const IntSpan batch(out.sizes().data(), rank - 2);
  std::int64_t count = 1;
  for (const std::int64_t size : batch) {
    count *= size;
  }
  const ProductShape shape{out.sizes()[rank - 2], out.sizes()[rank - 1], a.sizes()[a.dim() - 1]};
  const DimVector a_strides = batch_strides(a, batch);
  const DimVector b_strides = batch_strides(b, batch);
  const DimVector out_strides = batch_strides(out, batch);
  parallel_for(count, task_grain(shape.m * shape.n * shape.depth), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      multiply(out.dtype(), shape, matrix_at(a, batch, a_strides, i), matrix_at(b, batch, b_strides, i),
               matrix_at(out, batch, out_strides, i));
    }
  });
}

#define TS2CPP_PRODUCT_PARTS(TEMPLATE)                                                                           \
  TEMPLATE void multiply<void>(DType, const ProductShape&, const MatrixRef&, const MatrixRef&, const MatrixRef&, \
                               const void*, const void*, const Activation&);                                     \
  TEMPLATE MatrixRef right_factor<void>(const Tensor&, std::int64_t, std::int64_t, std::int64_t, std::int64_t);  \
  TEMPLATE Tensor dense_linear<void>(const Tensor&, const Tensor&, const Tensor*, const Activation&);            \
  TEMPLATE void multiply_batched<void>(const Tensor&, const Tensor&, const Tensor&);
TS2CPP_COMPILED(TS2CPP_PRODUCT_PARTS)

}  // namespace ts2cpp::kernels
