"""Type promotion and conversion between element types, as torch does them.

NumPy's own promotion is never asked: every kernel converts its operands to one type first.  Three kinds of operands
count differently: tensors with dimensions before 0-d tensors before Python numbers.  A lower kind only matters when its
category (bool, integral, floating, complex) is higher.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from transpile.core import dtype as D
from transpile.core.dtype import DType

Array: TypeAlias = npt.NDArray[Any]
Number: TypeAlias = "bool | int | float | complex"
Operand: TypeAlias = "Array | Number"

_default_dtype = D.float32
_MASK64 = (1 << 64) - 1


class WrappedNumber(np.ndarray):
    """A 0-d array that stands for a Python number where an operator is recorded with a tensor: a constant of a trace.

    The number, not the array, takes part in promotion: graphs hold it in this form, kernels get ``item()``.
    """

    @classmethod
    def of(cls, value: Number) -> WrappedNumber:
        dtype = {bool: np.bool_, int: np.int64, float: np.float64, complex: np.complex128}[type(value)]
        return np.asarray(value, dtype).view(cls)


def get_default_dtype() -> DType:
    """The type of Python floats that become tensors."""
    return _default_dtype


def set_default_dtype(dtype: DType) -> None:
    """Change the type of Python floats that become tensors; only floating types are accepted."""
    global _default_dtype
    if not dtype.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    _default_dtype = dtype


def default_complex_dtype() -> DType:
    return D.complex128 if _default_dtype is D.float64 else D.complex64


def dtype_of(array: Array) -> DType:
    """The torch type of an array."""
    return D.from_numpy(array.dtype)


def number_dtype(value: Number) -> DType:
    """The type a Python number has as a tensor: bool, int64, the default floating type or its complex partner."""
    if isinstance(value, bool):
        return D.bool_
    if isinstance(value, int):
        return D.int64
    return _default_dtype if isinstance(value, float) else default_complex_dtype()


def _combine(higher: DType | None, lower: DType | None) -> DType | None:
    if higher is None or lower is None:
        return higher or lower
    if higher.is_complex:
        return higher
    if higher.is_floating_point:
        if lower.is_complex:
            return D.complex128 if higher is D.float64 else D.complex64
        return higher
    if higher is D.bool_ or lower.category > D.INTEGRAL:
        return D.promote_types(higher, lower)
    return higher


def result_type(*operands: Operand) -> DType:
    """The type in which an operator computes on ``operands`` (``torch.result_type`` for any number of them)."""
    kinds: list[DType | None] = [None, None, None]
    for operand in operands:
        if isinstance(operand, np.ndarray):
            kind, dtype = (0 if operand.ndim else 1), dtype_of(operand)
        else:
            kind, dtype = 2, number_dtype(operand)
        known = kinds[kind]
        kinds[kind] = dtype if known is None else D.promote_types(known, dtype)
    found = _combine(kinds[0], _combine(kinds[1], kinds[2]))
    if found is None:
        raise ValueError("at least one operand is needed")
    return found


def to_floating(dtype: DType) -> DType:
    """The type in which a function with real results computes: integers and bools become the default type."""
    return dtype if dtype.category >= D.FLOATING else _default_dtype


def compute_dtype(dtype: DType) -> DType:
    """The type in which values of ``dtype`` are computed before they are rounded: float32 for the 16-bit types."""
    return D.float32 if dtype is D.float16 or dtype is D.bfloat16 else dtype


def real_dtype(dtype: DType) -> DType:
    """The type of the parts of a complex type; any other type itself."""
    return {D.complex64: D.float32, D.complex128: D.float64}.get(dtype, dtype)


def wrap_int(value: int) -> int:
    """``value`` modulo 2**64 as a signed 64-bit integer."""
    value &= _MASK64
    return value - (1 << 64) if value >> 63 else value


def cast(array: Array, dtype: DType) -> Array:
    """``array`` in another type; itself if it has that type.

    Conversions of floats to integers are those of x86-64: what does not fit becomes the most negative value of the
    intermediate type (int32, or int64 for int64 and uint8), narrower integers keep the low bits.
    """
    target = dtype.numpy
    if array.dtype == target:
        return array
    source = dtype_of(array)
    if source.is_complex and not dtype.is_complex:
        if dtype is D.bool_:
            return np.asarray(array != 0)
        return cast(array.real.copy(), dtype)
    if source is D.bfloat16 and dtype is not D.float32:
        return cast(array.astype(np.float32), dtype)
    if source.is_floating_point and dtype.category == D.INTEGRAL:
        step = np.int64 if dtype in (D.int64, D.uint8) else np.int32
        with np.errstate(invalid="ignore"):
            return array.astype(step).astype(target)
    if dtype is D.bfloat16 and source.is_floating_point is False and source is not D.bool_:
        return array.astype(np.float32).astype(target)
    with np.errstate(over="ignore"):
        return array.astype(target)


def cast_number(value: Number, dtype: DType) -> Array:
    """A Python number as a 0-d array of ``dtype``; integers wrap, complex numbers lose their imaginary part."""
    if isinstance(value, int) and not isinstance(value, bool):
        return cast(np.asarray(np.int64(wrap_int(value))), dtype)
    if isinstance(value, complex):
        return cast(np.asarray(np.complex128(value)), dtype)
    if isinstance(value, float):
        return cast(np.asarray(np.float64(value)), dtype)
    return cast(np.asarray(np.bool_(value)), dtype)


def cast_operand(operand: Operand, common: DType, compute: DType) -> Array:
    """An operand in the type ``compute`` of a computation whose result type is ``common``.

    Tensors with dimensions are rounded to ``common`` first, as torch does; numbers and 0-d tensors are not.
    """
    if isinstance(operand, np.ndarray):
        if compute is common or operand.ndim == 0:
            return cast(operand, compute)
        return cast(cast(operand, common), compute)
    return cast_number(operand, compute)


def to_element(value: Number, dtype: DType) -> Array:
    """A number as an element that is stored (``fill_``, ``full``): torch refuses one that does not fit.

    Fractions are cut off; a negative number is accepted for uint8 down to -255 and wraps.
    """
    fits = True
    if isinstance(value, complex):
        fits = dtype.is_complex or value.imag == 0
        value = value if dtype.is_complex else value.real
    if dtype is D.complex64:
        parts = (complex(value).real, complex(value).imag)
        fits = all(not -np.inf < p < np.inf or bool(np.isfinite(np.float32(p))) for p in parts)
    if dtype.category == D.INTEGRAL and not isinstance(value, complex):
        bits = dtype.itemsize * 8
        low, high = (-(1 << bits) + 1, (1 << bits) - 1) if dtype is D.uint8 else (-(1 << bits - 1), (1 << bits - 1) - 1)
        fits = fits and value == value and low <= value <= high
        if fits:
            value = int(value)
    elif dtype.is_floating_point and not isinstance(value, complex) and -np.inf < value < np.inf:
        fits = fits and bool(np.isfinite(cast_number(float(value), dtype).astype(np.float64)))
    if not fits:
        raise RuntimeError(f"value cannot be converted to type {dtype.stored_name} without overflow")
    return cast_number(value, dtype)


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The common shape of ``shapes``; torch's error if two extents differ and neither is 1."""
    result: tuple[int, ...] = ()
    for shape in shapes:
        if shape == result:
            continue
        rank = max(len(result), len(shape))
        a = (1,) * (rank - len(result)) + result
        b = (1,) * (rank - len(shape)) + shape
        merged = list(a)
        for dim in range(rank - 1, -1, -1):
            if a[dim] != b[dim] and a[dim] != 1 and b[dim] != 1:
                raise RuntimeError(
                    f"The size of tensor a ({a[dim]}) must match the size of tensor b ({b[dim]}) "
                    f"at non-singleton dimension {dim}"
                )
            merged[dim] = b[dim] if a[dim] == 1 else a[dim]
        result = tuple(merged)
    return result


