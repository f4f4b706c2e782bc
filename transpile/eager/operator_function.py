"""Operators as Python callables: functions of the ``torch`` namespace and methods of ``Tensor``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.eager import dispatch
from transpile.eager.matching import match, signatures
from transpile.eager.tensor import Tensor
from transpile.ops import registry

# Operators on tensors that torch offers as methods only, as functions only, or under ``torch._C._nn`` only.
METHOD_ONLY = frozenset((
    "absolute_", "add_", "addbmm_", "addcdiv_", "addcmul_", "addmm_", "addr_", "atan2_", "backward", "baddbmm_",
    "bernoulli_", "bitwise_and_", "bitwise_left_shift_", "bitwise_not_", "bitwise_or_", "bitwise_right_shift_",
    "bitwise_xor_", "cauchy_", "contiguous", "copy_", "copysign_", "cumprod_", "cumsum_", "data", "digamma_", "dim",
    "div_", "divide_", "element_size", "eq_", "erfinv_", "expand", "expand_as", "exponential_", "fill_diagonal_",
    "float_power_", "floor_divide_", "fmod_", "ge_", "geometric_", "greater_", "greater_equal_", "gt_", "heaviside_",
    "hypot_", "index", "index_add_", "index_copy_", "index_fill_", "index_reduce_", "is_contiguous", "is_leaf",
    "item", "le_", "lerp_", "less_", "less_equal_", "lgamma_", "log_normal_", "logical_and_", "logical_not_",
    "logical_or_", "logical_xor_", "lt_", "masked_fill_", "masked_scatter_", "mul_", "multiply_", "ne_", "new_empty",
    "new_full", "new_ones", "new_zeros", "nextafter_", "normal_", "not_equal_", "polygamma_", "pow_", "put_",
    "random_", "remainder_", "renorm_", "repeat", "requires_grad_", "reshape_as", "resize_", "resize_as_",
    "retain_grad", "scatter_", "scatter_add_", "scatter_reduce_", "set_", "sign_", "size", "squeeze_",
    "storage_offset", "stride", "sub_", "subtract_", "sum_to_size", "swapaxes_", "swapdims_", "t_", "to", "to_dense",
    "transpose_", "tril_", "triu_", "true_divide_", "type_as", "unfold", "uniform_", "unsqueeze_", "values", "view",
    "view_as", "mH", "mT", "numpy_T", "slice", "fill_diagonal_",
))  # fmt: skip
FUNCTION_ONLY = frozenset((
    "adaptive_avg_pool1d", "adaptive_max_pool1d", "alpha_dropout_", "avg_pool1d", "binary_cross_entropy_with_logits",
    "bucketize", "celu", "celu_", "channel_shuffle", "combinations", "constant_pad_nd", "conv_tbc", "dropout_",
    "embedding_renorm_", "empty_like", "fill", "full_like", "hinge_embedding_loss", "kl_div", "max_pool1d",
    "max_pool1d_with_indices", "max_pool2d", "max_pool3d", "normal", "ones_like", "pixel_shuffle", "pixel_unshuffle",
    "poisson", "rand_like", "randint_like", "randn_like", "rrelu", "rrelu_", "rsub", "selu", "selu_", "std_mean",
    "tensordot", "threshold", "threshold_", "var_mean", "view_as_complex", "view_as_real", "zeros_like",
))  # fmt: skip
NN_ONLY = frozenset((
    "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool2d", "adaptive_max_pool3d", "avg_pool2d",
    "avg_pool3d", "binary_cross_entropy", "col2im", "cross_entropy_loss", "elu", "elu_", "gelu", "gelu_", "glu",
    "hardsigmoid", "hardsigmoid_", "hardswish", "hardswish_", "hardtanh", "hardtanh_", "huber_loss", "im2col",
    "l1_loss", "leaky_relu", "leaky_relu_", "linear", "log_sigmoid", "max_pool2d_with_indices",
    "max_pool3d_with_indices", "max_unpool2d", "max_unpool3d", "mish", "mish_", "mse_loss", "multi_margin_loss",
    "multilabel_margin_loss", "nll_loss", "nll_loss2d", "nll_loss_nd", "one_hot", "pad", "pad_sequence",
    "reflection_pad1d", "reflection_pad2d", "reflection_pad3d", "relu6", "relu6_", "replication_pad1d",
    "replication_pad2d", "replication_pad3d", "rrelu_with_noise", "rrelu_with_noise_", "scaled_dot_product_attention",
    "silu", "silu_", "smooth_l1_loss", "soft_margin_loss", "softplus", "softshrink", "upsample_bicubic2d",
    "upsample_bilinear2d", "upsample_linear1d", "upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d",
    "upsample_trilinear3d", "_upsample_nearest_exact1d", "_upsample_nearest_exact2d", "_upsample_nearest_exact3d",
    "_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa",
))  # fmt: skip


def invoke(name: str, args: Sequence[Any], kwargs: Mapping[str, Any], *, method: bool = False) -> Any:
    """Call ``aten::name`` as torch's bindings do: with ``out=``, and ``requires_grad=`` for factories."""
    if "out" in kwargs and not _takes(name, "out"):
        rest = {k: v for k, v in kwargs.items() if k != "out"}
        result = invoke(name, args, rest, method=method)
        return result if kwargs["out"] is None else _store(kwargs["out"], result)
    if "requires_grad" in kwargs and not _takes(name, "requires_grad"):
        rest = {k: v for k, v in kwargs.items() if k != "requires_grad"}
        result = invoke(name, args, rest, method=method)
        return result.requires_grad_() if kwargs["requires_grad"] else result
    operator, values = match(name, args, kwargs, method=method)
    return dispatch.call(operator, values)


