"""The ``torch`` namespace as far as it needs no modules: functions, types and modes.

Every operator is here under its name, looked up when it is first asked for.  ``nn`` is written against this module,
which it imports as ``torch``; the façade re-exports it.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Any

from transpile.core import dtype as _D
from transpile.core.dtype import (
    DType as dtype,
)  # fmt: skip
from transpile.core.dtype import (
    bfloat16,
    complex64,
    complex128,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    promote_types,
    uint8,
)
from transpile.core.dtype import (
    bool_ as bool,
)
from transpile.eager.creation import as_tensor, asarray, from_numpy, frombuffer, scalar_tensor, tensor
from transpile.eager.functional import _assert as _assert
from transpile.eager.functional import cdist, lu, norm, stft, tensordot, unique, unique_consecutive
from transpile.eager.generator import (
    Generator,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)
from transpile.eager.grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from transpile.eager.limits import finfo, iinfo
from transpile.eager.low_rank import pca_lowrank, svd_lowrank
from transpile.eager.operator_function import OperatorFunction, invoke, operator_function, torch_function
from transpile.eager.printing import get_printoptions, printoptions, set_printoptions
from transpile.eager.size import (
    Size,
    channels_last,
    channels_last_3d,
    contiguous_format,
    device,
    layout,
    memory_format,
    preserve_format,
    strided,
)
from transpile.eager.storage import TypedStorage, UntypedStorage
from transpile.eager.tensor import LEGACY_NAMES, Tensor
from transpile.eager.variadic import (
    atleast_1d,
    atleast_2d,
    atleast_3d,
    block_diag,
    broadcast_shapes,
    broadcast_tensors,
    cartesian_prod,
    chain_matmul,
    einsum,
    meshgrid,
    split,
    unravel_index,
)
from transpile.ops.promotion import get_default_dtype
from transpile.ops.promotion import result_type as _result_type
from transpile.ops.promotion import set_default_dtype as _set_default_dtype

float = float32
double = float64
half = float16
long = int64
int = int32
short = int16
cfloat = complex64
cdouble = complex128
inf = builtins.float("inf")
nan = builtins.float("nan")
pi = 3.141592653589793
e = 2.718281828459045
newaxis = None


def set_default_dtype(d: dtype) -> None:
    """Set the type of tensors made from Python floats."""
    if not isinstance(d, dtype):
        raise TypeError("invalid dtype object")
    _set_default_dtype(d)


def is_tensor(obj: Any) -> builtins.bool:
    """Whether ``obj`` is a Tensor."""
    return isinstance(obj, Tensor)


def is_storage(obj: Any) -> builtins.bool:
    """Whether ``obj`` is the memory of tensors."""
    return isinstance(obj, (UntypedStorage, TypedStorage))


def is_floating_point(input: Tensor) -> builtins.bool:
    return input.is_floating_point()


def is_complex(input: Tensor) -> builtins.bool:
    return input.is_complex()


def is_nonzero(input: Tensor) -> builtins.bool:
    return builtins.bool(input)


def numel(input: Tensor) -> builtins.int:
    """The number of elements; a plain number even while tracing, other than ``input.numel()``."""
    return builtins.int(input._array.size)


def result_type(a: Any, b: Any) -> dtype:
    """The type that an operator on ``a`` and ``b`` computes in."""
    return _result_type(*(x._array if isinstance(x, Tensor) else x for x in (a, b)))


def can_cast(from_: dtype, to: dtype) -> builtins.bool:
    """Whether values of one type may be stored in another in place: not to a lower category."""
    return from_.category <= to.category


def typename(obj: Any) -> str:
    """The qualified name of an object's type; the legacy name for tensors."""
    if isinstance(obj, Tensor):
        return str(obj.type())
    kind = type(obj)
    return f"{kind.__module__}.{kind.__qualname__}"


def _tuple_result(name: str) -> Callable[..., Any]:
    def function(input: Any, *args: Any, **kwargs: Any) -> Any:
        result = invoke(f"aten::{name}", (input, *args), kwargs, method=True)
        return tuple(result) if isinstance(result, list) else result

    function.__name__ = name
    function.__operator__ = f"aten::{name}"  # type: ignore[attr-defined]
    return function


