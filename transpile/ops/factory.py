"""Making tensors out of sizes, numbers and lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.core.dtype import DType
from transpile.ops.families import Family
from transpile.ops.layout import require_allocatable
from transpile.ops.promotion import (
    Array,
    Number,
    cast,
    cast_number,
    compute_dtype,
    default_complex_dtype,
    dtype_of,
    get_default_dtype,
    number_dtype,
    shape_text,
    to_element,
)
from transpile.ops.registry import NoCpp

FAMILY = Family("factory")
op = FAMILY.op

_ARANGE = NoCpp("it is deprecated", "use torch.arange, which leaves out the end")

_FACTORY = ("factory",)


def _shape(size: Sequence[int], dtype: DType, name: str = "") -> tuple[int, ...]:
    """The sizes of a new tensor; torch's errors for negative and for too large ones."""
    shape = tuple(size)
    for extent in shape:
        if extent < 0:
            if name:
                raise RuntimeError(f"{name}: Dimension size must be non-negative.")
            raise RuntimeError(f"Trying to create tensor with negative dimension {extent}: {shape_text(shape)}")
    require_allocatable(shape, dtype.itemsize)
    return shape


def _zeros(size: Sequence[int], dtype: DType | None, name: str = "") -> Array:
    dtype = dtype or get_default_dtype()
    return np.zeros(_shape(size, dtype, name), dtype.numpy)


def _filled(size: Sequence[int], value: Number, dtype: DType) -> Array:
    return np.full(_shape(size, dtype), to_element(value, dtype), dtype.numpy)


# --- constant fill -------------------------------------------------------------------------------------------------


