// Additions that are not merged into the layer before them, compiled once (ts2cpp/compiled.hpp).
#include <ts2cpp/residual_functions.hpp>

namespace ts2cpp::detail {

TS2CPP_RESIDUAL_PARTS(template)

}  // namespace ts2cpp::detail
