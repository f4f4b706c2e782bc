// What the `main` of a generated project calls. With the runner in a translation unit of its own (ts2cpp/compiled.hpp)
// it compiles without the headers that the runner is made of.
#pragma once

#include <ts2cpp/c_api.h>
#include <ts2cpp/compiled.hpp>

namespace ts2cpp {

/// Runs the command line (ts2cpp::Runner) of the project with this table of functions; gives the exit code.
template <class Lazy = void>
int run_program(const ts2cpp_api* api, const char* weights, int argc, const char* const* argv);

#define TS2CPP_MAIN_PARTS(TEMPLATE) \
  TEMPLATE int run_program<void>(const ts2cpp_api*, const char*, int, const char* const*);
TS2CPP_COMPILED(TS2CPP_MAIN_PARTS)

}  // namespace ts2cpp

#if !defined(TS2CPP_COMPILED_PARTS)
#include <ts2cpp/runner.hpp>
#endif
