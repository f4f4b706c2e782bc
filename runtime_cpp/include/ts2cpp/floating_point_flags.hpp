// What the runtime needs of floating-point arithmetic: that it is IEEE 754's, each operation rounded once, with
// infinities, nan and signed zeros. Functions are reduced by adding large constants and taking them away again, and
// missing values are told by comparing nan with itself; flags that allow a compiler to do without these would change
// results silently.
#pragma once

// Where a compiler tells of such a flag, it ends here. Only the sources that include headers of ts2cpp are concerned:
// others may be compiled as they like.
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) ||             \
    defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || defined(__NO_SIGNED_ZEROS__) || \
    defined(_M_FP_FAST)
#error \
    "ts2cpp needs IEEE 754 arithmetic: compile sources that include it without -ffast-math, -Ofast and their parts (add -fno-fast-math after them)"
#endif
#if defined(__FLT_EVAL_METHOD__) && (__FLT_EVAL_METHOD__ == 1 || __FLT_EVAL_METHOD__ == 2)
#error "ts2cpp needs floats that are rounded after each operation: compile with -mfpmath=sse"
#endif

// Clang does not tell of -fassociative-math, -freciprocal-math and -fno-signed-zeros: what lies between these two does
// not follow them, wherever it is inlined.
#if defined(__clang__)
#define TS2CPP_IEEE_ARITHMETIC_BEGIN _Pragma("float_control(push)") _Pragma("float_control(precise, on)")
#define TS2CPP_IEEE_ARITHMETIC_END _Pragma("float_control(pop)")
#else
#define TS2CPP_IEEE_ARITHMETIC_BEGIN
#define TS2CPP_IEEE_ARITHMETIC_END
#endif
