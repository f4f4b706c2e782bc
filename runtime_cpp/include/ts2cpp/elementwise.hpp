// Pointwise operators: a function of elements as a loop over contiguous elements of one type, which the engine of
// elementwise_engine.hpp runs, and the rules of promotion that they share.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <ts2cpp/dispatch.hpp>
#include <ts2cpp/elementwise_engine.hpp>
#include <ts2cpp/floating_point.hpp>
#include <ts2cpp/kernels/simd.hpp>
#include <ts2cpp/promotion.hpp>
#include <ts2cpp/tensor.hpp>

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpass-failed"  // a loop with a library call stays a scalar loop
#endif

TS2CPP_IEEE_ARITHMETIC_BEGIN

namespace ts2cpp::detail {

/// The element type that an operator's result is stored as: bool, floats and complex as they are, integers (which C++
/// promotes to int) as the operand type.
template <class T, class Result>
using StoredType = std::conditional_t<std::is_integral_v<Result> && !std::is_same_v<Result, bool>, T, Result>;

// Not every function becomes vectors, and Clang warns of a loop that does not. The kernels are functions of their own
// (they are called through pointers), so that the warning belongs to lines of this file.
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpass-failed"
#endif

/// op over contiguous arrays, element by element.
template <class T, class Op, std::size_t... Is>
TS2CPP_ALWAYS_INLINE void apply_loop(void* out, const void* const* in, std::int64_t n, const Op op,
                                     std::index_sequence<Is...> /*arity*/) {
  using Out = StoredType<T, decltype(op((static_cast<void>(Is), T{})...))>;
  const std::array<const T*, sizeof...(Is)> a = {static_cast<const T*>(in[Is])...};
  Out* const result = static_cast<Out*>(out);
  TS2CPP_INDEPENDENT_ITERATIONS
  for (std::int64_t i = 0; i < n; ++i) {
    result[i] = static_cast<Out>(op(a[Is][i]...));
  }
}

template <class T, class Op, std::size_t Arity>
TS2CPP_ELEMENT_LOOP TS2CPP_NO_INLINE void apply_kernel(void* out, const void* const* in, std::int64_t n,
                                                       const void* context) {
  // `op` goes by value: what it captured then cannot change while the loop writes, and stays in registers.
  apply_loop<T, Op>(out, in, n, *static_cast<const Op*>(context), std::make_index_sequence<Arity>{});
}

#if TS2CPP_RUNTIME_DISPATCH && TS2CPP_BASE_BYTES < 32
/// The same for processors with vectors of 32 bytes.
template <class T, class Op, std::size_t Arity>
TS2CPP_TARGET_256_ELEMENTS TS2CPP_NO_INLINE void apply_wide_kernel(void* out, const void* const* in, std::int64_t n,
                                                                   const void* context) {
  apply_loop<T, Op>(out, in, n, *static_cast<const Op*>(context), std::make_index_sequence<Arity>{});
}
#endif

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

/// The loop for this processor. Only float32 has two: it is what programs compute in.
template <class T, class Op, std::size_t Arity>
Kernel choose_kernel() noexcept {
#if TS2CPP_RUNTIME_DISPATCH && TS2CPP_BASE_BYTES < 32
  if constexpr (std::is_same_v<T, float>) {
    constexpr auto kWide = &apply_wide_kernel<T, Op, Arity>;
    return kernels::for_processor(&apply_kernel<T, Op, Arity>, kWide, kWide);
  }
#endif
  return &apply_kernel<T, Op, Arity>;
}

/// result = op(inputs...) for the element types of the list; NotImplementedError for others.
/// `op` takes as many elements of one type as there are inputs (Tensors or Scalars).
template <class Types, class Op, class... Inputs>
Tensor elementwise(Types types, const Elementwise& call, const Op& op, const Inputs&... inputs) {
  Tensor result;
  const Input list[] = {Input(inputs)...};
  const Span<const Input> operands(list, static_cast<std::int64_t>(sizeof...(Inputs)));
  const bool known = visit(types, call.compute, [&](auto tag) {
    using T = typename decltype(tag)::type;
    using Out = StoredType<T, decltype(op((static_cast<void>(inputs), T{})...))>;
    result = run_elementwise(call, operands, dtype_of<Out>, choose_kernel<T, Op, sizeof...(Inputs)>(), &op);
  });
  if (!known) {
    check_operands(call, operands);  // what is wrong with the shapes is told first
    raise_not_implemented(call.name, is_reduced_float(call.result) ? call.result : call.compute);
  }
  return result;
}

/// The promoted dtype of operands.
inline DType common_dtype(const Input& a, const Input& b) {
  Promotion promotion;
  for (const Input* const input : {&a, &b}) {
    input->tensor != nullptr ? promotion.add(*input->tensor) : promotion.add(*input->scalar);
  }
  return promotion.result();
}

/// op(a) for functions that are defined on floats; integers become float32.
template <class Types, class Op>
Tensor float_unary(Types types, const char* name, const Tensor& self, const Tensor* destination, const Op& op) {
  const DType dtype = float_dtype(self.dtype());
  return elementwise(types, Elementwise{name, compute_dtype(dtype), dtype, destination}, op, self);
}

/// op(a) for functions that keep the dtype.
template <class Types, class Op>
Tensor same_unary(Types types, const char* name, const Tensor& self, const Tensor* destination, const Op& op) {
  return elementwise(types, Elementwise{name, compute_dtype(self.dtype()), self.dtype(), destination}, op, self);
}

/// op(a, b) in the promoted dtype.
template <class Types, class Op>
Tensor promoted_binary(Types types, const char* name, const Input& a, const Input& b, const Tensor* destination,
                       const Op& op) {
  const DType dtype = common_dtype(a, b);
  return elementwise(types, Elementwise{name, compute_dtype(dtype), dtype, destination}, op, a, b);
}

/// op(a, b) in the promoted dtype, integers as float32.
template <class Types, class Op>
Tensor float_binary(Types types, const char* name, const Input& a, const Input& b, const Tensor* destination,
                    const Op& op) {
  const DType dtype = float_dtype(common_dtype(a, b));
  return elementwise(types, Elementwise{name, compute_dtype(dtype), dtype, destination}, op, a, b);
}

}  // namespace ts2cpp::detail

