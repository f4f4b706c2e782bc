// The functions of math:: that programs meet outside the loop of an operator of their own: in fused loops, and as
// epilogues of convolutions and linear layers. Enumerations, switches and forwards are made from these lists.
#pragma once

// What a layer may apply to its result. The columns tell the parameters: none, one or two that are taken as elements,
// one or two bounds that keep an integer tensor integer if they are integers.
#define TS2CPP_EPILOGUES(PLAIN, ONE, TWO, BOUND, BOUNDS) \
  PLAIN(relu)                                            \
  PLAIN(relu6)                                           \
  PLAIN(sigmoid)                                         \
  PLAIN(tanh)                                            \
  PLAIN(gelu)                                            \
  PLAIN(gelu_tanh)                                       \
  PLAIN(silu)                                            \
  PLAIN(hardswish)                                       \
  PLAIN(hardsigmoid)                                     \
  ONE(leaky_relu)                                        \
  TWO(hardtanh)                                          \
  BOUND(clamp_min)                                       \
  BOUND(clamp_max)                                       \
  BOUNDS(clamp)

// The other functions of one element; those in column PLAIN, ONE, TWO and THREE have so many parameters.
#define TS2CPP_ELEMENT_FUNCTIONS(PLAIN, ONE, TWO, THREE) \
  PLAIN(abs)                                             \
  PLAIN(acos)                                            \
  PLAIN(acosh)                                           \
  PLAIN(asin)                                            \
  PLAIN(asinh)                                           \
  PLAIN(atan)                                            \
  PLAIN(atanh)                                           \
  PLAIN(ceil)                                            \
  PLAIN(cos)                                             \
  PLAIN(cosh)                                            \
  PLAIN(erf)                                             \
  PLAIN(erfc)                                            \
  PLAIN(exp)                                             \
  PLAIN(exp2)                                            \
  PLAIN(expm1)                                           \
  PLAIN(floor)                                           \
  PLAIN(frac)                                            \
  PLAIN(lgamma)                                          \
  PLAIN(log)                                             \
  PLAIN(log10)                                           \
  PLAIN(log1p)                                           \
  PLAIN(log2)                                            \
  PLAIN(log_sigmoid)                                     \
  PLAIN(mish)                                            \
  PLAIN(reciprocal)                                      \
  PLAIN(round)                                           \
  PLAIN(rsqrt)                                           \
  PLAIN(selu)                                            \
  PLAIN(sign)                                            \
  PLAIN(sin)                                             \
  PLAIN(sinh)                                            \
  PLAIN(sqrt)                                            \
  PLAIN(square)                                          \
  PLAIN(tan)                                             \
  PLAIN(trunc)                                           \
  ONE(celu)                                              \
  ONE(hardshrink)                                        \
  ONE(softshrink)                                        \
  TWO(softplus)                                          \
  TWO(threshold)                                         \
  THREE(elu)

// Functions of two elements; those in column NUMBER take a number for the second one too, those in column SCALED also a
// third argument, by which they multiply what they add or take away.
#define TS2CPP_PAIR_FUNCTIONS(SCALED, NUMBER, PAIR) \
  SCALED(add)                                       \
  SCALED(rsub)                                      \
  SCALED(sub)                                       \
  NUMBER(div)                                       \
  NUMBER(fmod)                                      \
  NUMBER(mul)                                       \
  NUMBER(pow)                                       \
  NUMBER(remainder)                                 \
  PAIR(atan2)                                       \
  PAIR(maximum)                                     \
  PAIR(minimum)
