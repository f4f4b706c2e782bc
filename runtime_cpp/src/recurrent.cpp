// Recurrent layers of float32, compiled once (ts2cpp/compiled.hpp).
#include <ts2cpp/kernels/recurrent.hpp>

namespace ts2cpp::kernels {

TS2CPP_RECURRENT_PARTS(template)

}  // namespace ts2cpp::kernels