TS2CPP_IEEE_ARITHMETIC_END

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

// The overloads that a binary operator has: with a tensor or a number on the right, and in place.
// Operators are templates without a real parameter: a program compiles those that it calls and no others.
#define TS2CPP_BINARY_OPERATOR(NAME, IMPLEMENTATION)        \
  template <class Lazy = void>                              \
  Tensor NAME(const Tensor& self, const Tensor& other) {    \
    return IMPLEMENTATION<Lazy>(self, other, nullptr);      \
  }                                                         \
  template <class Lazy = void>                              \
  Tensor NAME(const Tensor& self, const Scalar& other) {    \
    return IMPLEMENTATION<Lazy>(self, other, nullptr);      \
  }                                                         \
  template <class Lazy = void>                              \
  Tensor NAME##_(const Tensor& self, const Tensor& other) { \
    return IMPLEMENTATION<Lazy>(self, other, &self);        \
  }                                                         \
  template <class Lazy = void>                              \
  Tensor NAME##_(const Tensor& self, const Scalar& other) { \
    return IMPLEMENTATION<Lazy>(self, other, &self);        \
  }

// A unary operator over math::NAME and its in-place twin; FORM is one of the functions above.
#define TS2CPP_UNARY_OPERATOR(NAME, FORM, TYPES)                                                        \
  template <class Lazy = void>                                                                          \
  Tensor NAME(const Tensor& self) {                                                                     \
    return detail::FORM(detail::TYPES{}, #NAME, self, nullptr, [](auto x) { return math::NAME(x); });   \
  }                                                                                                     \
  template <class Lazy = void>                                                                          \
  Tensor NAME##_(const Tensor& self) {                                                                  \
    return detail::FORM(detail::TYPES{}, #NAME "_", self, &self, [](auto x) { return math::NAME(x); }); \
  }
