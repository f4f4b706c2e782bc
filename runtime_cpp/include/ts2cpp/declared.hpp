// Class templates of the standard library that most code only mentions: <complex> (which reads the headers of streams)
// and <variant> are long. Who makes or reads such values includes their header.
#pragma once

#include <cstddef>

#if defined(__GLIBCXX__)  // whose own way to declare them is known
namespace std {
_GLIBCXX_BEGIN_NAMESPACE_VERSION
template <typename>
class complex;  // NOLINT(cert-dcl58-cpp)
template <typename...>
class variant;  // NOLINT(cert-dcl58-cpp)
_GLIBCXX_END_NAMESPACE_VERSION
}  // namespace std
#else
#include <complex>
#include <variant>
#endif
