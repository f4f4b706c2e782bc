// Linear layers and what they are made of: matrix products of tensors, their float32 kernels, and the activation that
// follows most of them; compiled once (ts2cpp/compiled.hpp). Where float64 is rare its few kernels are here, too.
#include <ts2cpp/kernels/product.hpp>
#include <ts2cpp/ops/linear.hpp>
#include <ts2cpp/relu_activation.hpp>

#if defined(TS2CPP_JOINED_PARTS)  // a project has them in one unit: most of what they include is the same
#include "tensors.cpp"
#endif

namespace ts2cpp::kernels {

TS2CPP_FLOAT32_GEMM_PARTS(template)
TS2CPP_PRODUCT_PARTS(template)
#if defined(TS2CPP_RARE_FLOAT64)
TS2CPP_FLOAT64_GEMM_PARTS(template)
#endif

}  // namespace ts2cpp::kernels

namespace ts2cpp::detail {

TS2CPP_RELU_PARTS(template)
TS2CPP_LINEAR_LAYER_PARTS(template)

}  // namespace ts2cpp::detail
