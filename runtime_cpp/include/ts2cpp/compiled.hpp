// The runtime compiled in parts: a program may have the heavy functions of a header made once, in a translation unit of
// their own, instead of in every file that calls them.
//
// Everything in these headers can be used as it is. Where the build defines TS2CPP_COMPILED_PARTS, what a header lists
// at its end in a macro is only declared: after
//
//     #define TS2CPP_ROW_PARTS(TEMPLATE) TEMPLATE const RowSet<float>& rows<float>() noexcept;
//     TS2CPP_COMPILED(TS2CPP_ROW_PARTS)
//
// the program is built with a source (src/rows.cpp) that makes it:
//
//     TS2CPP_ROW_PARTS(template)
//
// Where such functions need long headers their definitions lie in a header of their own, which the source includes, and
// at its end the header that declares them, too, but where they are compiled apart (parallel.hpp, thread_pool.hpp).
//
// A function that is no template by nature becomes one by a parameter without a meaning (`template <class Lazy =
// void>`). Instances may be in several libraries of a program, like those that a compiler makes by itself.
//
// Code without exceptions leaves all of that to the libraries of its models, which have them: `ts2cpp::attempt`
// (result.hpp) gives errors as values.
#pragma once

#include <ts2cpp/attributes.hpp>

#if !defined(TS2CPP_EXCEPTIONS) && !defined(TS2CPP_COMPILED_PARTS)
#define TS2CPP_COMPILED_PARTS
#endif

#if defined(TS2CPP_COMPILED_PARTS)
#define TS2CPP_COMPILED(PARTS) PARTS(extern template)
#else
#define TS2CPP_COMPILED(PARTS)
#endif
