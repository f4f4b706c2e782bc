// The table of functions behind c_api.h, for the exports of a project.
#pragma once

#include <cstdint>

#include <ts2cpp/needs_exceptions.hpp>
#include <ts2cpp/c_api.h>
#include <ts2cpp/compiled.hpp>
#include <ts2cpp/exports.hpp>

namespace ts2cpp::c_api {

/// The table for `exports`, which must live as long as the program.
template <class Lazy = void>
ts2cpp_api table(const Exports& exports);

#define TS2CPP_C_API_PARTS(TEMPLATE) TEMPLATE ts2cpp_api table<void>(const Exports&);
TS2CPP_COMPILED(TS2CPP_C_API_PARTS)

/// The table of a project, made when it is first asked for; null if that fails or `version` is not known here.
template <Exports (*make)()>
const ts2cpp_api* api(std::uint32_t version) noexcept {
  try {
    static const Exports exports = make();
    static const ts2cpp_api functions = table(exports);
    return version != 0 && version <= TS2CPP_ABI_VERSION ? &functions : nullptr;
  } catch (...) {
    return nullptr;
  }
}

}  // namespace ts2cpp::c_api

#if !defined(TS2CPP_COMPILED_PARTS)
#include <ts2cpp/c_api_functions.hpp>
#endif