_segment_reduce = operator_function("segment_reduce")

# The bindings give tuples where the operators give lists.
chunk = _tuple_result("chunk")
unbind = _tuple_result("unbind")
unbind_copy = _tuple_result("unbind_copy")
split_with_sizes_copy = _tuple_result("split_with_sizes_copy")
unsafe_chunk = _tuple_result("unsafe_chunk")
unsafe_split = _tuple_result("unsafe_split")
unsafe_split_with_sizes = _tuple_result("unsafe_split_with_sizes")
tensor_split = _tuple_result("tensor_split")
split_with_sizes = _tuple_result("split_with_sizes")
hsplit = _tuple_result("hsplit")
vsplit = _tuple_result("vsplit")
dsplit = _tuple_result("dsplit")
gradient = _tuple_result("gradient")


def histogramdd(*args: Any, **kwargs: Any) -> Any:
    """Counts of points in the cells of a grid, and the edges of its bins, a tensor for each dimension."""
    result = invoke("aten::histogramdd", args, kwargs)
    return type(result)((result[0], tuple(result[1])))


histogramdd.__operator__ = "aten::histogramdd"  # type: ignore[attr-defined]


def _where(*args: Any, **kwargs: Any) -> Any:
    result = invoke("aten::where", args, kwargs)
    return tuple(result) if isinstance(result, list) else result


_where.__operator__ = "aten::where"  # type: ignore[attr-defined]
_where.__name__ = "where"
where = _where


def nonzero(input: Tensor, *, as_tuple: builtins.bool = False, **kwargs: Any) -> Any:
    """Indices of elements that are not zero: a matrix, or a tuple with one tensor for each dimension."""
    if as_tuple:
        return tuple(invoke("aten::nonzero_numpy", (input,), kwargs))
    return invoke("aten::nonzero", (input,), kwargs)


def _no_quantized_tensors(name: str) -> Callable[..., Any]:
    def function(*_: Any, **__: Any) -> Any:
        raise NotImplementedError(
            f"{name}(): there are no tensors of quantized integers. torch.fake_quantize_per_tensor_affine and "
            "fake_quantize_per_channel_affine round floating point tensors to the same values"
        )

    function.__name__ = name
    return function


quantize_per_tensor = _no_quantized_tensors("quantize_per_tensor")
quantize_per_tensor_dynamic = _no_quantized_tensors("quantize_per_tensor_dynamic")
quantize_per_channel = _no_quantized_tensors("quantize_per_channel")


def clear_autocast_cache() -> None:
    """Accepted: there is no cache."""


def set_num_threads(count: builtins.int) -> None:
    """Accepted: NumPy decides about its threads."""


def get_num_threads() -> builtins.int:
    return 1


set_num_interop_threads = set_num_threads
get_num_interop_threads = get_num_threads


def use_deterministic_algorithms(mode: builtins.bool, *, warn_only: builtins.bool = False) -> None:
    """Accepted: everything here is deterministic."""


def are_deterministic_algorithms_enabled() -> builtins.bool:
    return True


def is_autocast_enabled(device_type: str | None = None) -> builtins.bool:
    return False


def is_autocast_cpu_enabled() -> builtins.bool:
    return False


def compile(model: Any = None, **_: Any) -> Any:
    """The model itself: there is no other compiler behind ``torch.compile`` here."""
    return (lambda m: m) if model is None else model


class _LegacyType(type):
    """``isinstance(x, torch.FloatTensor)`` asks for the element type."""

    dtype: _D.DType

    def __instancecheck__(cls, instance: Any) -> builtins.bool:
        return isinstance(instance, Tensor) and instance.dtype is cls.dtype

    def __call__(cls, *data: Any) -> Any:
        if len(data) == 1 and not isinstance(data[0], (builtins.int, Size)):
            return tensor(data[0], dtype=cls.dtype)
        return Tensor(*data).to(cls.dtype)


for _dtype, _name in LEGACY_NAMES.items():
    globals()[_name] = _LegacyType(_name, (), {"dtype": _dtype, "__module__": "torch"})


