// The functions of math/activation.hpp and math/arithmetic.hpp that a layer may apply to its result.
#pragma once

// What a convolution or a linear layer may apply to its result: enumeration, switch and the operators that stand for it
// where it is not merged are made from this list (epilogue.hpp, activations.hpp). The columns tell the parameters:
// none, one or two that are taken as elements, one or two bounds that keep an integer tensor integer if they are
// integers.
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