def _takes(name: str, argument: str) -> bool:
    return any(argument in s.by_name for s in signatures(name))


def _store(out: Any, result: Any) -> Any:
    """Write results into the tensors given as ``out``, which take their shape."""
    if isinstance(out, (tuple, list)):
        for one, value in zip(out, result, strict=True):
            _store(one, value)
        return type(result)(out)
    if result.dtype.category > out.dtype.category:
        names = (result.dtype.graph_name, out.dtype.graph_name)
        raise RuntimeError(f"result type {names[0]} can't be cast to the desired output type {names[1]}")
    if dispatch.active_mode() is not None:
        return dispatch.call(registry.get("aten::copy_"), [out, result, False])
    if out._array.shape == result._array.shape:
        with np.errstate(all="ignore"):
            out._array[...] = result._array
    else:
        out._array = result._array.astype(out._array.dtype)
    return out


class OperatorFunction:
    """``torch.relu`` and the like.  ``__operator__`` is the operator that the script compiler puts in its place."""

    def __init__(self, name: str, operator: str = "") -> None:
        self.__name__ = self.__qualname__ = name
        self.__operator__ = operator or f"aten::{name}"
        self.__module__ = "torch"
        shown = "\n".join(str(o.schema) for o in registry.overloads(self.__operator__))
        self.__doc__ = f"The operator ``{self.__operator__}``.\n\n{shown}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return invoke(self.__operator__, args, kwargs)

    def __repr__(self) -> str:
        return f"<built-in method {self.__name__}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (operator_function, (self.__name__, self.__operator__))

    def __deepcopy__(self, memo: object) -> OperatorFunction:
        return self


_functions: dict[tuple[str, str], OperatorFunction] = {}


def operator_function(name: str, operator: str = "") -> OperatorFunction:
    """The function called ``name`` for ``aten::name`` (or ``operator``), looked up when it is called."""
    key = (name, operator or f"aten::{name}")
    if key not in _functions:
        _functions[key] = OperatorFunction(*key)
    return _functions[key]


def torch_function(name: str) -> OperatorFunction | None:
    """What ``torch.name`` is, if it is an operator."""
    if name in METHOD_ONLY or name in NN_ONLY or name.startswith("__"):
        return None
    known = [s for s in signatures(f"aten::{name}") if s.mentions_tensor]
    return operator_function(name) if known else None


def _method(name: str) -> Any:
    operator = f"aten::{name}"

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        return invoke(operator, (self, *args), kwargs, method=True)

    method.__name__ = name
    method.__qualname__ = f"Tensor.{name}"
    method.__doc__ = f"The operator ``{operator}`` on this tensor."
    method.__operator__ = operator  # type: ignore[attr-defined]
    return method


def install_methods() -> None:
    """Give ``Tensor`` a method for every operator whose first argument is a Tensor called ``self``."""
    for name in list(registry.names()):
        short = name.partition("::")[2]
        if not name.startswith("aten::") or short in FUNCTION_ONLY or short in NN_ONLY or hasattr(Tensor, short):
            continue
        if any(_is_method(s.operator) for s in signatures(name)):
            setattr(Tensor, short, _method(short))


def _is_method(operator: registry.Operator) -> bool:
    arguments = operator.schema.arguments
    return bool(arguments) and arguments[0].name == "self" and str(arguments[0].type) == "Tensor"


def _conversion(dtype: D.DType, name: str) -> Any:
    def method(self: Tensor, memory_format: Any = None) -> Any:
        return self.to(dtype)

    method.__name__ = name
    method.__doc__ = f"The tensor as ``{dtype}``."
    return method


def _property(name: str) -> property:
    return property(lambda self: invoke(f"aten::{name}", (self,), {}, method=True))


def _install_python_methods() -> None:
    names = {
        "float": D.float32, "double": D.float64, "half": D.float16, "bfloat16": D.bfloat16, "int": D.int32,
        "long": D.int64, "short": D.int16, "char": D.int8, "byte": D.uint8, "bool": D.bool_,
        "cfloat": D.complex64, "cdouble": D.complex128,
    }  # fmt: skip
    for name, dtype in names.items():
        setattr(Tensor, name, _conversion(dtype, name))
    Tensor.T = _property("numpy_T")  # type: ignore[attr-defined]
    Tensor.mT = _property("mT")  # type: ignore[attr-defined]
    Tensor.H = _property("adjoint")  # type: ignore[attr-defined]
    Tensor.mH = _property("adjoint")  # type: ignore[attr-defined]
    Tensor.real = property(lambda self: _part(self, "real"))  # type: ignore[attr-defined]
    Tensor.imag = property(lambda self: _part(self, "imag"))  # type: ignore[attr-defined]


def _part(tensor: Tensor, name: str) -> Any:
    if registry.overloads(f"aten::{name}"):
        return invoke(f"aten::{name}", (tensor,), {}, method=True)
    if not tensor.is_complex():
        if name == "imag":
            raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
        return tensor
    return Tensor._from_array(getattr(tensor._array, name))


_install_python_methods()
install_methods()
