// The kernels of convolutions over blocks of channels, compiled once (ts2cpp/compiled.hpp).
#include <ts2cpp/kernels/block_kernels.hpp>

namespace ts2cpp::kernels {

TS2CPP_BLOCK_KERNEL_PARTS(template)

}  // namespace ts2cpp::kernels
