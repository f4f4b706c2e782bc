// What compilers are told about functions, where it shows in the size of a program.
#pragma once

/// Whether code may throw and catch: `-fno-exceptions` forbids it.
#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
#define TS2CPP_EXCEPTIONS
#endif

#if defined(__GNUC__)
/// A function that is called from many places and would be copied to all of them.
#define TS2CPP_NO_INLINE __attribute__((noinline))
/// One that runs once or when something is wrong: what leads to it is compiled small and kept apart.
#define TS2CPP_COLD __attribute__((cold, noinline))
/// One that costs less than a call of it.
#define TS2CPP_ALWAYS_INLINE [[gnu::always_inline]] inline
/// What hardly ever holds.
#define TS2CPP_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#else
#define TS2CPP_NO_INLINE
#define TS2CPP_COLD
#define TS2CPP_ALWAYS_INLINE inline
#define TS2CPP_UNLIKELY(condition) (condition)
#endif

/// One of which a program has a single copy, perhaps another than is seen here: nothing is concluded from it.
#if defined(__clang__) || !defined(__GNUC__)
#define TS2CPP_ONE_COPY TS2CPP_NO_INLINE
#else
#define TS2CPP_ONE_COPY __attribute__((noinline, noipa))
#endif
