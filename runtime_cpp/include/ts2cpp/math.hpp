// Functions of one element: the single definition that unfused operators and fused loops share.
#pragma once

#include <ts2cpp/math/activation.hpp>
#include <ts2cpp/math/arithmetic.hpp>
#include <ts2cpp/math/hyperbolic.hpp>
#include <ts2cpp/math/transcendental.hpp>
