// Pointwise operators and copies, without the loops of single operators: compiled once (ts2cpp/compiled.hpp).
#include <ts2cpp/elementwise.hpp>

namespace ts2cpp::detail {

TS2CPP_CONVERT_PARTS(template)
TS2CPP_ELEMENTWISE_PARTS(template)

}  // namespace ts2cpp::detail
