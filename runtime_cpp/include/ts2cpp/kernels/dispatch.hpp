// The register tiles for every instruction set worth having, and the choice among them.
#pragma once

#include <cstdint>

#include <ts2cpp/kernels/simd.hpp>
#include <ts2cpp/kernels/vectors.hpp>

namespace ts2cpp::kernels {

/// Neighbouring elements of a panel's row that are neighbours in the source too.
struct PanelRun {
  std::int64_t source;
  std::int64_t target;
  std::int64_t length;
};

/// What a tile does to its sums before it stores them; a null pointer adds nothing. The residual lies like the result.
template <class T>
struct TileEnd {
  const T* row_bias = nullptr;
  const T* col_bias = nullptr;
  const T* residual = nullptr;
  bool relu = false;
};

/// One call of a tile: c[rows x columns] = a[rows x depth] b[depth x columns] + start, then `end` if there is one.
template <class T>
struct TileCall {
  const T* a;
  std::int64_t a_row;
  std::int64_t a_col;
  const T* b;  ///< rows of b and c are contiguous
  std::int64_t b_row;
  std::int64_t depth;
  const T* start;  ///< sums of earlier blocks, null for none
  std::int64_t start_row;
  T* c;
  std::int64_t c_row;
  std::int64_t ahead;  ///< unless 0, how many elements further on the rows of a lie that will be wanted next
  const T* fetch;      ///< other memory that will be wanted: so many lines of it while a line of a is used up
  std::int64_t fetch_lines;
  const TileEnd<T>* end;  ///< null for sums that are not complete
};

/// In how many interleaved chains the product of a row sums: one vector alone would wait for itself.
constexpr int row_chains(int vectors) noexcept { return vectors == 1 ? 4 : 2; }

/// The kernels of tiles.inc for one element type and one instruction set.
template <class T>
struct TileSet {
  using Tile = void (*)(const TileCall<T>& call) noexcept;
  using Dots = void (*)(const T* x, std::int64_t x_row, const T* w, std::int64_t w_row, std::int64_t depth, T* out,
                        std::int64_t out_x, std::int64_t out_w) noexcept;
  using Row = void (*)(const T* a, std::int64_t a_col, const T* b, std::int64_t b_row, std::int64_t depth, T* out,
                       const TileEnd<T>* end) noexcept;
  using WeightedLines = void (*)(const T* taps, const T* const* lines, int count, std::int64_t n, T start,
                                 T* out) noexcept;
  using CopyRuns = void (*)(const T* source, const std::int64_t* offsets, std::int64_t rows, const PanelRun* runs,
                            int run_count, std::int64_t count, std::int64_t width, T* panel) noexcept;

  static constexpr int kVectors = 3;  ///< the widest tile, in vectors
  int rows;                           ///< rows of the tallest tile
  int lanes;                          ///< elements of a vector
  Tile tile[4][kVectors];             ///< [1, 2, 4, `rows` rows][vectors - 1]
  Dots dots[3][2];                    ///< [1, 2, 4 rows of x][1, 4 rows of w]
  Row row[4];                         ///< [vectors - 1]
  WeightedLines weighted_lines;
  CopyRuns copy_runs;

  std::int64_t width() const noexcept { return static_cast<std::int64_t>(lanes) * kVectors; }
  /// Vectors of a panel of so many columns, which is no wider than a tile.
  int vectors_of(std::int64_t columns) const noexcept { return 1 + (columns > lanes) + (columns > 2 * lanes); }
};

}  // namespace ts2cpp::kernels

#define TS2CPP_ISA_KERNELS <ts2cpp/kernels/tiles.inc>
#include <ts2cpp/kernels/each_isa.inc>
#undef TS2CPP_ISA_KERNELS

namespace ts2cpp::kernels {

#if TS2CPP_RUNTIME_DISPATCH
// vector256 is the base where the flags of the program allow that much.
/// The kernels for this processor. One function of a program decides, whoever calls it: lanes are part of packed forms.
template <class T>
TS2CPP_ONE_COPY const TileSet<T>& tiles() noexcept {
  if constexpr (kRare<T>) {
    static constexpr TileSet<T> chosen = base_isa::make_tiles<T>();
    return chosen;
  } else {
    static const TileSet<T> chosen =
        for_processor(base_isa::make_tiles<T>, vector256::make_tiles<T>, vector512::make_tiles<T>)();
    return chosen;
  }
}
#else
template <class T>
inline constexpr TileSet<T> kTiles = base_isa::make_tiles<T>();

/// The kernels for this processor.
template <class T>
const TileSet<T>& tiles() noexcept {
  return kTiles<T>;
}
#endif

}  // namespace ts2cpp::kernels
