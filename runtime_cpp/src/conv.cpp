// Convolutions: their checks, and the kernels over plain elements; compiled once (ts2cpp/compiled.hpp).
#include <ts2cpp/kernels/conv.hpp>
#include <ts2cpp/kernels/conv1d.hpp>
#include <ts2cpp/ops/convolution.hpp>

namespace ts2cpp::kernels {

TS2CPP_CONV_PARTS(template)
TS2CPP_LINE_PARTS(template)

}  // namespace ts2cpp::kernels

namespace ts2cpp::detail {

TS2CPP_CONVOLUTION_PARTS(template)

}  // namespace ts2cpp::detail
