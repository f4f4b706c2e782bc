// Comparing outputs with expected ones.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include <ts2cpp/dtype.hpp>
#include <ts2cpp/error.hpp>
#include <ts2cpp/io/npz.hpp>
#include <ts2cpp/number_text.hpp>
#include <ts2cpp/scalar.hpp>
#include <ts2cpp/tensor.hpp>

namespace ts2cpp::golden {

/// |actual - expected| <= atol + rtol * |expected|. What is not set depends on the element type, as in torch.testing.
struct Tolerance {
  std::optional<double> rtol;
  std::optional<double> atol;
};

/// The outcome: a line for each array, and whether all are close enough.
struct Report {
  bool equal = true;
  std::string text;
};

namespace detail {

struct Limits {
  double rtol;
  double atol;
};

TS2CPP_COLD inline Limits limits(DType dtype, const Tolerance& tolerance) {
  Limits result{0.0, 0.0};
  switch (dtype) {
    case DType::float16: result = {1e-3, 1e-5}; break;
    case DType::bfloat16: result = {1.6e-2, 1e-5}; break;
    case DType::float32:
    case DType::complex64: result = {1.3e-6, 1e-5}; break;
    case DType::float64:
    case DType::complex128: result = {1e-7, 1e-7}; break;
    default: break;
  }
  if (is_floating_point(dtype) || is_complex(dtype)) {
    result = {tolerance.rtol.value_or(result.rtol), tolerance.atol.value_or(result.atol)};
  }
  return result;
}

/// NaN equals NaN and infinities equal themselves: a program that gives them must give them again.
inline double distance(const Scalar& a, const Scalar& b) {
  const auto part = [](double x, double y) {
    return x == y || (std::isnan(x) && std::isnan(y)) ? 0.0 : std::abs(x - y);
  };
  const double gap = std::hypot(part(a.to_double(), b.to_double()), part(a.imag(), b.imag()));
  return std::isnan(gap) ? std::numeric_limits<double>::infinity() : gap;
}

TS2CPP_COLD inline std::string index_text(const Tensor& tensor, std::int64_t linear) {
  DimVector index(tensor.dim());
  for (std::int64_t d = tensor.dim() - 1; d >= 0; --d) {
    index[d] = linear % tensor.sizes()[d];
    linear /= tensor.sizes()[d];
  }
  return to_string(IntSpan(index));
}

/// Both are contiguous: they come from files.
TS2CPP_COLD inline std::string compare_tensors(const Tensor& actual, const Tensor& expected, const Tolerance& tolerance,
                                               bool& equal) {
  if (actual.dtype() != expected.dtype() || actual.sizes() != expected.sizes()) {
    equal = false;
    return std::string(dtype_name(actual.dtype())) + to_string(actual.sizes()) + ", expected " +
           dtype_name(expected.dtype()) + to_string(expected.sizes());
  }
  const Limits limit = limits(actual.dtype(), tolerance);
  double worst = 0.0;
  double worst_relative = 0.0;
  std::int64_t worst_at = 0;
  std::int64_t relative_at = 0;
  std::int64_t beyond = 0;
  for (std::int64_t i = 0; i < actual.numel(); ++i) {
    const Scalar a_value = actual.with_layout(IntSpan(), IntSpan(), actual.storage_offset() + i).item();
    const Scalar b_value = expected.with_layout(IntSpan(), IntSpan(), expected.storage_offset() + i).item();
    if (a_value.is_int() && a_value.to_int() == b_value.to_int()) {
      continue;
    }
    const double apart = distance(a_value, b_value);
    const double gap = a_value.is_int() ? std::max(apart, 1.0) : apart;
    const double size = std::hypot(b_value.to_double(), b_value.imag());
    const double relative = gap == 0.0 ? 0.0 : gap / size;
    if (gap > worst) {
      worst = gap;
      worst_at = i;
    }
    if (relative > worst_relative) {
      worst_relative = relative;
      relative_at = i;
    }
    beyond += gap == 0.0 || (std::isfinite(gap) && gap <= limit.atol + limit.rtol * size) ? 0 : 1;
  }
  equal = equal && beyond == 0;
  if (worst == 0.0) {
    return "equal";
  }
  const auto number = [](double value) { return ts2cpp::detail::format_double(value, 'g', 4); };
  return std::string(beyond == 0 ? "close"
                                 : "different: " + std::to_string(beyond) + " of " + std::to_string(actual.numel()) +
                                       " elements") +
         "; greatest absolute difference " + number(worst) + " at " + index_text(actual, worst_at) +
         ", greatest relative difference " + number(worst_relative) + " at " + index_text(actual, relative_at);
}

TS2CPP_COLD inline std::string compare_arrays(const io::Array& actual, const io::Array& expected,
                                              const Tolerance& tolerance, bool& equal) {
  if (actual.text || expected.text) {
    const bool same = actual.text == expected.text;
    equal = equal && same;
    return same ? "equal"
                : "\"" + actual.text.value_or("(not text)") + "\", expected \"" + expected.text.value_or("(not text)") +
                      "\"";
  }
  return compare_tensors(actual.tensor, expected.tensor, tolerance, equal);
}

TS2CPP_COLD inline const io::Array* find(const io::NamedArrays& arrays, const std::string& name) {
  for (const auto& [key, array] : arrays) {
    if (key == name) {
      return &array;
    }
  }
  return nullptr;
}

}  // namespace detail

/// Compares all arrays; names that only one side has count as different.
TS2CPP_COLD inline Report compare(const io::NamedArrays& actual, const io::NamedArrays& expected,
                                  const Tolerance& tolerance = {}) {
  Report report;
  for (const auto& [name, array] : expected) {
    const io::Array* const other = detail::find(actual, name);
    if (other == nullptr) {
      report.equal = false;
      report.text += name + ": missing\n";
    } else {
      report.text += name + ": " + detail::compare_arrays(*other, array, tolerance, report.equal) + "\n";
    }
  }
  for (const auto& [name, unused] : actual) {
    if (detail::find(expected, name) == nullptr) {
      report.equal = false;
      report.text += name + ": not expected\n";
    }
  }
  return report;
}

/// The same for two .npz files.
inline Report compare_files(const std::string& actual, const std::string& expected, const Tolerance& tolerance = {}) {
  return compare(io::read_npz(actual), io::read_npz(expected), tolerance);
}

}  // namespace ts2cpp::golden
