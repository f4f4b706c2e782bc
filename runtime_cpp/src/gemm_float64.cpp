// Matrix products of float64, compiled once (ts2cpp/compiled.hpp).
#include <ts2cpp/kernels/gemv.hpp>

namespace ts2cpp::kernels {

TS2CPP_FLOAT64_GEMM_PARTS(template)

}  // namespace ts2cpp::kernels