# Python functions that the script compiler takes for operators.
for _operator, _function in {
    "einsum": einsum, "meshgrid": meshgrid, "broadcast_tensors": broadcast_tensors, "block_diag": block_diag,
    "cartesian_prod": cartesian_prod, "split": split, "nonzero": nonzero, "chain_matmul": chain_matmul,
    "atleast_1d": atleast_1d, "atleast_2d": atleast_2d, "atleast_3d": atleast_3d, "unravel_index": unravel_index,
    "is_floating_point": is_floating_point, "is_complex": is_complex, "is_nonzero": is_nonzero, "numel": numel,
    "broadcast_shapes": broadcast_shapes, "manual_seed": manual_seed, "is_grad_enabled": is_grad_enabled,
}.items():  # fmt: skip
    _function.__operator__ = f"aten::{_operator}"  # type: ignore[attr-defined]


def _list_methods() -> None:
    """Methods with a Python-only form."""
    for name in ("chunk", "unbind", "tensor_split", "split_with_sizes", "hsplit", "vsplit", "dsplit", "norm",
                 "unsafe_chunk", "unsafe_split", "unsafe_split_with_sizes", "unique", "unique_consecutive",
                 "nonzero"):  # fmt: skip
        setattr(Tensor, name, globals()[name])
    for name in ("lu", "stft"):
        setattr(Tensor, name, globals()[name])
    Tensor.split = lambda self, split_size, dim=0: split(self, split_size, dim)  # type: ignore[attr-defined]
    Tensor.polygamma = lambda self, n: invoke("aten::polygamma", (n, self), {})  # type: ignore[attr-defined]
    Tensor.where = lambda self, condition, other: where(condition, self, other)  # type: ignore[attr-defined]


_list_methods()


def __getattr__(name: str) -> Any:
    function = torch_function(name)
    if function is None:
        raise AttributeError(f"module 'torch' has no attribute '{name}'")
    globals()[name] = function
    return function


def operator_names() -> Sequence[str]:
    """The operators that are ``torch.*`` functions."""
    from transpile.ops import registry

    short = (n.partition("::")[2] for n in registry.names() if n.startswith("aten::"))
    return [n for n in short if torch_function(n) is not None]


__all__ = [
    "Generator",
    "OperatorFunction",
    "Size",
    "Tensor",
    "TypedStorage",
    "UntypedStorage",
    "as_tensor",
    "asarray",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "bfloat16",
    "block_diag",
    "bool",
    "broadcast_shapes",
    "broadcast_tensors",
    "can_cast",
    "cartesian_prod",
    "cdist",
    "cdouble",
    "cfloat",
    "chain_matmul",
    "channels_last",
    "channels_last_3d",
    "chunk",
    "compile",
    "complex64",
    "complex128",
    "contiguous_format",
    "default_generator",
    "device",
    "double",
    "dtype",
    "e",
    "einsum",
    "enable_grad",
    "finfo",
    "float",
    "float16",
    "float32",
    "float64",
    "from_numpy",
    "frombuffer",
    "get_default_dtype",
    "get_num_threads",
    "get_printoptions",
    "get_rng_state",
    "half",
    "iinfo",
    "inf",
    "inference_mode",
    "initial_seed",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_complex",
    "is_floating_point",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "is_nonzero",
    "is_storage",
    "is_tensor",
    "layout",
    "long",
    "lu",
    "manual_seed",
    "memory_format",
    "meshgrid",
    "nan",
    "newaxis",
    "no_grad",
    "nonzero",
    "norm",
    "numel",
    "operator_function",
    "pca_lowrank",
    "pi",
    "preserve_format",
    "printoptions",
    "promote_types",
    "result_type",
    "scalar_tensor",
    "seed",
    "set_default_dtype",
    "set_grad_enabled",
    "set_num_threads",
    "set_printoptions",
    "set_rng_state",
    "short",
    "split",
    "stft",
    "strided",
    "svd_lowrank",
    "tensor",
    "tensordot",
    "typename",
    "uint8",
    "unbind",
    "unique",
    "unique_consecutive",
    "unravel_index",
    "where",
]  # fmt: skip
