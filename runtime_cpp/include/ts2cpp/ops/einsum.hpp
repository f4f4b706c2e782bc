// Einstein summation: repeated letters, "...", broadcasting of size 1, implicit output.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ts2cpp/ops/linear.hpp>
#include <ts2cpp/ops/reduction.hpp>
#include <ts2cpp/ops/shape.hpp>

namespace ts2cpp {
namespace detail {

/// A letter of an equation, or this for "...".
inline constexpr char kEllipsis = '.';

/// The letters of one operand (or of the output, for a negative `operand`).
inline std::string einsum_labels(std::string_view term, std::int64_t operand) {
  const std::string where = operand < 0 ? "the output" : "operand " + std::to_string(operand);
  std::string labels;
  for (std::size_t at = 0; at < term.size(); ++at) {
    const char letter = term[at];
    if (letter == ' ') {
      continue;
    }
    if (term.substr(at, 3) == "...") {
      if (labels.find(kEllipsis) != std::string::npos) {
        raise("RuntimeError", {"einsum(): found '.' for ", where, " for which an ellipsis was already found"});
      }
      labels += kEllipsis;
      at += 2;
    } else if (letter == '.') {
      raise("RuntimeError", {"einsum(): found '.' for ", where, " that is not part of any ellipsis"});
    } else if ((letter < 'a' || letter > 'z') && (letter < 'A' || letter > 'Z')) {
      raise("RuntimeError", {"einsum(): invalid subscript given at index ", at,
                             " in the equation string, subscripts must be in [a-zA-Z]"});
    } else {
      labels += letter;
    }
  }
  return labels;
}

/// An equation with its operands: axes are numbered, those of the output first.
struct EinsumPlan {
  std::vector<std::string> inputs;
  std::string output;
  std::int64_t covered = 0;              // dimensions behind the ellipsis
  std::array<std::int64_t, 128> axis{};  // of a letter, -1 if it does not occur
  std::int64_t ellipsis_axis = 0;        // the first axis of the ellipsis
  std::int64_t kept = 0;                 // axes of the output
  std::int64_t rank = 0;

