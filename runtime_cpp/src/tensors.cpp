// What nearly every model needs: memory, threads and copies; compiled once (ts2cpp/compiled.hpp).
#include <ts2cpp/caching_allocator.hpp>
#include <ts2cpp/copying.hpp>
#include <ts2cpp/thread_pool.hpp>

// A project has pointwise operators in the same unit if its model needs them: most of what they include is the same.
#if defined(TS2CPP_JOINED_PARTS) && __has_include("elementwise.cpp")
#include "elementwise.cpp"
#endif

namespace ts2cpp::detail {

TS2CPP_ALLOCATOR_PARTS(template)
TS2CPP_THREAD_POOL_PARTS(template)
TS2CPP_CONVERT_PARTS(template)
TS2CPP_COPY_PARTS(template)

}  // namespace ts2cpp::detail