def broadcast(*arrays: Array) -> tuple[Array, ...]:
    """``arrays`` as read-only views of their common shape."""
    shape = broadcast_shapes(*(a.shape for a in arrays))
    return tuple(a if a.shape == shape else np.broadcast_to(a, shape) for a in arrays)


def can_cast(source: DType, target: DType) -> bool:
    """Whether a result of type ``source`` may be stored into a tensor of type ``target``."""
    if source.category == D.COMPLEX and target.category != D.COMPLEX:
        return False
    if source.category == D.FLOATING and target.category < D.FLOATING:
        return False
    return source.category == D.BOOL or target.category != D.BOOL


def require_castable(source: DType, target: DType) -> None:
    """Raise torch's error unless ``can_cast(source, target)``."""
    if not can_cast(source, target):
        raise RuntimeError(
            f"result type {source.graph_name} can't be cast to the desired output type {target.graph_name}"
        )


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as torch's messages print it: ``[2, 3]``."""
    return f"[{', '.join(map(str, shape))}]"


def require_writable(array: Array) -> None:
    """Raise torch's error for a tensor whose elements share memory (one that was expanded)."""
    if array.size and any(stride == 0 and size > 1 for stride, size in zip(array.strides, array.shape, strict=True)):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            "Please clone() the tensor before performing the operation."
        )


def write(target: Array, value: Array) -> Array:
    """Store ``value``, whose shape must not be larger than that of ``target``, into ``target`` and return that."""
    if value.shape != target.shape:
        shape = broadcast_shapes(target.shape, value.shape)
        if shape != target.shape:
            raise RuntimeError(
                f"output with shape {shape_text(target.shape)} doesn't match the broadcast shape {shape_text(shape)}"
            )
    require_writable(target)
    target[...] = cast(value, dtype_of(target))
    return target


def wrap_dim(dim: int, rank: int) -> int:
    """A dimension counted from the front; torch's IndexError if it is out of range.  A 0-d tensor has one."""
    limit = max(rank, 1)
    if not -limit <= dim < limit:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-limit}, {limit - 1}], but got {dim})")
    return dim % limit


def wrap_dims(dims: tuple[int, ...] | list[int] | int | None, rank: int) -> tuple[int, ...]:
    """Dimensions to reduce, sorted; ``None`` or none at all means every one."""
    if dims is None or (not isinstance(dims, int) and len(dims) == 0):
        return tuple(range(rank))
    wrapped: list[int] = []
    for dim in [dims] if isinstance(dims, int) else dims:
        found = wrap_dim(dim, rank)
        if found in wrapped:
            raise RuntimeError(f"dim {found} appears multiple times in the list of dims")
        wrapped.append(found)
    return tuple(sorted(wrapped)) if rank else ()