  std::int64_t& axis_of(char letter) { return axis[static_cast<std::size_t>(letter)]; }
};

inline EinsumPlan plan_einsum(std::string_view equation, TensorSpan tensors) {
  if (tensors.empty()) {
    raise("RuntimeError", "einsum(): must provide at least one operand");
  }
  const std::size_t arrow = equation.find("->");
  const std::string_view left = equation.substr(0, arrow);
  EinsumPlan plan;
  for (std::size_t begin = 0; begin <= left.size();) {
    const std::size_t comma = std::min(left.find(',', begin), left.size());
    plan.inputs.push_back(
        einsum_labels(left.substr(begin, comma - begin), static_cast<std::int64_t>(plan.inputs.size())));
    begin = comma + 1;
  }
  const auto terms = static_cast<std::int64_t>(plan.inputs.size());
  if (terms != tensors.size()) {
    raise("RuntimeError", {"einsum(): ", terms < tensors.size() ? "more" : "fewer",
                           " operands were provided than specified in the equation"});
  }
  std::array<std::int64_t, 128> count{};
  for (std::int64_t i = 0; i < terms; ++i) {
    const std::string& labels = plan.inputs[static_cast<std::size_t>(i)];
    const bool open = labels.find(kEllipsis) != std::string::npos;
    const std::int64_t named = static_cast<std::int64_t>(labels.size()) - (open ? 1 : 0);
    const std::int64_t dims = tensors[i].dim();
    if (open ? named > dims : named != dims) {
      raise("RuntimeError",
            {"einsum(): the number of subscripts in the equation (", named,
             open ? ") is more than the number of dimensions (" : ") does not match the number of dimensions (", dims,
             ") for operand ", i, open ? "" : " and no ellipsis was given"});
    }
    plan.covered = open ? std::max(plan.covered, dims - named) : plan.covered;
    for (const char label : labels) {
      ++count[static_cast<std::size_t>(label)];
    }
  }
  if (arrow != std::string_view::npos) {
    plan.output = einsum_labels(equation.substr(arrow + 2), -1);
    for (const char label : plan.output) {
      if (label != kEllipsis && count[static_cast<std::size_t>(label)] == 0) {
        raise("RuntimeError",
              {"einsum(): output subscript ", label, " does not appear in the equation for any input operand"});
      }
      if (std::count(plan.output.begin(), plan.output.end(), label) > 1) {
        raise("RuntimeError", {"einsum(): output subscript ", label, " appears more than once in the output"});
      }
    }
  } else {
    plan.output = count[static_cast<std::size_t>(kEllipsis)] != 0 ? std::string(1, kEllipsis) : std::string();
    for (const auto& [first, last] : {std::array<char, 2>{'A', 'Z'}, std::array<char, 2>{'a', 'z'}}) {
      for (char letter = first; letter <= last; ++letter) {
        plan.output += count[static_cast<std::size_t>(letter)] == 1 ? std::string(1, letter) : std::string();
      }
    }
  }
  // Numbers for the axes: the output's in its order, then all others.
  plan.axis.fill(-1);
  plan.ellipsis_axis = -1;
  const auto number = [&plan](const std::string& labels) {
    for (const char label : labels) {
      if (label == kEllipsis) {
        if (plan.ellipsis_axis < 0) {
          plan.ellipsis_axis = plan.rank;
          plan.rank += plan.covered;
        }
      } else if (plan.axis_of(label) < 0) {
        plan.axis_of(label) = plan.rank++;
      }
    }
  };
  number(plan.output);
  plan.kept = plan.rank;
  for (const std::string& labels : plan.inputs) {
    number(labels);
  }
  return plan;
}

/// An operand as a view with all axes of the plan; size 1 where it has none. A letter that occurs twice means the
/// diagonal.
inline Tensor einsum_operand(EinsumPlan& plan, const Tensor& tensor, const std::string& labels) {
  DimVector sizes(plan.rank, 1);
  DimVector strides(plan.rank, 0);
  std::int64_t d = 0;
  for (const char label : labels) {
    const std::int64_t missing = tensor.dim() - static_cast<std::int64_t>(labels.size()) + 1;
    const std::int64_t span = label == kEllipsis ? missing : 1;
    for (std::int64_t k = 0; k < span; ++k, ++d) {
      const std::int64_t axis =
          label == kEllipsis ? plan.ellipsis_axis + plan.covered - missing + k : plan.axis_of(label);
      if (sizes[axis] != 1 && tensor.sizes()[d] != 1 && sizes[axis] != tensor.sizes()[d]) {
        raise("RuntimeError", {"einsum(): subscript ", label,
                               " is repeated for operand 0 but the sizes "
                               "don't match, ",
                               tensor.sizes()[d], " != ", sizes[axis]});
      }
      if (tensor.sizes()[d] != 1) {
        sizes[axis] = tensor.sizes()[d];
        strides[axis] += tensor.strides()[d];
      }
    }
  }
  return tensor.with_layout(sizes, strides, tensor.storage_offset());
}

/// Multiplies two operands and sums over the axes in `summed`, as one batched matrix product.
template <class Lazy>
Tensor contract_pair(const Tensor& a, const Tensor& b, const std::vector<bool>& summed) {
  const std::int64_t rank = a.dim();
  Tensor left = a;
  Tensor right = b;
  // An axis that only one side has is summed beforehand.
  DimVector shared;
  DimVector only_left;
  DimVector only_right;
  DimVector joined;
  for (std::int64_t d = 0; d < rank; ++d) {
    const bool in_left = left.sizes()[d] != 1;
    const bool in_right = right.sizes()[d] != 1;
    if (summed[static_cast<std::size_t>(d)]) {
      if (in_left && in_right) {
        joined.push_back(d);
        continue;
      }
      if (in_left) {
        left = ops::sum<Lazy>(left, Dims(d), true, left.dtype());
      } else if (in_right) {
        right = ops::sum<Lazy>(right, Dims(d), true, right.dtype());
      }
      shared.push_back(d);
    } else if (in_left == in_right) {
      shared.push_back(d);
    } else {
      (in_left ? only_left : only_right).push_back(d);
    }
  }
  const auto extent = [](const Tensor& tensor, const DimVector& dims) {
    std::int64_t product = 1;
    for (const std::int64_t d : dims) {
      product *= tensor.sizes()[d];
    }
    return product;
  };
  const auto ordered = [](const DimVector& x, const DimVector& y, const DimVector& z, const DimVector& rest) {
    DimVector order(x);
    for (const DimVector* const part : {&y, &z, &rest}) {
      for (const std::int64_t d : *part) {
        order.push_back(d);
      }
    }
    return order;
  };
  const std::int64_t batch = extent(left, shared);
  const Tensor x = ops::reshape(ops::permute(left, ordered(shared, only_left, joined, only_right)),
                                {batch, extent(left, only_left), extent(left, joined)});
  const Tensor y = ops::reshape(ops::permute(right, ordered(shared, joined, only_right, only_left)),
                                {batch, extent(right, joined), extent(right, only_right)});
  const Tensor product = ops::bmm(x, y);
  const DimVector order = ordered(shared, only_left, only_right, joined);
  DimVector sizes(rank, 1);
  DimVector back(rank);
  for (std::int64_t i = 0; i < rank; ++i) {
    const std::int64_t d = order[i];
    const bool is_joined = std::find(joined.begin(), joined.end(), d) != joined.end();
    sizes[i] = is_joined ? 1 : std::max(left.sizes()[d] == 1 ? right.sizes()[d] : left.sizes()[d], std::int64_t{0});
    back[d] = i;
  }
  return ops::permute(ops::view(product, sizes), back);
}

}  // namespace detail

namespace ops {

/// The sum of products that `equation` describes. Operands are contracted from left to right.
template <class Lazy = void>
Tensor einsum(std::string_view equation, TensorSpan tensors, const std::optional<IntSpan>& /*path*/ = std::nullopt) {
  detail::EinsumPlan plan = detail::plan_einsum(equation, tensors);
  std::vector<Tensor> operands;
  DimVector extents(plan.rank, 1);
  for (std::int64_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].dtype() != tensors[0].dtype()) {
      raise("RuntimeError",
            {"expected scalar type ", dtype_label(tensors[0].dtype()), " but found ", dtype_label(tensors[i].dtype())});
    }
    operands.push_back(detail::einsum_operand(plan, tensors[i], plan.inputs[static_cast<std::size_t>(i)]));
    for (std::int64_t d = 0; d < plan.rank; ++d) {
      const std::int64_t size = operands.back().sizes()[d];
      if (size != 1 && extents[d] != 1 && size != extents[d]) {
        std::string label = "...";
        for (char letter = 'A'; letter <= 'z'; ++letter) {
          label = plan.axis_of(letter) == d ? std::string(1, letter) : label;
        }
        raise("RuntimeError", {"einsum(): subscript ", label, " has size ", size, " for operand ", i,
                               " which does not broadcast with previously seen size ", extents[d]});
      }
      extents[d] = size == 1 ? extents[d] : size;
    }
  }
  Tensor result = operands[0];
  for (std::size_t i = 1; i < operands.size(); ++i) {
    // An axis is summed with the last operand that has it.
    std::vector<bool> summed(static_cast<std::size_t>(plan.rank), false);
    for (std::int64_t d = plan.kept; d < plan.rank; ++d) {
      bool later = false;
      for (std::size_t k = i + 1; k < operands.size(); ++k) {
        later = later || operands[k].sizes()[d] != 1;
      }
      summed[static_cast<std::size_t>(d)] = !later;
    }
    result = detail::contract_pair<Lazy>(result, operands[i], summed);
  }
  DimVector rest;
  for (std::int64_t d = plan.kept; d < plan.rank; ++d) {
    rest.push_back(d);
  }
  if (!rest.empty()) {
    result = ops::sum<Lazy>(result, Dims(rest), true, result.dtype());
  }
  DimVector sizes(result.sizes());
  sizes.resize(plan.kept);
  DimVector strides(result.strides());
  strides.resize(plan.kept);
  const Tensor answer = result.with_layout(sizes, strides, result.storage_offset());
  return answer.shares_storage(tensors[0]) || !answer.is_contiguous() ? detail::contiguous_copy(answer, answer.dtype())
                                                                      : answer;
}

}  // namespace ops
}  // namespace ts2cpp
