// Which vector instruction sets the hot kernels are built for, and how they spell a vector.
//
// Kernels use the compilers' vector extensions (GCC, Clang), no intrinsics. The few functions where the width of
// a register matters live in tiles.inc, which dispatch.hpp includes once per instruction set; everything else is
// plain loops that the compiler vectorises for the flags of the program. A compiler without vector extensions
// gets vectors of one element from the same source.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__GNUC__)
#define TS2CPP_VECTOR_EXTENSIONS 1
#define TS2CPP_ALWAYS_INLINE [[gnu::always_inline]] inline
#define TS2CPP_RESTRICT __restrict__
#define TS2CPP_PREFETCH(address) __builtin_prefetch(address)
#else
#define TS2CPP_VECTOR_EXTENSIONS 0
#define TS2CPP_ALWAYS_INLINE inline
#define TS2CPP_RESTRICT
#define TS2CPP_PREFETCH(address) static_cast<void>(address)
#endif

#if defined(__clang__)
#define TS2CPP_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define TS2CPP_UNROLL _Pragma("GCC unroll 16")
#else
#define TS2CPP_UNROLL
#endif

// The widest vectors that may be chosen at run time; tests lower it to run the kernels of older processors.
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
