// Matrix products: those of tensors, and their float32 kernels; compiled once (ts2cpp/compiled.hpp). Where float64 is
// rare its few kernels are here, too.
#include <ts2cpp/kernels/product.hpp>

namespace ts2cpp::kernels {

TS2CPP_FLOAT32_GEMM_PARTS(template)
TS2CPP_PRODUCT_PARTS(template)
#if defined(TS2CPP_RARE_FLOAT64)
TS2CPP_FLOAT64_GEMM_PARTS(template)
#endif

}  // namespace ts2cpp::kernels
