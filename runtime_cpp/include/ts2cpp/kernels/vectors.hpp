// The vectors of every instruction set worth having, which the kernels of the sets are written in.
#pragma once

#include <cstdint>

#include <ts2cpp/kernels/simd.hpp>

#define TS2CPP_ISA_KERNELS <ts2cpp/kernels/vectors.inc>
#include <ts2cpp/kernels/each_isa.inc>
#undef TS2CPP_ISA_KERNELS
