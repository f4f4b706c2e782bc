// Calls by name, their C interface, the readers of their arrays and of weights, and errors as values; compiled once
// (ts2cpp/compiled.hpp).
#include <ts2cpp/c_api_functions.hpp>
#include <ts2cpp/io/npz.hpp>
#include <ts2cpp/io/safetensors.hpp>
#include <ts2cpp/result.hpp>

namespace ts2cpp::io::detail {

TS2CPP_ARRAY_PARTS(template)
TS2CPP_WEIGHT_FILE_PARTS(template)

}  // namespace ts2cpp::io::detail

namespace ts2cpp::detail {

TS2CPP_EXPORTS_PARTS(template)
TS2CPP_RESULT_PARTS(template)

}  // namespace ts2cpp::detail

namespace ts2cpp::c_api {

TS2CPP_C_API_PARTS(template)

}  // namespace ts2cpp::c_api
