// Convolutions over blocks of channels, compiled once (ts2cpp/compiled.hpp).
#include <ts2cpp/kernels/conv_layouts.hpp>

namespace ts2cpp::kernels {

TS2CPP_CONV_LAYOUT_PARTS(template)

}  // namespace ts2cpp::kernels
