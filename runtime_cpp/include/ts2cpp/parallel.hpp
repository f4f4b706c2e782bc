// Loops in pieces, for as many threads as are worth feeding. The pool behind them is thread_pool.hpp's, which a program
// that is compiled in parts has once (compiled.hpp).
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <type_traits>

#include <ts2cpp/compiled.hpp>

namespace ts2cpp {
namespace detail {

inline void cpu_pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();  // the header of the intrinsic is as long as all the others together
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

/// A loop over [0, size): `run` is called for every piece of `chunk` of it, of which there are `count`.
struct LoopPieces {
  void (*run)(void* context, std::int64_t begin, std::int64_t end) = nullptr;
  void* context = nullptr;
  std::int64_t size = 0;
  std::int64_t chunk = 0;
  std::int64_t count = 0;
};

/// Runs all pieces, with help; rethrows the error of the first that fails.
template <class Lazy = void>
void run_pieces(const LoopPieces& pieces);
template <class Lazy = void>
int thread_limit() noexcept;
template <class Lazy = void>
void limit_threads(int count);

#define TS2CPP_THREAD_POOL_PARTS(TEMPLATE)           \
  TEMPLATE void run_pieces<void>(const LoopPieces&); \
  TEMPLATE int thread_limit<void>() noexcept;        \
  TEMPLATE void limit_threads<void>(int);
TS2CPP_COMPILED(TS2CPP_THREAD_POOL_PARTS)

/// How `parallel_for` cuts: at most this many pieces, each at least a grain.
inline constexpr std::int64_t kMaxChunks = 128;

inline std::int64_t chunk_size(std::int64_t n, std::int64_t grain) noexcept {
  const std::int64_t share = n / kMaxChunks + (n % kMaxChunks != 0 ? 1 : 0);
  std::int64_t size = std::max(std::max<std::int64_t>(grain, 1), share);
  if (size >= 1024) {
    size = size / 64 * 64 + (size % 64 != 0 ? 64 : 0);  // keeps long pieces aligned
  }
  return size;
}

}  // namespace detail

/// Calls fn(begin, end) for pieces that cover [0, n), in any order and on any thread. The pieces depend on n
/// and grain (the least worth handing over) only. A loop inside a piece, and a loop of at most one grain, runs
/// on the calling thread. Errors come out as thrown; of several, the one of the lowest piece.
template <class F>
void parallel_for(std::int64_t n, std::int64_t grain, F&& fn) {
  if (n <= grain) {
    if (n > 0) {
      fn(std::int64_t{0}, n);
    }
    return;
  }
  if (n <= 0) {
    return;
  }
  using Function = std::remove_reference_t<F>;
  detail::LoopPieces pieces;
  pieces.run = [](void* context, std::int64_t begin, std::int64_t end) {
    (*static_cast<Function*>(context))(begin, end);
  };
  pieces.context = const_cast<void*>(static_cast<const void*>(std::addressof(fn)));
  pieces.size = n;
  pieces.chunk = detail::chunk_size(n, grain);
  pieces.count = n / pieces.chunk + (n % pieces.chunk != 0 ? 1 : 0);
  detail::run_pieces(pieces);
}

/// The most threads that work at a time, the caller's included. At first the number of processors this process
/// may use, or what the environment variable TS2CPP_NUM_THREADS says.
inline int get_num_threads() noexcept { return detail::thread_limit(); }

/// Sets it; less than 1 counts as 1, and with 1 everything runs on the calling thread.
inline void set_num_threads(int count) { detail::limit_threads(count); }

}  // namespace ts2cpp

#if !defined(TS2CPP_COMPILED_PARTS)
#include <ts2cpp/thread_pool.hpp>
#endif
