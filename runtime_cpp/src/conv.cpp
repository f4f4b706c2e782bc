// Convolutions of images, compiled once (ts2cpp/compiled.hpp).
#include <ts2cpp/kernels/conv.hpp>
#include <ts2cpp/kernels/conv1d.hpp>

namespace ts2cpp::kernels {

TS2CPP_CONV_PARTS(template)
TS2CPP_LINE_PARTS(template)

}  // namespace ts2cpp::kernels
