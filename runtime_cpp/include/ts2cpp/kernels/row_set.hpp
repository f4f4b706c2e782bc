// The row kernels for every instruction set worth having, and the choice among them.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <ts2cpp/compiled.hpp>
#include <ts2cpp/dispatch.hpp>
#include <ts2cpp/kernels/rows.hpp>
#include <ts2cpp/kernels/simd.hpp>
#include <ts2cpp/kernels/vectors.hpp>
#include <ts2cpp/math.hpp>

namespace ts2cpp::kernels {

inline constexpr int kAffineRows = 4;  // of `affine_rows`

/// The kernels of rows.inc.
template <class T>
struct RowSet {
  T (*total)(const T* row, std::int64_t n) noexcept;
  T (*squares)(const T* row, std::int64_t n, T center) noexcept;
  void (*moments)(const T* row, std::int64_t n, T* mean, T* variance) noexcept;
  T (*max)(const T* row, std::int64_t n) noexcept;
  void (*part_maxima)(const T* row, std::int64_t n, T* parts) noexcept;
  std::int64_t (*first_above)(const T* row, std::int64_t n, T bound) noexcept;
  std::int64_t (*first_below)(const T* row, std::int64_t n, T bound) noexcept;
  void (*softmax)(const T* in, T* out, std::int64_t n, T largest) noexcept;
  void (*log_softmax)(const T* in, T* out, std::int64_t n, T largest) noexcept;
  void (*affine)(const T* in, std::int64_t n, T scale, T shift, const T* weight, const T* bias, T* out) noexcept;
  void (*affine_rows)(const T* in, std::int64_t n, const T* scales, const T* shifts, const T* weight, const T* bias,
                      T* out) noexcept;
  void (*softmax_columns[2])(const T* in, T* out, std::int64_t n, std::int64_t width) noexcept;  ///< [logarithm]
  T (*exp)(const T* in, T* out, std::int64_t n, T largest) noexcept;
  void (*add)(T* row, const T* added, std::int64_t step, std::int64_t n) noexcept;
  void (*scale)(T* row, T factor, std::int64_t n) noexcept;
};

}  // namespace ts2cpp::kernels

#define TS2CPP_ISA_KERNELS <ts2cpp/kernels/rows.inc>
#include <ts2cpp/kernels/each_isa.inc>
#undef TS2CPP_ISA_KERNELS

namespace ts2cpp::kernels {

#if TS2CPP_RUNTIME_DISPATCH
/// The kernels for this processor.
template <class T>
const RowSet<T>& rows() noexcept {
  if constexpr (kRare<T>) {
    static constexpr RowSet<T> chosen = base_isa::make_rows<T>();
    return chosen;
  } else {
    static const RowSet<T> chosen =
        for_processor(base_isa::make_rows<T>, vector256::make_rows<T>, vector512::make_rows<T>)();
    return chosen;
  }
}
#else
template <class T>
inline constexpr RowSet<T> kRows = base_isa::make_rows<T>();

/// The kernels for this processor.
template <class T>
const RowSet<T>& rows() noexcept {
  return kRows<T>;
}
#endif

#define TS2CPP_ROW_PARTS(TEMPLATE)                      \
  TEMPLATE const RowSet<float>& rows<float>() noexcept; \
  TEMPLATE const RowSet<double>& rows<double>() noexcept;
TS2CPP_COMPILED(TS2CPP_ROW_PARTS)

/// The position of the first element that is larger (smaller) than `bound`, or nan; n if there is none.
template <bool Larger, class T>
std::int64_t first_beyond(const T* row, std::int64_t n, T bound) noexcept {
  if constexpr (std::is_floating_point_v<T>) {
    return Larger ? rows<T>().first_above(row, n, bound) : rows<T>().first_below(row, n, bound);
  } else {
    std::int64_t i = 0;
    while (i < n && (Larger ? row[i] <= bound : row[i] >= bound)) {
      ++i;
    }
    return i;
  }
}

/// Looks for a bound that at least `count` elements of a long row lie above, few more as a rule; false if none is found
/// at little cost.
template <class T>
bool bound_of_largest(const T* row, std::int64_t n, std::int64_t count, T& bound) noexcept {
  if constexpr (std::is_floating_point_v<T>) {
    if (2 * count < kParts && n >= 8 * kParts) {
      bool nan = false;
      T parts[kParts];
      rows<T>().part_maxima(row, n, parts);
      T largest[kParts];  // in order, count + 1 of them
      std::int64_t kept = 0;
      for (const T part : parts) {
        std::int64_t place = kept;
        for (; place > 0 && largest[place - 1] < part; --place)
          largest[place] = largest[place - 1];
        largest[place] = part;
        kept += kept < count + 1 ? 1 : 0;
        nan = nan || part != part;
      }
      bound = largest[count];
      return !nan && bound < largest[count - 1];
    }
  }
  return false;
}

}  // namespace ts2cpp::kernels
