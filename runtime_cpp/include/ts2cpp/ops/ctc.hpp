// Losses over sequences and sets of labels. `reduction` is 0 for none, 1 for the mean, 2 for the sum.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <ts2cpp/kernels/operand.hpp>
#include <ts2cpp/ops/loss.hpp>

namespace ts2cpp {
namespace detail {

/// log(exp(a) + exp(b)).
inline double log_add(double a, double b) noexcept {
  const double high = std::max(a, b);
  return std::isinf(high) && high < 0 ? high : high + std::log1p(std::exp(std::min(a, b) - high));
}

/// Minus the logarithm of the probability of `labels`, summed over all alignments with `steps` rows of
/// log-probabilities, `stride` elements apart.
inline double path_loss(const double* logs, std::int64_t steps, std::int64_t stride,
                        const std::vector<std::int64_t>& labels, std::int64_t blank) {
  constexpr double kNever = -std::numeric_limits<double>::infinity();
  std::vector<std::int64_t> extended(2 * labels.size() + 1, blank);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    extended[2 * i + 1] = labels[i];
  }
  if (steps == 0) {
    return labels.empty() ? 0.0 : std::numeric_limits<double>::infinity();
  }
  std::vector<double> state(extended.size(), kNever);
  for (std::size_t i = 0; i < std::min<std::size_t>(2, state.size()); ++i) {
    state[i] = logs[extended[i]];
  }
  for (std::int64_t step = 1; step < steps; ++step) {
    const double* const row = logs + step * stride;
    for (std::size_t i = state.size(); i-- > 0;) {
      double arriving = state[i];
      if (i >= 1) {
        arriving = log_add(arriving, state[i - 1]);
      }
      // A path may jump over a blank only between two different labels.
      if (i >= 2 && extended[i] != blank && extended[i] != extended[i - 2]) {
        arriving = log_add(arriving, state[i - 2]);
      }
      state[i] = arriving + row[extended[i]];
    }
  }
  return -(state.size() == 1 ? state[0] : log_add(state[state.size() - 1], state[state.size() - 2]));
}

/// What the margin losses over classes ask of their operands.
inline void check_margin_input(const Tensor& self, const Tensor& target) {
  if (self.dim() > 2 || (self.dim() != 0 && self.size(-1) == 0)) {
    raise("RuntimeError",
          {"Expected non-empty vector or matrix with optional 0-dim batch size, but got: ", self.sizes()});
  }
  if (target.dtype() != DType::int64) {
    raise("RuntimeError", {"expected scalar type Long but found ", dtype_label(target.dtype())});
  }
}

}  // namespace detail

namespace ops {

/// log_probs [T, N, C] or [T, C]; targets [N, S], or all one after the other; blank is the label of no label.
inline Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, IntSpan input_lengths, IntSpan target_lengths,
                       std::int64_t blank = 0, std::int64_t reduction = kMeanReduction, bool zero_infinity = false) {
  const bool batched = log_probs.dim() == 3;
  kernels::float_compute_dtype("ctc_loss_cpu", log_probs.dtype());
  const Tensor logs = kernels::dense_as(log_probs, DType::float64);
  const std::int64_t steps = log_probs.size(0);
  const std::int64_t count = batched ? log_probs.size(1) : 1;
  const std::int64_t classes = log_probs.size(-1);
  if (blank < 0 || blank >= classes) {
    raise("RuntimeError", "blank must be in label range");
  }
  if (static_cast<std::int64_t>(input_lengths.size()) != count) {
    raise("RuntimeError", "input_lengths must be of size batch_size");
  }
  if (static_cast<std::int64_t>(target_lengths.size()) != count) {
    raise("RuntimeError", "target_lengths must be of size batch_size");
  }
  for (const std::int64_t length : input_lengths) {
    if (length > steps || length < 0) {
      raise("RuntimeError", {"Expected input_lengths to have value at most ", steps, ", but got value ", length,
                             " (while checking arguments for ctc_loss_cpu)"});
    }
  }
  const Tensor labels = kernels::dense_as(targets, DType::int64);
  const std::int64_t row = targets.dim() == 2 ? targets.size(1) : 0;
  Tensor losses = Tensor::empty({count}, DType::float64);
  std::int64_t start = 0;
  double total = 0.0;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t length = target_lengths[i];
    const std::int64_t first = targets.dim() == 2 ? i * row : start;
    if (length < 0 || first + length > labels.numel() || (targets.dim() == 2 && length > row)) {
      raise("RuntimeError", "ctc_loss: target_lengths exceed the targets");
    }
    start += length;
    const std::int64_t* const from = labels.data_ptr<std::int64_t>() + first;
    const std::vector<std::int64_t> chosen(from, from + length);
    for (const std::int64_t label : chosen) {
      if (label < 0 || label >= classes) {
        raise("IndexError", {"ctc_loss: label ", label, " is out of range"});
      }
    }
    double loss =
        detail::path_loss(logs.data_ptr<double>() + i * classes, input_lengths[i], count * classes, chosen, blank);
    loss = zero_infinity && std::isinf(loss) ? 0.0 : loss;
    losses.data_ptr<double>()[i] = loss;
    total += reduction == kMeanReduction
                 ? loss / std::max(static_cast<double>(length), 1.0) / static_cast<double>(count)
                 : loss;
  }
  if (reduction == 0) {
    return kernels::as_dtype(batched ? losses : kernels::reshaped(losses, IntSpan()), log_probs.dtype());
  }
  Tensor out = Tensor::empty({}, DType::float64);
  *out.data_ptr<double>() = total;
  return kernels::as_dtype(out, log_probs.dtype());
}

