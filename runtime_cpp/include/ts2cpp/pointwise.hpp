// Fused pointwise operators: `pointwise([](auto x, auto y) { return math::tanh(x + y); }, a, b)` runs one loop over all
// tensors when they are float32 (or all float64), and calls the function on whole tensors otherwise, which is what the
// unfused program would have done.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <ts2cpp/elementwise.hpp>
#include <ts2cpp/kernels/simd.hpp>
#include <ts2cpp/tensor.hpp>
#include <ts2cpp/tensor_functions.hpp>

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpass-failed"  // a loop with a library call stays a scalar loop
#endif

namespace ts2cpp {

namespace detail {

/// Elements of a step on a processor with vectors of so many bytes: four of them. The operations of a long function
/// wait for each other; those of the other vectors fill the gaps.
template <class T>
inline constexpr std::int64_t fused_step(int vector_bytes) {
  return 4 * static_cast<std::int64_t>(std::max(vector_bytes, 16)) / static_cast<std::int64_t>(sizeof(T));
}

/// Of the widest vectors.
template <class T>
inline constexpr std::int64_t kFusedStep = fused_step<T>(64);

#if defined(__clang__)
#define TS2CPP_FOUR_VECTORS _Pragma("clang loop vectorize(assume_safety) interleave_count(4)")
#else
#define TS2CPP_FOUR_VECTORS TS2CPP_INDEPENDENT_ITERATIONS
#endif

/// function(in[0][i], in[1][i], …) for n contiguous elements, n a multiple of a step.
template <class T, class F, std::size_t... Is>
TS2CPP_ALWAYS_INLINE void fused_loop(void* out, const void* const* in, std::int64_t n, const F function,
                                     std::index_sequence<Is...> /*arity*/) {
  const std::array<const T*, sizeof...(Is)> a = {static_cast<const T*>(in[Is])...};
  T* const result = static_cast<T*>(out);
#if defined(__GNUC__) && !defined(__clang__)
  // GCC takes as many elements at a time as a vector holds of the narrowest type in the loop: with a number a quarter
  // as wide as an element, which it does not know, these are four vectors of elements.
  using Quarter = std::conditional_t<sizeof(T) == 4, std::uint8_t, std::uint16_t>;
  Quarter nothing = 0;
  Quarter sum = 0;
  __asm__("" : "+r"(nothing));
#endif
  TS2CPP_FOUR_VECTORS
  for (std::int64_t i = 0; i < n; ++i) {
    result[i] = function(a[Is][i]...);
#if defined(__GNUC__) && !defined(__clang__)
    sum = static_cast<Quarter>(sum ^ nothing);
#endif
  }
#if defined(__GNUC__) && !defined(__clang__)
  __asm__ volatile("" : : "r"(sum));
#endif
}

/// A loop for whole steps, and how many elements these are.
struct FusedSteps {
  Kernel loop;
  std::int64_t step;
};

/// The same for any n: what is left over is brought into steps of its own.
template <class T, std::size_t Arity>
void fused_elements(void* out, const void* const* in, std::int64_t n, const void* context, FusedSteps steps) {
  const std::int64_t whole = n - n % steps.step;
  if (whole != 0) {
    steps.loop(out, in, whole, context);
  }
  if (whole != n) {
    T tiles[Arity + 1][kFusedStep<T>] = {};
    std::array<const void*, Arity> last{};
    for (std::size_t k = 0; k < Arity; ++k) {
      std::copy(static_cast<const T*>(in[k]) + whole, static_cast<const T*>(in[k]) + n, tiles[k]);
      last[k] = tiles[k];
    }
    steps.loop(tiles[Arity], last.data(), steps.step, context);
    std::copy(tiles[Arity], tiles[Arity] + (n - whole), static_cast<T*>(out) + whole);
  }
}

// One function of whole steps for each instruction set: `function` goes by value, as in apply_kernel.
template <class T, class F, std::size_t Arity>
TS2CPP_ELEMENT_LOOP TS2CPP_NO_INLINE void fused_steps(void* out, const void* const* in, std::int64_t n,
                                                      const void* context) {
  constexpr std::int64_t kStep = fused_step<T>(TS2CPP_BASE_BYTES);
  fused_loop<T, F>(out, in, n / kStep * kStep, *static_cast<const F*>(context), std::make_index_sequence<Arity>{});
}
#if TS2CPP_RUNTIME_DISPATCH && TS2CPP_BASE_BYTES < 32
template <class T, class F, std::size_t Arity>
TS2CPP_TARGET_256_ELEMENTS TS2CPP_NO_INLINE void fused_steps_256(void* out, const void* const* in, std::int64_t n,
                                                                 const void* context) {
  constexpr std::int64_t kStep = fused_step<T>(32);
  fused_loop<T, F>(out, in, n / kStep * kStep, *static_cast<const F*>(context), std::make_index_sequence<Arity>{});
}
#endif
#if TS2CPP_RUNTIME_DISPATCH && TS2CPP_WIDE_ELEMENTS
template <class T, class F, std::size_t Arity>
TS2CPP_TARGET_512_ELEMENTS TS2CPP_NO_INLINE void fused_steps_512(void* out, const void* const* in, std::int64_t n,
                                                                 const void* context) {
  constexpr std::int64_t kStep = fused_step<T>(64);
  fused_loop<T, F>(out, in, n / kStep * kStep, *static_cast<const F*>(context), std::make_index_sequence<Arity>{});
}
#endif

/// The function of whole steps for this processor. Only float32 has several: it is what programs compute in.
template <class T, class F, std::size_t Arity>
FusedSteps choose_fused_steps() noexcept {
  constexpr FusedSteps kBase{&fused_steps<T, F, Arity>, fused_step<T>(TS2CPP_BASE_BYTES)};
#if TS2CPP_RUNTIME_DISPATCH
  if constexpr (std::is_same_v<T, float>) {
    const int bytes = kernels::vector_bytes();
#if TS2CPP_WIDE_ELEMENTS
    if (bytes == 64) {
      return {&fused_steps_512<T, F, Arity>, fused_step<T>(64)};
    }
#endif
#if TS2CPP_BASE_BYTES < 32
    if (bytes >= 32) {
      return {&fused_steps_256<T, F, Arity>, fused_step<T>(32)};
    }
#endif
  }
#endif
  return kBase;
}

template <class T, class F, std::size_t Arity>
void fused_kernel(void* out, const void* const* in, std::int64_t n, const void* context) {
  static const FusedSteps steps = choose_fused_steps<T, F, Arity>();
  fused_elements<T, Arity>(out, in, n, context, steps);
}

/// One loop for the function over elements of type T.
template <class T, class F, class... Tensors>
Tensor fused(const F& function, const Tensors&... tensors) {
  using Out = StoredType<T, decltype(function((static_cast<void>(tensors), T{})...))>;
  static_assert(std::is_same_v<Out, T>, "a fused function must keep the type of its elements");
  const Input inputs[] = {Input(tensors)...};
  return run_elementwise(Elementwise{"pointwise", dtype_of<T>, dtype_of<T>, nullptr},
                         Span<const Input>(inputs, static_cast<std::int64_t>(sizeof...(Tensors))), dtype_of<T>,
                         &fused_kernel<T, F, sizeof...(Tensors)>, &function);
}

}  // namespace detail

/// function(elements...) for every position of the broadcast tensors; see the top of this file.
template <class F, class... Tensors>
Tensor pointwise(const F& function, const Tensors&... tensors) {
  static_assert(sizeof...(Tensors) > 0, "at least one tensor");
  if constexpr (sizeof...(Tensors) < static_cast<std::size_t>(detail::kMaxOperands)) {
    if (((tensors.dtype() == DType::float32) && ...)) {
      return detail::fused<float>(function, tensors...);
    }
    if (((tensors.dtype() == DType::float64) && ...)) {
      return detail::fused<double>(function, tensors...);
    }
  }
  return function(tensors...);
}

}  // namespace ts2cpp

#if defined(__clang__)
#pragma clang diagnostic pop
#endif
