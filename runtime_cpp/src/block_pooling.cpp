// Pooling over blocks of channels, compiled once (ts2cpp/compiled.hpp).
#include <ts2cpp/kernels/block_pooling.hpp>

namespace ts2cpp::kernels {

TS2CPP_BLOCK_POOLING_PARTS(template)

}  // namespace ts2cpp::kernels
