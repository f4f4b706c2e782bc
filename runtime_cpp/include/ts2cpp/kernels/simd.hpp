// Which vector instruction sets the hot kernels are built for, and how they spell a vector.
//
// Kernels use the compilers' vector extensions (GCC, Clang), no intrinsics. The few functions where the width of
// a register matters live in tiles.inc, which dispatch.hpp includes once per instruction set; everything else is
// plain loops that the compiler vectorises for the flags of the program. A compiler without vector extensions
// gets vectors of one element from the same source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#include <ts2cpp/attributes.hpp>

#if defined(__GNUC__)
#define TS2CPP_VECTOR_EXTENSIONS 1
#define TS2CPP_FLATTEN __attribute__((flatten))  // all calls in it are inlined: its loops vectorise
#define TS2CPP_RESTRICT __restrict__
#define TS2CPP_PREFETCH(address) __builtin_prefetch(address)
#define TS2CPP_PREFETCH_WRITE(address) __builtin_prefetch(address, 1)
#else
#define TS2CPP_VECTOR_EXTENSIONS 0
#define TS2CPP_FLATTEN
#define TS2CPP_RESTRICT
#define TS2CPP_PREFETCH(address) static_cast<void>(address)
#define TS2CPP_PREFETCH_WRITE(address) static_cast<void>(address)
#endif

#if defined(__clang__)
#define TS2CPP_UNROLL _Pragma("clang loop unroll(full)")
#define TS2CPP_NO_UNROLL _Pragma("clang loop unroll(disable)")
#elif defined(__GNUC__)
#define TS2CPP_UNROLL _Pragma("GCC unroll 16")
#define TS2CPP_NO_UNROLL _Pragma("GCC unroll 1")
#else
#define TS2CPP_UNROLL
#define TS2CPP_NO_UNROLL
#endif

// Keeps a vector in a register: tuned for some processors, GCC reads memory again in each multiply-add instead, which
// asks more of the load units than they have.
#if TS2CPP_VECTOR_EXTENSIONS && (defined(__x86_64__) || defined(__i386__)) && defined(__SSE__)
#define TS2CPP_IN_REGISTER(vector) __asm__("" : "+v"(vector))
#elif TS2CPP_VECTOR_EXTENSIONS && defined(__aarch64__)
#define TS2CPP_IN_REGISTER(vector) __asm__("" : "+w"(vector))
#else
#define TS2CPP_IN_REGISTER(vector) static_cast<void>(0)
#endif

// The widest vectors that may be chosen at run time; the environment may lower it (TS2CPP_ISA), as tests do that run
// the kernels of older processors.
#ifndef TS2CPP_WIDEST_BYTES
#define TS2CPP_WIDEST_BYTES 64
#endif

// The widest set that the flags of this program already allow; wider ones are chosen at run time on x86-64.
#if !TS2CPP_VECTOR_EXTENSIONS
#define TS2CPP_BASE_BYTES 0
#elif defined(__AVX512F__)
#define TS2CPP_BASE_BYTES 64
#elif defined(__AVX2__) && defined(__FMA__)
#define TS2CPP_BASE_BYTES 32
#else
#define TS2CPP_BASE_BYTES 16
#endif

#if TS2CPP_VECTOR_EXTENSIONS && defined(__x86_64__) && !defined(TS2CPP_NO_DISPATCH) && TS2CPP_BASE_BYTES < 64
#define TS2CPP_RUNTIME_DISPATCH 1
#else
#define TS2CPP_RUNTIME_DISPATCH 0
#endif

// In loops over elements no multiplication and addition becomes one, whatever the processor has: they have the same
// bits everywhere, and x * x - y * y is 0 where x is y. Nor does GCC join the conditions of several selections: each
// stays a minimum, a maximum or a blend.
#if defined(__GNUC__) && !defined(__clang__)
#define TS2CPP_ELEMENT_LOOP __attribute__((optimize("fp-contract=off", "no-thread-jumps")))
#else
#define TS2CPP_ELEMENT_LOOP
#endif

#if TS2CPP_RUNTIME_DISPATCH
// What a function is compiled for that only runs where there are vectors of so many bits.
#define TS2CPP_TARGET_256 __attribute__((target("avx2,fma")))
#define TS2CPP_TARGET_512 __attribute__((target("avx512f,avx2,fma")))
#define TS2CPP_TARGET_256_ELEMENTS __attribute__((target("avx2"))) TS2CPP_ELEMENT_LOOP
#if defined(__clang__)  // would join operations
#define TS2CPP_WIDE_ELEMENTS 0
#else
#define TS2CPP_WIDE_ELEMENTS 1
#define TS2CPP_TARGET_512_ELEMENTS \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512"))) TS2CPP_ELEMENT_LOOP
#endif

namespace ts2cpp::kernels {

/// The widest registers that the environment allows: all unless TS2CPP_ISA is "avx2" or "baseline".
inline int allowed_bytes() noexcept {
  const char* const isa = std::getenv("TS2CPP_ISA");
  if (isa == nullptr) {
    return TS2CPP_WIDEST_BYTES;
  }
  const int bytes = std::strcmp(isa, "baseline") == 0 ? 16 : std::strcmp(isa, "avx2") == 0 ? 32 : 64;
  return bytes < TS2CPP_WIDEST_BYTES ? bytes : TS2CPP_WIDEST_BYTES;
}

/// The width of the registers to use on this processor.
inline int vector_bytes() noexcept {
  static const int bytes = [] {
    const int widest = allowed_bytes();
    if (widest >= 64 && __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
        __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0) {
      return 64;
    }
    if (widest >= 32 && __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0) {
      return 32;
    }
    return TS2CPP_BASE_BYTES;
  }();
  return bytes;
}

/// Of three versions of one function the one for this processor: that of the program's flags, or for wider registers.
template <class Function>
Function* for_processor(Function* base, Function* bytes32, Function* bytes64) noexcept {
  const int bytes = vector_bytes();
  return bytes == 64 ? bytes64 : bytes == 32 ? bytes32 : base;
}

}  // namespace ts2cpp::kernels
#endif

namespace ts2cpp::kernels {

/// Whether this program hardly computes with elements of that type: the kernels of the program's flags will do.
#if defined(TS2CPP_RARE_FLOAT64)
template <class T>
inline constexpr bool kRare = std::is_same_v<T, double>;
#else
template <class T>
inline constexpr bool kRare = false;
#endif

}  // namespace ts2cpp::kernels
