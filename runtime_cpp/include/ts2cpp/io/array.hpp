// A value that a file of arrays holds.
#pragma once

#include <optional>
#include <string>

#include <ts2cpp/tensor.hpp>

namespace ts2cpp::io {

/// What a .npy holds: a tensor, or the text of a 0-d unicode array.
struct Array {
  Tensor tensor;
  std::optional<std::string> text;
};

}  // namespace ts2cpp::io
