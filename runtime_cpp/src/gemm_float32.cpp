// Matrix products: those of tensors, and their float32 kernels; compiled once (ts2cpp/compiled.hpp).
#include <ts2cpp/kernels/product.hpp>

namespace ts2cpp::kernels {

TS2CPP_FLOAT32_GEMM_PARTS(template)
TS2CPP_PRODUCT_PARTS(template)

}  // namespace ts2cpp::kernels
