// How large the processor's caches are: what blocked kernels cut their work by.
#pragma once

#include <algorithm>
#include <cstdint>

#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

namespace ts2cpp::kernels {

/// Bytes of the caches that a core may count on.
struct CacheSizes {
  std::int64_t level1 = 32 << 10;
  std::int64_t level2 = 512 << 10;
  std::int64_t level3 = 4 << 20;
};

/// As the system tells; common sizes where it does not, or says something odd.
inline const CacheSizes& cache_sizes() noexcept {
  static const CacheSizes sizes = [] {
    CacheSizes found;
#if defined(_SC_LEVEL1_DCACHE_SIZE) && defined(_SC_LEVEL2_CACHE_SIZE) && defined(_SC_LEVEL3_CACHE_SIZE)
    const auto told = [](int name, std::int64_t usual, std::int64_t least, std::int64_t most) {
      const long bytes = sysconf(name);
      return bytes <= 0 ? usual : std::clamp<std::int64_t>(bytes, least, most);
    };
    found.level1 = told(_SC_LEVEL1_DCACHE_SIZE, found.level1, 16 << 10, 128 << 10);
    found.level2 = told(_SC_LEVEL2_CACHE_SIZE, found.level2, 128 << 10, 4 << 20);
    found.level3 = told(_SC_LEVEL3_CACHE_SIZE, found.level3, 1 << 20, 256 << 20);
#endif
    return found;
  }();
  return sizes;
}

}  // namespace ts2cpp::kernels
