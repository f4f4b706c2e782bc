// What nearly every model needs: memory, threads, pointwise operators and copies without the loops of single operators;
// compiled once (ts2cpp/compiled.hpp).
#include <ts2cpp/caching_allocator.hpp>
#include <ts2cpp/elementwise.hpp>
#include <ts2cpp/thread_pool.hpp>

namespace ts2cpp::detail {

TS2CPP_ALLOCATOR_PARTS(template)
TS2CPP_THREAD_POOL_PARTS(template)
TS2CPP_CONVERT_PARTS(template)
TS2CPP_ELEMENTWISE_PARTS(template)

}  // namespace ts2cpp::detail
