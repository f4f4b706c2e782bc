// The loop of a fused function over contiguous elements, in steps of whole vectors, for each instruction set.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <ts2cpp/dispatch.hpp>
#include <ts2cpp/kernels/simd.hpp>

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpass-failed"  // a loop with a library call stays a scalar loop
#endif

namespace ts2cpp::detail {

/// The loop of an operator: out[i] = f(in[0][i], in[1][i], …) over n contiguous elements.
using Kernel = void (*)(void* out, const void* const* in, std::int64_t n, const void* context);

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

}  // namespace ts2cpp::detail

namespace ts2cpp::kernels {

/// data[i] = op(data[i]) for i < n, as a fused loop does it.
template <class T, class Op>
void activate_with(const Op op, T* data, std::int64_t n) noexcept {
  const void* const in[] = {data};
  ts2cpp::detail::fused_kernel<T, Op, 1>(data, in, n, &op);
}

}  // namespace ts2cpp::kernels

#if defined(__clang__)
#pragma clang diagnostic pop
#endif