@op(
    "aten::zeros(int[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, "
    "bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)
def zeros(size: Sequence[int], *, dtype: DType | None = None) -> Array:
    return _zeros(size, dtype, "zeros")


@op(
    "aten::ones(int[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, "
    "bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)
def ones(size: Sequence[int], *, dtype: DType | None = None) -> Array:
    return _filled(size, 1, dtype or get_default_dtype())


@op(
    "aten::full(int[] size, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, "
    "Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)
def full(size: Sequence[int], fill_value: Number, *, dtype: DType | None = None) -> Array:
    """A constant tensor; without a dtype, that of the number."""
    return _filled(size, fill_value, dtype or number_dtype(fill_value))


@op(
    "aten::empty.memory_format(int[] size, *, ScalarType? dtype=None, Layout? layout=None, "
    "Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
    tags=_FACTORY,
)
def empty(size: Sequence[int], *, dtype: DType | None = None) -> Array:
    """Zeros: memory of strangers never shows."""
    return _zeros(size, dtype)


@op(
    "aten::empty_strided(int[] size, int[] stride, *, ScalarType? dtype=None, Layout? layout=None, "
    "Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)
def empty_strided(size: Sequence[int], stride: Sequence[int], *, dtype: DType | None = None) -> Array:
    shape = _shape(size, dtype or get_default_dtype())
    if len(stride) != len(shape):
        raise RuntimeError(
            f"mismatch in length of strides and shape. Expected {len(shape)} strides, but got {len(stride)}"
        )
    if any(s < 0 for s in stride):
        raise RuntimeError(f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}")
    target = (dtype or get_default_dtype()).numpy
    count = 0 if 0 in shape else 1 + sum((n - 1) * s for n, s in zip(shape, stride, strict=True))
    base = np.zeros(count, target)
    return np.ndarray(shape, target, base, 0, tuple(s * target.itemsize for s in stride))


op(
    "aten::_efficientzerotensor(int[] size, *, ScalarType? dtype=None, Layout? layout=None, "
    "Device? device=None, bool? pin_memory=None) -> Tensor",
    cpp="ops::zeros({0}, {1})",
    tags=_FACTORY,
)(
    lambda size, *, dtype=None: zeros.kernel(size, dtype=dtype)  # type: ignore[misc]
)


def _like(self: Array, value: Number, dtype: DType | None) -> Array:
    target = dtype or dtype_of(self)
    result = np.empty_like(self, dtype=target.numpy, subok=False)
    result[...] = to_element(value, target)
    return result


op(
    "aten::zeros_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, "
    "bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
    tags=_FACTORY,
)(lambda self, *, dtype=None: _like(self, 0, dtype))
op(
    "aten::ones_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, "
    "bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
    tags=_FACTORY,
)(lambda self, *, dtype=None: _like(self, 1, dtype))
op(
    "aten::empty_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, "
    "bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
    tags=_FACTORY,
)(lambda self, *, dtype=None: _like(self, 0, dtype))
op(
    "aten::full_like(Tensor self, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, "
    "Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor",
    tags=_FACTORY,
)(lambda self, fill_value, *, dtype=None: _like(self, fill_value, dtype))


def _new(self: Array, size: Sequence[int], value: Number, dtype: DType | None) -> Array:
    return _filled(size, value, dtype or dtype_of(self))


op(
    "aten::new_zeros(Tensor self, int[] size, *, ScalarType? dtype=None, Layout? layout=None, "
    "Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(lambda self, size, *, dtype=None: _new(self, size, 0, dtype))
op(
    "aten::new_ones(Tensor self, int[] size, *, ScalarType? dtype=None, Layout? layout=None, "
    "Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(lambda self, size, *, dtype=None: _new(self, size, 1, dtype))
op(
    "aten::new_empty(Tensor self, int[] size, *, ScalarType? dtype=None, Layout? layout=None, "
    "Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(lambda self, size, *, dtype=None: _new(self, size, 0, dtype))
op(
    "aten::new_full(Tensor self, int[] size, Scalar fill_value, *, ScalarType? dtype=None, "
    "Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(lambda self, size, fill_value, *, dtype=None: _new(self, size, fill_value, dtype))
op(
    "aten::new_empty_strided(Tensor self, int[] size, int[] stride, *, ScalarType? dtype=None, "
    "Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(
    lambda self, size, stride, *, dtype=None: empty_strided.kernel(size, stride, dtype=dtype or dtype_of(self))  # type: ignore[misc]
)


@op(
    "aten::eye.m(int n, int m, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, "
    "bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)
def eye(n: int, m: int, *, dtype: DType | None = None) -> Array:
    for name, extent in (("n", n), ("m", m)):
        if extent < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {extent}")
    return np.eye(n, m, dtype=(dtype or get_default_dtype()).numpy)


op(
    "aten::eye(int n, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, "
    "bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(lambda n, *, dtype=None: eye.kernel(n, n, dtype=dtype))  # type: ignore[misc]

# --- ranges --------------------------------------------------------------------------------------------------------


def _arange(start: Number, end: Number, step: Number = 1, *, dtype: DType | None = None) -> Array:
    if dtype is None:
        dtype = get_default_dtype() if any(isinstance(v, float) for v in (start, end, step)) else D.int64
    if not (np.isfinite(float(start)) and np.isfinite(float(end))):  # type: ignore[arg-type]
        raise RuntimeError(f"unsupported range: {start:g} -> {end:g}")
    if abs((float(end) - float(start)) / (float(step) or 1.0)) >= 1 << 63:  # type: ignore[arg-type]
        raise RuntimeError("invalid size, possible overflow?")
    if dtype.category < D.FLOATING:
        first, last, stride = (int(cast_number(v, D.int64)) for v in (start, end, step))
        if dtype is not D.int64:  # the other integer types round the number of elements up before they truncate
            _check_range(float(start), float(end), float(step))  # type: ignore[arg-type]
            count = int(np.ceil((float(end) - float(start)) / float(step)))  # type: ignore[arg-type]
            return cast(first + np.arange(count, dtype=np.int64) * stride, dtype)
        _check_range(first, last, stride)
        return cast(np.arange(first, last, stride, dtype=np.int64), dtype)
    low, high, width = float(start), float(end), float(step)  # type: ignore[arg-type]
    _check_range(low, high, width)
    count = int(np.ceil((high - low) / width))
    return cast(low + np.arange(count, dtype=np.float64) * width, dtype)


def _check_range(start: float, end: float, step: float) -> None:
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not (np.isfinite(start) and np.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start:g} -> {end:g}")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")


op(
    "aten::arange(Scalar end, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, "
    "bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(lambda end, *, dtype=None: _arange(0, end, dtype=dtype))
op(
    "aten::arange.start(Scalar start, Scalar end, *, ScalarType? dtype=None, Layout? layout=None, "
    "Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(_arange)
arange = op(
    "aten::arange.start_step(Scalar start, Scalar end, Scalar step=1, *, ScalarType? dtype=None, "
    "Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(_arange)


def _inclusive_range(start: Number, end: Number, step: Number = 1, *, dtype: DType | None = None) -> Array:
    target = dtype or get_default_dtype()
    low, high, width = float(start), float(end), float(step)  # type: ignore[arg-type]
    _check_range(low, high, width)
    count = int(np.floor((high - low) / width)) + 1
    return cast(low + np.arange(count, dtype=np.float64) * width, target)


op(
    "aten::range.step(Scalar start, Scalar end, Scalar step=1, *, ScalarType? dtype=None, "
    "Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
    no_cpp=_ARANGE,
)(_inclusive_range)
op(
    "aten::range(Scalar start, Scalar end, *, ScalarType? dtype=None, Layout? layout=None, "
    "Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
    no_cpp=_ARANGE,
)(_inclusive_range)


def _spaced(start: Any, end: Any, steps: int, dtype: DType | None) -> tuple[Array, DType]:
    ranks = [v.ndim if isinstance(v, np.ndarray) else 0 for v in (start, end)]
    if any(ranks):
        raise RuntimeError(
            f"linspace only supports 0-dimensional start and end tensors, but got start with {ranks[0]} dimension(s) and "
            f"end with {ranks[1]} dimension(s)."
        )
    start, end = (v.item() if isinstance(v, np.ndarray) else v for v in (start, end))
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    complex_ends = isinstance(start, complex) or isinstance(end, complex)
    target = dtype or (default_complex_dtype() if complex_ends else get_default_dtype())
    require_allocatable([steps], target.itemsize)
    compute = compute_dtype(target)
    kind = np.dtype(np.float64) if target.category < D.FLOATING else compute.numpy
    first, last = kind.type(start), kind.type(end)
    if target.category < D.FLOATING:
        first, last = np.trunc(first), np.trunc(last)
    if steps < 2:
        return np.full(steps, first), target
    stride = (last - first) / kind.type(steps - 1)
    index = np.arange(steps).astype(kind)
    back = kind.type(steps - 1) - index
    return np.where(np.arange(steps) < steps // 2, first + stride * index, last - stride * back), target


def _linspace(start: Any, end: Any, steps: int, *, dtype: DType | None = None) -> Array:
    values, target = _spaced(start, end, steps, dtype)
    return cast(values, target)


def _logspace(start: Any, end: Any, steps: int, base: float = 10.0, *, dtype: DType | None = None) -> Array:
    values, target = _spaced(start, end, steps, dtype)
    return cast(np.power(values.dtype.type(base), values), target)


op(
    "aten::linspace.Tensor_Tensor(Tensor start, Tensor end, int steps, *, ScalarType? dtype=None, "
    "Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
    cpp="ops::linspace(ops::item({0}), ops::item({1}), {2}, {3})",
    tags=_FACTORY,
)(_linspace)
op(
    "aten::linspace.Tensor_Scalar(Tensor start, Scalar end, int steps, *, ScalarType? dtype=None, "
    "Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
    cpp="ops::linspace(ops::item({0}), {1}, {2}, {3})",
    tags=_FACTORY,
)(_linspace)
op(
    "aten::linspace.Scalar_Tensor(Scalar start, Tensor end, int steps, *, ScalarType? dtype=None, "
    "Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
    cpp="ops::linspace({0}, ops::item({1}), {2}, {3})",
    tags=_FACTORY,
)(_linspace)
linspace = op(
    "aten::linspace(Scalar start, Scalar end, int steps, *, ScalarType? dtype=None, Layout? layout=None, "
    "Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(_linspace)
logspace = op(
    "aten::logspace(Scalar start, Scalar end, int steps, float base=10., *, ScalarType? dtype=None, "
    "Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)(_logspace)


@op(
    "aten::tril_indices(int row, int col, int offset=0, *, ScalarType? dtype=4, Layout? layout=None, "
    "Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)
def tril_indices(row: int, col: int, offset: int = 0, *, dtype: DType | None = None) -> Array:
    _check_triangle(row, col)
    first = min(max(-offset, 0), row if col else 0)  # rows before it have nothing
    rows = np.arange(first, row if col else first)
    return _triangle(rows, np.zeros_like(rows), np.minimum(rows + (min(offset, col) + 1), col), dtype)


@op(
    "aten::triu_indices(int row, int col, int offset=0, *, ScalarType? dtype=4, Layout? layout=None, "
    "Device? device=None, bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)
def triu_indices(row: int, col: int, offset: int = 0, *, dtype: DType | None = None) -> Array:
    _check_triangle(row, col)
    last = min(max(col - offset, 0), row if col else 0)  # it and rows after it have nothing
    rows = np.arange(last)
    starts = np.maximum(rows + max(offset, -last), 0)
    return _triangle(rows, starts, np.full_like(rows, col), dtype)


def _check_triangle(row: int, col: int) -> None:
    for name, extent in (("row", row), ("col", col)):
        if extent < 0:
            raise RuntimeError(f"{name} must be non-negative, got{extent}")


def _triangle(rows: Array, starts: Array, ends: Array, dtype: DType | None) -> Array:
    """The places in ``rows``, of each from one column to another, in order."""
    counts = ends - starts
    before = np.cumsum(counts) - counts
    columns = np.arange(counts.sum()) + np.repeat(starts - before, counts)
    return np.stack([np.repeat(rows, counts), columns]).astype((dtype or D.int64).numpy)


# --- data ----------------------------------------------------------------------------------------------------------


def _nested_shape(data: Any, dim: int = 0) -> tuple[int, ...]:
    if not isinstance(data, (list, tuple)):
        return data.shape if isinstance(data, np.ndarray) else ()
    shapes = [_nested_shape(item, dim + 1) for item in data]
    for shape in shapes[1:]:
        if shape != shapes[0]:
            expected = shapes[0][0] if shapes[0] else 0
            got = shape[0] if shape else 0
            raise ValueError(f"expected sequence of length {expected} at dim {dim + 1} (got {got})")
    return (len(data), *(shapes[0] if shapes else ()))


def _leaves(data: Any) -> list[Any]:
    if isinstance(data, (list, tuple)):
        return [leaf for item in data for leaf in _leaves(item)]
    if isinstance(data, np.ndarray):
        return [x if isinstance(x, (bool, int, float, complex)) else float(x) for x in data.reshape(-1).tolist()]
    return [data]


def from_data(data: Any, dtype: DType | None = None) -> Array:
    """A tensor from a number or nested lists of numbers; without a dtype, that of the widest number in them."""
    if isinstance(data, np.ndarray):
        return cast(data, dtype or dtype_of(data)).copy()
    shape, leaves = _nested_shape(data), _leaves(data)
    if dtype is None:
        kinds = [number_dtype(leaf) for leaf in leaves]
        dtype = max(kinds, key=lambda d: d.category) if kinds else get_default_dtype()
    wide: Any = {D.BOOL: np.bool_, D.INTEGRAL: np.int64, D.FLOATING: np.float64, D.COMPLEX: np.complex128}
    widest = max((number_dtype(leaf).category for leaf in leaves), default=dtype.category)
    return cast(np.array(leaves, dtype=wide[widest]), dtype).reshape(shape)


def _tensor(data: Any, *, dtype: DType | None = None, requires_grad: bool = False) -> Array:
    return from_data(data, dtype)


def _as_tensor(data: Any, *, dtype: DType | None = None) -> Array:
    if isinstance(data, np.ndarray):
        return cast(data, dtype or dtype_of(data))
    return from_data(data, dtype)


op(
    "aten::as_tensor.bool(bool t, *, ScalarType? dtype=None, Device? device=None) -> Tensor",
    cpp="ops::tensor({0}, {1})",
    tags=_FACTORY,
)(_as_tensor)
op(
    "aten::as_tensor.float(float t, *, ScalarType? dtype=None, Device? device=None) -> Tensor",
    cpp="ops::tensor({0}, {1})",
    tags=_FACTORY,
)(_as_tensor)
op(
    "aten::as_tensor.int(int t, *, ScalarType? dtype=None, Device? device=None) -> Tensor",
    cpp="ops::tensor({0}, {1})",
    tags=_FACTORY,
)(_as_tensor)
op(
    "aten::as_tensor.complex(complex t, *, ScalarType? dtype=None, Device? device=None) -> Tensor",
    cpp="ops::tensor({0}, {1})",
    tags=_FACTORY,
)(_as_tensor)
op("aten::as_tensor(Tensor(a) data, *, ScalarType? dtype=None, Device? device=None) -> Tensor(b|a)")(_as_tensor)
op(
    "aten::as_tensor.list(t[] data, *, ScalarType? dtype=None, Device? device=None) -> Tensor",
    cpp="ops::tensor({0}, {1})",
    tags=_FACTORY,
)(_as_tensor)
op(
    "aten::tensor.bool(bool t, *, ScalarType? dtype=None, Device? device=None, bool requires_grad=False) -> Tensor",
    cpp="ops::tensor({0}, {1})",
    tags=_FACTORY,
)(_tensor)
op(
    "aten::tensor.float(float t, *, ScalarType? dtype=None, Device? device=None, bool requires_grad=False) -> Tensor",
    cpp="ops::tensor({0}, {1})",
    tags=_FACTORY,
)(_tensor)
op(
    "aten::tensor.int(int t, *, ScalarType? dtype=None, Device? device=None, bool requires_grad=False) -> Tensor",
    cpp="ops::tensor({0}, {1})",
    tags=_FACTORY,
)(_tensor)
op(
    "aten::tensor.complex(complex t, *, ScalarType? dtype=None, Device? device=None, "
    "bool requires_grad=False) -> Tensor",
    cpp="ops::tensor({0}, {1})",
    tags=_FACTORY,
)(_tensor)
op(
    "aten::tensor(t[] data, *, ScalarType? dtype=None, Device? device=None, bool requires_grad=False) -> Tensor",
    cpp="ops::tensor({0}, {1})",
    tags=_FACTORY,
)(_tensor)


@op(
    "aten::scalar_tensor(Scalar s, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, "
    "bool? pin_memory=None) -> Tensor",
    tags=_FACTORY,
)
def scalar_tensor(s: Number, *, dtype: DType | None = None) -> Array:
    """A 0-d tensor of the default type (whatever the number's type) unless told otherwise."""
    return to_element(s, dtype or (default_complex_dtype() if isinstance(s, complex) else get_default_dtype()))


op("aten::_list_to_tensor(int[] self) -> Tensor", tags=_FACTORY)(
    lambda self: np.array(self, dtype=np.int64).astype(np.int32)
)


@op("aten::_tensor_to_list(Tensor self) -> int[]")
def tensor_to_list(self: Array) -> list[int]:
    """The elements of a vector of int32, the first ones of the rows of more."""
    if self.ndim == 0:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    if len(self) and self.dtype != np.int32:
        raise RuntimeError(f"expected scalar type Int but found {dtype_of(self).graph_name}")
    return [int(row.reshape(-1)[0]) for row in self if row.size]


op("aten::_shape_as_tensor(Tensor self) -> Tensor")(lambda self: np.array(self.shape, dtype=np.int64))


@op("aten::one_hot(Tensor self, int num_classes=-1) -> Tensor")
def one_hot(self: Array, num_classes: int = -1) -> Array:
    """A new last dimension with a single 1 at the class."""
    if self.dtype != np.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if self.size == 0:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        return np.zeros((*self.shape, num_classes), np.int64)
    if int(self.min()) < 0:
        raise RuntimeError("Class values must be non-negative.")
    if num_classes == -1:
        num_classes = int(self.max()) + 1
    elif num_classes < 1:
        raise RuntimeError("num_classes should be positive")
    elif int(self.max()) >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    require_allocatable((*self.shape, num_classes), 8)
    return (self[..., None] == np.arange(num_classes)).astype(np.int64)
