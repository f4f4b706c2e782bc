// Discrete Fourier transforms of rows: the kernels of fft.inc for this processor, threads over the rows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include <ts2cpp/kernels/dispatch.hpp>
#include <ts2cpp/kernels/fft_plan_cache.hpp>
#include <ts2cpp/kernels/scratch.hpp>
#include <ts2cpp/parallel.hpp>

#define TS2CPP_FFT_INLINE TS2CPP_ALWAYS_INLINE TS2CPP_ISA_TARGET
#define TS2CPP_ISA_KERNELS <ts2cpp/kernels/fft_butterflies.inc>
#include <ts2cpp/kernels/each_isa.inc>
#undef TS2CPP_ISA_KERNELS
#define TS2CPP_ISA_KERNELS <ts2cpp/kernels/fft_passes.inc>
#include <ts2cpp/kernels/each_isa.inc>
#undef TS2CPP_ISA_KERNELS
#define TS2CPP_ISA_KERNELS <ts2cpp/kernels/fft_real.inc>
#include <ts2cpp/kernels/each_isa.inc>
#undef TS2CPP_ISA_KERNELS
#define TS2CPP_ISA_KERNELS <ts2cpp/kernels/fft.inc>
#include <ts2cpp/kernels/each_isa.inc>
#undef TS2CPP_ISA_KERNELS
#undef TS2CPP_FFT_INLINE

namespace ts2cpp::kernels {

/// The kernels for this processor.
template <class T, FftKind kKind>
const FftSet<T, kKind>& fft_set() noexcept {
#if TS2CPP_RUNTIME_DISPATCH
  static const FftSet<T, kKind> chosen =
      for_processor(base_isa::make_fft<T, kKind>, vector256::make_fft<T, kKind>, vector512::make_fft<T, kKind>)();
#else
  static const FftSet<T, kKind> chosen = base_isa::make_fft<T, kKind>();
#endif
  return chosen;
}

/// Transforms all rows of a job, whose plan is found here. Source and target may be the same rows.
template <class T, FftKind kKind>
void run_fft(FftJob<T, kKind>& job) {
  using C = FftWorking<T, kKind>;
  std::int64_t rows = 1;
  for (const std::int64_t size : job.batch_sizes) {
    rows *= size;
  }
  if (rows == 0) {
    return;
  }
  constexpr bool kReal = kKind != FftKind::complex_to_complex;
  const FftPlanKind kind = !kReal ? FftPlanKind::complex : job.length % 2 == 0 ? FftPlanKind::halves : FftPlanKind::odd;
  const FftSet<T, kKind>& set = fft_set<T, kKind>();
  const std::int64_t planned = kind == FftPlanKind::halves ? job.length / 2 : job.length;
  job.plan = fft_detail::PlanCache::instance().find<C>(planned, kind, set.row_lanes);
  const std::int64_t points = job.plan->points();
  const std::int64_t width = points <= fft_detail::kMostBatchedPoints ? set.lanes : 1;
  const std::int64_t side_by_side = std::min(width, rows);
  const std::int64_t groups = (rows + side_by_side - 1) / side_by_side;
  constexpr std::int64_t kPointsWorthAThread = 8192;
  const std::int64_t grain = std::max<std::int64_t>(1, kPointsWorthAThread / (points * side_by_side));
  parallel_for(groups, grain, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t lanes = side_by_side == 1 ? 1 : set.lanes;
    const Scratch<C> scratch(4 * job.plan->buffer(lanes));
    for (std::int64_t group = begin; group < end; ++group) {
      const std::int64_t first = group * side_by_side;
      set.rows(job, first, std::min(side_by_side, rows - first), scratch.data());
    }
  });
}

}  // namespace ts2cpp::kernels
