// What compilers are told about functions, where it shows in the size of a program.
#pragma once

#if defined(__GNUC__)
/// A function that is called from many places and would be copied to all of them.
#define TS2CPP_NO_INLINE __attribute__((noinline))
/// One that runs once or when something is wrong: what leads to it is compiled small and kept apart.
#define TS2CPP_COLD __attribute__((cold, noinline))
#if defined(__clang__)
#define TS2CPP_ONE_COPY __attribute__((noinline))
#else
/// One of which a program has a single copy that may differ from what this file says: nothing is concluded from it.
#define TS2CPP_ONE_COPY __attribute__((noinline, noipa))
#endif
#else
#define TS2CPP_NO_INLINE
#define TS2CPP_ONE_COPY
#define TS2CPP_COLD
#endif
