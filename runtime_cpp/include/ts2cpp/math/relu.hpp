// The activation that follows most layers, for one element of any ordered type.
#pragma once

#include <ts2cpp/floating_point_flags.hpp>

TS2CPP_IEEE_ARITHMETIC_BEGIN

namespace ts2cpp::math {

/// max(x, 0); nan and -0 stay.
template <class T>
T relu(T x) {
  return x < T(0) ? T(0) : x;
}

}  // namespace ts2cpp::math

TS2CPP_IEEE_ARITHMETIC_END
