// The reader of weight files, compiled once (ts2cpp/compiled.hpp).
#include <ts2cpp/io/safetensors.hpp>

namespace ts2cpp::io::detail {

TS2CPP_WEIGHT_FILE_PARTS(template)

}  // namespace ts2cpp::io::detail