inline Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                       const Tensor& target_lengths, std::int64_t blank = 0, std::int64_t reduction = kMeanReduction,
                       bool zero_infinity = false) {
  if (!is_integral(input_lengths.dtype(), false)) {
    raise("RuntimeError", "input_lengths must be integral");
  }
  if (!is_integral(target_lengths.dtype(), false)) {
    raise("RuntimeError", "target_lengths must be integral");
  }
  const Tensor steps = kernels::dense_as(input_lengths, DType::int64);
  const Tensor lengths = kernels::dense_as(target_lengths, DType::int64);
  return ctc_loss(log_probs, targets, IntSpan(steps.data_ptr<std::int64_t>(), steps.numel()),
                  IntSpan(lengths.data_ptr<std::int64_t>(), lengths.numel()), blank, reduction, zero_infinity);
}

/// self [N, C] or [C]; every row of target names labels up to the first negative one. The gap between each of them and
/// each other class should be 1.
inline Tensor multilabel_margin_loss(const Tensor& self, const Tensor& target,
                                     std::int64_t reduction = kMeanReduction) {
  const DType dtype = kernels::float_compute_dtype("multilabel_margin_loss_forward_out_frame", self.dtype());
  const Tensor x = kernels::dense_as(self, dtype);
  const Tensor labels = kernels::dense_as(target, DType::int64);
  const std::int64_t classes = self.dim() == 0 ? 1 : self.size(-1);
  const std::int64_t count = self.dim() == 2 ? self.size(0) : 1;
  detail::check_margin_input(self, target);
  if (labels.numel() != x.numel() || (self.dim() == 2 ? target.sizes() != self.sizes() : target.dim() > 1)) {
    raise("RuntimeError", {"inconsistent target size: ", target.sizes(), " for input of size: ", self.sizes()});
  }
  Tensor losses = Tensor::empty(self.dim() == 2 ? DimVector{count} : DimVector{}, dtype);
  detail::visit(detail::Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    std::vector<char> own(static_cast<std::size_t>(classes));
    for (std::int64_t i = 0; i < count; ++i) {
      const T* const row = x.data_ptr<T>() + i * classes;
      const std::int64_t* const chosen = labels.data_ptr<std::int64_t>() + i * classes;
      std::fill(own.begin(), own.end(), char{0});
      std::int64_t length = 0;
      for (; length < classes && chosen[length] >= 0; ++length) {
        if (chosen[length] >= classes) {
          raise("RuntimeError", "argument #2 'target' is out of range");
        }
        own[static_cast<std::size_t>(chosen[length])] = 1;
      }
      T sum = 0;
      for (std::int64_t j = 0; j < length; ++j) {
        for (std::int64_t other = 0; other < classes; ++other) {
          if (own[static_cast<std::size_t>(other)] == 0) {
            sum += std::max(T(1) - (row[chosen[j]] - row[other]), T(0));
          }
        }
      }
      losses.data_ptr<T>()[i] = sum / static_cast<T>(classes);
    }
  });
  return detail::reduce_loss(losses, reduction, self.dtype());
}

/// self [N, C] or [C], target the right class of each row: how far other classes come within `margin` of it.
inline Tensor multi_margin_loss(const Tensor& self, const Tensor& target, const Scalar& p = 1, const Scalar& margin = 1,
                                const std::optional<Tensor>& weight = std::nullopt,
                                std::int64_t reduction = kMeanReduction) {
  const double power = p.to_double();
  if (power != 1.0 && power != 2.0) {
    raise("RuntimeError", "only p == 1 and p == 2 supported");
  }
  const DType dtype = kernels::float_compute_dtype("multi_margin_loss_out_frame", self.dtype());
  const Tensor x = kernels::dense_as(self, dtype);
  const Tensor labels = kernels::dense_as(target, DType::int64);
  const Tensor factors = kernels::dense_optional(weight, dtype);
  const std::int64_t classes = self.dim() == 0 ? 1 : self.size(-1);
  const std::int64_t count = self.dim() == 2 ? self.size(0) : 1;
  detail::check_margin_input(self, target);
  if (labels.numel() != count || target.dim() > 1) {
    raise(
        "RuntimeError",
        {"multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch size). "
         "Expected target size [",
         count, "], but got ", target.sizes(), ". Input has shape ", self.sizes(), "."});
  }
  if (weight.has_value() && weight->defined() && weight->numel() != classes) {
    raise("RuntimeError", {"inconsistent weight size, expected ", classes, " but got ", weight->sizes()});
  }
  Tensor losses = Tensor::empty(self.dim() == 2 ? DimVector{count} : DimVector{}, dtype);
  detail::visit(detail::Floats{}, dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T wanted = static_cast<T>(margin.to_double());
    for (std::int64_t i = 0; i < count; ++i) {
      const T* const row = x.data_ptr<T>() + i * classes;
      const std::int64_t own = labels.data_ptr<std::int64_t>()[i];
      if (own < 0 || own >= classes) {
        raise("RuntimeError", "target out of range");
      }
      const T factor = factors.defined() ? factors.data_ptr<T>()[own] : T(1);
      T sum = 0;
      for (std::int64_t other = 0; other < classes; ++other) {
        const T gap = std::max(wanted - row[own] + row[other], T(0));
        sum += other == own ? T(0) : (power == 1.0 ? gap : gap * gap) * factor;
      }
      losses.data_ptr<T>()[i] = sum / static_cast<T>(classes);
    }
  });
  return detail::reduce_loss(losses, reduction, self.dtype());
}

}  // namespace ops
}  // namespace ts2cpp
