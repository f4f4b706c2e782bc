// The command-line program of a generated project, compiled once (ts2cpp/compiled.hpp).
#include <ts2cpp/runner.hpp>

namespace ts2cpp {

TS2CPP_MAIN_PARTS(template)

}  // namespace ts2cpp
