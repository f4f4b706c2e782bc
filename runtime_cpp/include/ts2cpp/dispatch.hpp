// Choosing code by dtype: lists of element types and the visitor over them.
#pragma once

#include <complex>
#include <cstdint>
#include <string>
#include <type_traits>

#include <ts2cpp/dtype.hpp>
#include <ts2cpp/error.hpp>

// Asserts that the iterations of the next loop do not depend on each other. Kernels read elements and write elements
// of the same position only, so this holds even when the output is one of the inputs.
#if defined(__clang__)
#define TS2CPP_INDEPENDENT_ITERATIONS _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define TS2CPP_INDEPENDENT_ITERATIONS _Pragma("GCC ivdep")
#else
#define TS2CPP_INDEPENDENT_ITERATIONS
#endif

namespace ts2cpp::detail {

template <class T>
struct TypeTag {
  using type = T;
};

template <class... Ts>
struct TypeList {};

using Floats = TypeList<float, double>;
using FloatsAndComplex = TypeList<float, double, complex64, complex128>;
using Integers = TypeList<std::uint8_t, std::int8_t, std::int16_t, std::int32_t, std::int64_t>;
using IntegersAndBool = TypeList<std::uint8_t, std::int8_t, std::int16_t, std::int32_t, std::int64_t, bool>;
using Reals = TypeList<float, double, std::int64_t, std::int32_t, std::uint8_t, std::int8_t, std::int16_t>;
using RealsAndBool = TypeList<float, double, std::int64_t, bool, std::int32_t, std::uint8_t, std::int8_t, std::int16_t>;
using Numbers =
    TypeList<float, double, std::int64_t, std::int32_t, std::uint8_t, std::int8_t, std::int16_t, complex64, complex128>;
using NumbersAndBool = TypeList<float, double, std::int64_t, bool, std::int32_t, std::uint8_t, std::int8_t,
                                std::int16_t, complex64, complex128>;

/// Calls fn(TypeTag<T>{}) for the type T of the list that `dtype` stands for; false when the list has none such.
template <class... Ts, class F>
bool visit(TypeList<Ts...> /*types*/, DType dtype, F&& fn) {
  return ((dtype == dtype_of<Ts> && (fn(TypeTag<Ts>{}), true)) || ...);
}

/// NotImplementedError as PyTorch words it: `kernel` is the exact name that it reports for the operator.
[[noreturn]] TS2CPP_COLD inline void raise_no_kernel(const std::string& kernel, DType dtype) {
  raise("NotImplementedError", {"\"", kernel, "\" not implemented for '", dtype_label(dtype), "'"});
}

/// The same for an operator: the names of kernels are those of operators with "_cpu"; a name that ends in "!" is
/// complete without it.
[[noreturn]] TS2CPP_COLD inline void raise_not_implemented(const char* name, DType dtype) {
  // In-place operators and their plain forms share a kernel, and its name is what PyTorch reports.
  std::string kernel = name;
  const bool complete = kernel.back() == '!';
  if (complete || kernel.back() == '_') {
    kernel.pop_back();
  }
  raise_no_kernel(complete ? kernel : kernel + "_cpu", dtype);
}

/// Like `visit`, but NotImplementedError in PyTorch's words when the list does not have the type.
template <class Types, class F>
void dispatch(const char* name, Types types, DType dtype, F&& fn) {
  if (!visit(types, dtype, fn)) {
    raise_not_implemented(name, dtype);
  }
}

/// The element type that arithmetic on `dtype` happens in: float32 for the 16-bit floats, else `dtype` itself.
inline DType compute_dtype(DType dtype) noexcept { return is_reduced_float(dtype) ? DType::float32 : dtype; }

/// The same for functions that are only defined on floats: integers and bool go to float32.
inline DType float_dtype(DType dtype) noexcept { return is_integral(dtype, true) ? DType::float32 : dtype; }

/// Unsigned integers move bytes of the size of an element.
template <class F>
void visit_element_size(std::int64_t size, F&& fn) {
  switch (size) {
    case 1: fn(TypeTag<std::uint8_t>{}); break;
    case 2: fn(TypeTag<std::uint16_t>{}); break;
    case 4: fn(TypeTag<std::uint32_t>{}); break;
    case 8: fn(TypeTag<std::uint64_t>{}); break;
    default: fn(TypeTag<complex128>{}); break;
  }
}

}  // namespace ts2cpp::detail
