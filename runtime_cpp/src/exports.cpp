// Calls by name and their C interface, compiled once (ts2cpp/compiled.hpp).
#include <ts2cpp/c_api.hpp>

namespace ts2cpp::io::detail {

TS2CPP_VALUE_PARTS(template)

}  // namespace ts2cpp::io::detail

namespace ts2cpp::detail {

TS2CPP_EXPORTS_PARTS(template)

}  // namespace ts2cpp::detail

namespace ts2cpp::c_api {

TS2CPP_C_API_PARTS(template)

}  // namespace ts2cpp::c_api
