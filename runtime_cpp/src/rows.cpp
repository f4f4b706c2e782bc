// Sums, norms and softmax of rows, compiled once (ts2cpp/compiled.hpp).
#include <ts2cpp/kernels/row_set.hpp>

namespace ts2cpp::kernels {

TS2CPP_ROW_PARTS(template)

}  // namespace ts2cpp::kernels
