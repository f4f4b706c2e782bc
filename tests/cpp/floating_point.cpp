// Prints, as bits, what functions give that would be wrong if the compiler reassociated or approximated their
// arithmetic.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>

#include <ts2cpp/math.hpp>
#include <ts2cpp/math/bessel.hpp>
#include <ts2cpp/math/error_functions.hpp>
#include <ts2cpp/math/gamma.hpp>
#include <ts2cpp/ops/softmax.hpp>
#include <ts2cpp/ops/unary.hpp>
#include <ts2cpp/random.hpp>

namespace {

// What a compiler does not know when it translates this.
volatile float given[] = {3.0F,    -0.75F, 2.5F,    -3.5F,      0.1F,  1e-5F, 88.0F,
                          -103.5F, 1e4F,   0.9999F, 8388607.5F, -0.0F, 17.3F, 1e-42F};

void show(const char* name, float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  std::printf("%s %08x\n", name, bits);
}
void show(const char* name, double value) {
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  std::printf("%s %016llx\n", name, static_cast<unsigned long long>(bits));
}

}  // namespace

int main() {
  using namespace ts2cpp;
#define SHOW(NAME) show(#NAME, math::NAME(x))
  for (const volatile float& source : given) {
    const float x = source;
    SHOW(exp);
    SHOW(exp2);
    SHOW(expm1);
    SHOW(log);
    SHOW(log2);
    SHOW(log1p);
    SHOW(sin);
    SHOW(cos);
    SHOW(tanh);
    SHOW(erf);
    SHOW(erfc);
    SHOW(lgamma);
    SHOW(log10);
    SHOW(sigmoid);
    SHOW(round);
    SHOW(floor);
    SHOW(ceil);
    SHOW(trunc);
    SHOW(frac);
    SHOW(silu);
    SHOW(gelu);
    SHOW(softplus);
    show("floor_divide", math::floor_divide(x, 0.3F));
    show("remainder", math::remainder(x, 0.3F));
    show("maximum", math::maximum(x, std::numeric_limits<float>::quiet_NaN()));
    const auto wide = static_cast<double>(x);
    show("erfc", math::erfc(wide));
    show("erfinv", math::erfinv(wide * 1e-7));
    show("lgamma", math::lgamma(wide));
    show("log10", math::log10(wide));
    show("tanh", math::tanh(wide));
    show("atanh", math::atanh(wide * 1e-7));
    show("bessel_j0", math::bessel_j0(wide));
    show("erfcx", math::erfcx(wide));
    show("digamma", math::digamma(wide));
    show("igamma", math::igamma(std::fabs(wide), 2.0));
  }
#undef SHOW
  Generator generator(7);
  float block[16];
  for (float& value : block) {
    value = generator.uniform24();
  }
  ts2cpp::detail::normal_block(block, 0.5F, 2.0F);
  for (const float value : block) {
    show("normal", value);
  }
  const Tensor tensor = Tensor::empty({2, 37}, DType::float32);
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    tensor.data_ptr<float>()[i] = static_cast<float>(i % 14) * given[4] - 3.0F;
  }
  for (const Tensor& result : {ops::exp(tensor), ops::round(tensor), ops::sin(tensor), ops::softmax(tensor, 1)}) {
    for (std::int64_t i = 0; i < result.numel(); ++i) {
      show("tensor", result.data_ptr<float>()[i]);
    }
  }
  return 0;
}
