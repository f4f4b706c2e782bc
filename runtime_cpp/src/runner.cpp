// The command-line program of a generated project, compiled once (ts2cpp/compiled.hpp).
#include <ts2cpp/runner.hpp>

namespace ts2cpp::io::detail {

TS2CPP_VALUE_PARTS(template)

}  // namespace ts2cpp::io::detail

namespace ts2cpp::detail {

TS2CPP_RUNNER_PARTS(template)

}  // namespace ts2cpp::detail
