// For headers whose functions catch what is thrown. Compiled without exceptions they would not, and a linker may take
// any one of the copies of a function.
#pragma once

#include <ts2cpp/attributes.hpp>

#if !defined(TS2CPP_EXCEPTIONS)
#error "code without exceptions includes the headers of its models and ts2cpp/result.hpp, not what models are made of"
#endif
