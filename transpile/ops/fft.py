"""Discrete Fourier transforms: ``torch.fft`` and the operators behind it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from transpile.core import dtype as D
from transpile.core.dtype import DType
from transpile.ops.families import Family
from transpile.ops.layout import dense, require_allocatable
from transpile.ops.padding import pad_constant
from transpile.ops.promotion import (
    Array,
    cast,
    cast_number,
    dtype_of,
    get_default_dtype,
    real_dtype,
    shape_text,
    to_floating,
)

FAMILY = Family("fft")
op = FAMILY.op

_COMPLEX = {D.float32: D.complex64, D.float64: D.complex128}
# How a result is scaled: the third argument of the operators that the others are made of.
NONE, BY_ROOT_N, BY_N = 0, 1, 2

Ints = Sequence[int]

# --- the transforms ------------------------------------------------------------------------------------------------


def _last(array: Array, dims: Ints) -> Array:
    """The array with ``dims`` as its last axes, contiguous in that order."""
    return np.ascontiguousarray(np.moveaxis(array, dims, range(-len(dims), 0)))


def _require_rows(array: Array) -> None:
    """A tensor without elements is refused, as by the library behind PyTorch on x86."""
    if not array.size:
        if not array.shape[-1]:
            raise RuntimeError(
                "cannot reshape tensor of 0 elements into shape [-1, 0] because the unspecified dimension size -1 can be "
                "any value and is ambiguous"
            )
        raise RuntimeError("MKL FFT error: Intel oneMKL DFTI ERROR: Inconsistent configuration parameters")


def _scaled(array: Array, points: int, normalization: int) -> Array:
    if normalization == NONE:
        return array
    factor = 1 / math.sqrt(points) if normalization == BY_ROOT_N else 1 / points
    return array * real_dtype(dtype_of(array)).numpy.type(factor)


def _along(array: Array, axes: Sequence[int], forward: bool) -> Array:
    """Transforms along several axes without scaling, in the precision of ``array``."""
    kind = array.dtype
    for axis in axes:
        one = np.fft.fft(array, axis=axis) if forward else np.fft.ifft(array, axis=axis, norm="forward")
        array = one.astype(kind, copy=False)
    return array


def complex_to_complex(self: Array, dim: Ints, normalization: int, forward: bool) -> Array:
    """Transforms along each of ``dim``; ``forward`` gives the sign of the exponent."""
    if self.dtype.kind != "c":
        raise RuntimeError(f"Only supports complex dtypes, but found: {dtype_of(self).graph_name}")
    if not dim:
        return self.copy("C")
    dims = sorted(_checked_dims(self, dim))
    moved = _last(self, dims)
    _require_rows(moved)
    result = _along(moved, range(-len(dims), 0), forward)
    result = _scaled(result, math.prod(self.shape[d] for d in dims), normalization)
    result = result.copy() if result is moved and np.may_share_memory(result, self) else result
    return np.moveaxis(result, range(-len(dims), 0), dims)


def real_to_complex(self: Array, dim: Ints, normalization: int, onesided: bool) -> Array:
    """Of real values; ``onesided`` leaves out what follows from symmetry along the last of ``dim``."""
    _require_real(self)
    if not dim:
        raise RuntimeError("ArrayRef: attempted to access back() of empty list")
    dims = _checked_dims(self, dim)
    moved = _last(self, dims)
    kind = _COMPLEX[dtype_of(self)].numpy
    _require_rows(moved)
    result = (np.fft.rfft(moved) if onesided else np.fft.fft(moved)).astype(kind, copy=False)
    result = _along(result, range(-len(dims), -1), True)
    result = _scaled(result, math.prod(self.shape[d] for d in dims), normalization)
    return np.moveaxis(result, range(-len(dims), 0), dims)


def _require_real(self: Array) -> None:
    found = dtype_of(self)
    if found is D.float16 or found is D.bfloat16:
        raise RuntimeError(f"MKL FFT doesn't support tensors of type: {found.graph_name}")
    if not found.is_floating_point:
        raise RuntimeError(f"Only supports floating-point dtypes, but found: {found.graph_name}")


def complex_to_real(self: Array, dim: Ints, normalization: int, last_dim_size: int) -> Array:
    """The inverse of ``real_to_complex`` with half of the last dimension: ``last_dim_size`` is its length in the result."""
    if self.dtype.kind != "c":
        raise RuntimeError(f"Only supports complex dtypes, but found: {dtype_of(self).graph_name}")
    if not dim:
        raise RuntimeError("ArrayRef: attempted to access back() of empty list")
    dims = _checked_dims(self, dim)
    if last_dim_size < 1:
        raise RuntimeError(f"Invalid number of data points ({last_dim_size}) specified")
    if self.shape[dims[-1]] != last_dim_size // 2 + 1:
        raise RuntimeError(
            f"Expected {last_dim_size // 2 + 1} values along dimension {dims[-1]} for {last_dim_size} points, but got "
            f"{self.shape[dims[-1]]}"
        )
    moved = _last(self, dims)
    kind = real_dtype(dtype_of(self)).numpy
    _require_rows(moved)
    moved = _along(moved, range(-len(dims), -1), False)
    result: Array = np.fft.irfft(moved, last_dim_size, norm="forward").astype(kind, copy=False)
    result = _scaled(result, math.prod(result.shape[result.ndim - len(dims) :]), normalization)
    return np.moveaxis(result, range(-len(dims), 0), dims)


def _checked_dims(self: Array, dim: Ints) -> list[int]:
    dims = _wrap(dim, self.ndim)
    if len(set(dims)) != len(dims):
        raise RuntimeError("FFT dims must be unique")
    return dims


op("aten::_fft_c2c(Tensor self, int[] dim, int normalization, bool forward) -> Tensor", tags=("same_dtype",))(
    complex_to_complex
)
op("aten::_fft_r2c(Tensor self, int[] dim, int normalization, bool onesided) -> Tensor")(real_to_complex)
op("aten::_fft_c2r(Tensor self, int[] dim, int normalization, int last_dim_size) -> Tensor")(complex_to_real)

# --- arguments -----------------------------------------------------------------------------------------------------


def _wrap(dims: Ints, rank: int) -> list[int]:
    """Dimensions counted from the front; other than in most operators a 0-d tensor has none."""
    found = []
    for dim in dims:
        if not rank:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        if not -rank <= dim < rank:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-rank}, {rank - 1}], but got {dim})"
            )
        found.append(dim % rank)
    return found


def _promoted(self: Array, *, to_complex: bool = False) -> Array:
    target = to_floating(dtype_of(self))
    if target is D.float16 or target is D.bfloat16:
        raise RuntimeError(f"Unsupported dtype {target.graph_name}")
    return cast(self, _COMPLEX.get(target, target) if to_complex else target)


def _normalization(norm: str | None, forward: bool) -> int:
    if norm is None or norm == "backward":
        return NONE if forward else BY_N
    if norm == "forward":
        return BY_N if forward else NONE
    if norm == "ortho":
        return BY_ROOT_N
    raise RuntimeError(f'Invalid normalization mode: "{norm}"')


def _check_points(count: int) -> None:
    if count < 1:
        raise RuntimeError(f"Invalid number of data points ({count}) specified")


def _resized(self: Array, dims: Ints, sizes: Ints) -> Array:
    """Each dimension cut off, or padded with zeros, at its end."""
    pad = [0] * (2 * self.ndim)
    for dim, size in zip(dims, sizes, strict=True):
        pad[2 * (self.ndim - 1 - dim) + 1] = size - self.shape[dim]
    if not any(pad):
        return self
    shape = list(self.shape)
    for dim, size in zip(dims, sizes, strict=True):
        shape[dim] = size
    if math.prod(shape) * self.itemsize >= 1 << 63:
        raise RuntimeError(f"Storage size calculation overflowed with sizes={shape_text(tuple(shape))}")
    return pad_constant(self, pad, 0)


def _shape_and_dims(self: Array, shape: Ints | None, dim: Ints | None) -> tuple[list[int], list[int]]:
    """The length of each transform and its dimension."""
    dims = list(range(self.ndim))
    if dim is not None:
        dims = _wrap([dim] if isinstance(dim, int) else dim, self.ndim)
        if len(set(dims)) != len(dims):
            raise RuntimeError("FFT dims must be unique")
    if shape is None:
        sizes = [self.shape[d] for d in dims]
    else:
        given = [shape] if isinstance(shape, int) else list(shape)
        if dim is not None and len(dims) != len(given):
            raise RuntimeError("When given, dim and shape arguments must have the same length")
        if len(given) > self.ndim:
            raise RuntimeError(f"Got shape with {len(given)} values but input tensor only has {self.ndim} dimensions.")
        dims = dims if dim is not None else dims[self.ndim - len(given) :]
        sizes = [self.shape[d] if n == -1 else n for n, d in zip(given, dims, strict=True)]
    for size in sizes:
        _check_points(size)
    return sizes, dims


# --- one dimension -------------------------------------------------------------------------------------------------


def _of_real(name: str, self: Array, n: int | None, dim: int, norm: str | None, forward: bool, onesided: bool) -> Array:
    if self.dtype.kind == "c":
        raise RuntimeError(f"{name} expects a real input tensor, but got {dtype_of(self).graph_name}")
    x = _promoted(self)
    (axis,) = _wrap([dim], x.ndim)
    _check_points(x.shape[axis] if n is None else n)
    x = x if n is None else _resized(x, [axis], [n])
    result = real_to_complex(x, [axis], _normalization(norm, forward), onesided)
    return result if forward else np.conjugate(result)


def _of_complex(self: Array, n: int | None, dim: int, norm: str | None, forward: bool) -> Array:
    (axis,) = _wrap([dim], self.ndim)
    _check_points(self.shape[axis] if n is None else n)
    x = self if n is None else _resized(self, [axis], [n])
    return complex_to_complex(x, [axis], _normalization(norm, forward), forward)


def _to_real(self: Array, n: int | None, dim: int, norm: str | None, forward: bool) -> Array:
    x = _promoted(self, to_complex=True)
    (axis,) = _wrap([dim], x.ndim)
    points = 2 * (x.shape[axis] - 1) if n is None else n
    _check_points(points)
    x = x if n is None else _resized(x, [axis], [n // 2 + 1])
    scale = _normalization(norm, forward)
    return complex_to_real(np.conjugate(x) if forward else x, [axis], scale, points)


def _either(name: str, forward: bool) -> Callable[..., Array]:
    def kernel(self: Array, n: int | None = None, dim: int = -1, norm: str | None = None) -> Array:
        if self.dtype.kind == "c":
            return _of_complex(self, n, dim, norm, forward)
        return _of_real(name, self, n, dim, norm, forward, onesided=False)

    return kernel


def _half(name: str, forward: bool) -> Callable[..., Array]:
    def kernel(self: Array, n: int | None = None, dim: int = -1, norm: str | None = None) -> Array:
        return _of_real(name, self, n, dim, norm, forward, onesided=True)

    return kernel


def _real(forward: bool) -> Callable[..., Array]:
    def kernel(self: Array, n: int | None = None, dim: int = -1, norm: str | None = None) -> Array:
        return _to_real(self, n, dim, norm, forward)

    return kernel


for _name, _kernel in (
    ("fft", _either("fft", True)), ("ifft", _either("ifft", False)), ("rfft", _half("rfft", True)),
    ("irfft", _real(False)), ("hfft", _real(True)), ("ihfft", _half("ihfft", False)),
):  # fmt: skip
    op(f"aten::fft_{_name}(Tensor self, int? n=None, int dim=-1, str? norm=None) -> Tensor", tags=("floating",))(
        _kernel
    )

# --- several dimensions --------------------------------------------------------------------------------------------


def _fftn(self: Array, s: Ints | None, dim: Ints | None, norm: str | None, forward: bool) -> Array:
    sizes, dims = _shape_and_dims(self, s, dim)
    x = _resized(_promoted(self, to_complex=True), dims, sizes)
    return complex_to_complex(x, dims, _normalization(norm, forward), forward)


def fftn(self: Array, s: Ints | None = None, dim: Ints | None = None, norm: str | None = None) -> Array:
    return _fftn(self, s, dim, norm, True)


def ifftn(self: Array, s: Ints | None = None, dim: Ints | None = None, norm: str | None = None) -> Array:
    return _fftn(self, s, dim, norm, False)


def rfftn(self: Array, s: Ints | None = None, dim: Ints | None = None, norm: str | None = None) -> Array:
    if self.dtype.kind == "c":
        raise RuntimeError(f"rfftn expects a real-valued input tensor, but got {dtype_of(self).graph_name}")
    sizes, dims = _shape_and_dims(self, s, dim)
    if not dims:
        raise RuntimeError("rfftn must transform at least one axis")
    x = _resized(_promoted(self), dims, sizes)
    return real_to_complex(x, dims, _normalization(norm, True), True)


def _real_shape(name: str, self: Array, s: Ints | None, dim: Ints | None) -> tuple[list[int], list[int], int]:
    """The lengths and dimensions of a transform to real values, and how many of those the last dimension gets."""
    sizes, dims = _shape_and_dims(self, s, dim)
    if not dims:
        raise RuntimeError(f"{name} must transform at least one axis")
    given = [s] if isinstance(s, int) else s
    last = 2 * (self.shape[dims[-1]] - 1) if given is None or given[-1] == -1 else sizes[-1]
    _check_points(last)
    return [*sizes[:-1], last // 2 + 1], dims, last


def irfftn(self: Array, s: Ints | None = None, dim: Ints | None = None, norm: str | None = None) -> Array:
    sizes, dims, last = _real_shape("irfftn", self, s, dim)
    x = _resized(_promoted(self, to_complex=True), dims, sizes)
    return complex_to_real(x, dims, _normalization(norm, False), last)


def hfftn(self: Array, s: Ints | None = None, dim: Ints | None = None, norm: str | None = None) -> Array:
    sizes, dims, last = _real_shape("hfftn", self, s, dim)
    x = _resized(_promoted(self, to_complex=True), dims, sizes)
    scale = _normalization(norm, True)
    if len(dims) > 1:
        x = complex_to_complex(x, dims[:-1], scale, True)
    return complex_to_real(np.conjugate(x), dims[-1:], scale, last)


def ihfftn(self: Array, s: Ints | None = None, dim: Ints | None = None, norm: str | None = None) -> Array:
    sizes, dims = _shape_and_dims(self, s, dim)
    if not dims:
        raise RuntimeError("ihfftn must transform at least one axis")
    x = _resized(_promoted(self), dims, sizes)
    scale = _normalization(norm, False)
    half = np.conjugate(real_to_complex(x, dims[-1:], scale, True))
    return complex_to_complex(half, dims[:-1], scale, False) if len(dims) > 1 else half


for _name, _many in (
    ("fft", fftn), ("ifft", ifftn), ("rfft", rfftn), ("irfft", irfftn), ("hfft", hfftn), ("ihfft", ihfftn)
):  # fmt: skip
    op(
        f"aten::fft_{_name}n(Tensor self, int[1]? s=None, int[1]? dim=None, str? norm=None) -> Tensor",
        tags=("floating",),
    )(_many)
    op(
        f"aten::fft_{_name}2(Tensor self, int[1]? s=None, int[1] dim=[-2, -1], str? norm=None) -> Tensor",
        tags=("floating",),
    )(_many)

# --- frequencies ---------------------------------------------------------------------------------------------------


def _frequencies(name: str, count: Array, n: int, d: float, dtype: DType | None) -> Array:
    target = dtype or get_default_dtype()
    if target.category < D.FLOATING:
        raise RuntimeError(f"{name} requires a floating point or complex dtype")
    if target.is_complex:
        raise NotImplementedError(f"\"arange_cpu\" not implemented for '{target.graph_name}'")
    width = n * d
    step = 1 / width if width else math.copysign(math.inf, width)
    wide = D.float32 if target.itemsize == 2 else target
    return cast(cast(count, wide) * cast_number(step, wide), target)


@op(
    "aten::fft_fftfreq(int n, float d=1., *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, "
    "bool? pin_memory=None) -> Tensor",
    tags=("factory",),
)
def fftfreq(n: int, d: float = 1.0, *, dtype: DType | None = None) -> Array:
    """The frequencies of the elements of a transform of ``n`` points that are ``d`` apart."""
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    require_allocatable((n,), 8)
    count = np.arange(n, dtype=np.int64)
    return _frequencies("fftfreq", np.where(count < (n + 1) // 2, count, count - n), n, d, dtype)


@op(
    "aten::fft_rfftfreq(int n, float d=1., *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, "
    "bool? pin_memory=None) -> Tensor",
    tags=("factory",),
)
def rfftfreq(n: int, d: float = 1.0, *, dtype: DType | None = None) -> Array:
    """The same for a transform of real values, which has half of the elements."""
    count = (n // 2 if n >= 0 else -(-n // 2)) + 1
    if count < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {count}: [{count}]")
    return _frequencies("rfftfreq", np.arange(count, dtype=np.int64), n, d, dtype)


def _shift(self: Array, dim: Ints | int | None, extra: int) -> Array:
    dims = list(range(self.ndim))
    if dim is not None:
        dims = _wrap([dim] if isinstance(dim, int) else dim, self.ndim)
    if not dims:
        raise RuntimeError("`shifts` required")
    return dense(np.roll(self, [(self.shape[d] + extra) // 2 for d in dims], dims)) if self.size else self.copy("C")


@op("aten::fft_fftshift(Tensor self, int[1]? dim=None) -> Tensor", tags=("same_dtype", "same_rank"))
def fftshift(self: Array, dim: Ints | int | None = None) -> Array:
    """The frequency zero in the middle."""
    return _shift(self, dim, 0)


@op("aten::fft_ifftshift(Tensor self, int[1]? dim=None) -> Tensor", tags=("same_dtype", "same_rank"))
def ifftshift(self: Array, dim: Ints | int | None = None) -> Array:
    """The frequency zero in front again."""
    return _shift(self, dim, 1)
