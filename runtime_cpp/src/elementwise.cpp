// The engine of pointwise operators, without the loops of single ones; compiled once (ts2cpp/compiled.hpp).
#include <ts2cpp/elementwise_engine.hpp>

namespace ts2cpp::detail {

TS2CPP_ELEMENTWISE_PARTS(template)

}  // namespace ts2cpp::detail
