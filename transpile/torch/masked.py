"""``torch.masked``: reductions and normalisations that see only the elements where ``mask`` is true.

What is masked out takes the value that changes nothing in a reduction (0 in a sum, 1 in a product).  A row without any
element gives that value, nan where there is none.  ``mask`` must broadcast to the input.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from transpile.core import dtype as D
from transpile.eager import torch_namespace as torch
from transpile.eager.tensor import Tensor
from transpile.torch import linalg

__all__ = [
    "amax", "amin", "argmax", "argmin", "cumprod", "cumsum", "log_softmax", "logaddexp", "logsumexp", "mean", "median", "norm",
    "normalize", "prod", "softmax", "softmin", "std", "sum", "var",
]  # fmt: skip

_Dims = int | Sequence[int] | None


def _dims(dim: _Dims, ndim: int) -> tuple[int, ...]:
    """The dimensions in order, none of them negative; all if none is named."""
    if dim is None or dim == ():
        return tuple(range(ndim))
    found: list[int] = []
    ndim = max(ndim, 1)
    for d in (dim,) if isinstance(dim, int) else dim:
        if d in found:
            raise RuntimeError(f"dim={d} appears multiple times in the list of dims")
        if not -ndim <= d < ndim:
            raise IndexError(f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got {d})")
        found.append(d % ndim)
    return tuple(sorted(found))


def _mask_of(input: Tensor, mask: Tensor) -> Tensor:
    """The mask as bools in the shape of the input."""
    if mask.shape != input.shape:
        if mask.ndim > input.ndim:
            raise IndexError(
                "_input_mask expected broadcastable mask (got mask dimensionality higher than of the input)"
            )
        mask = torch.broadcast_to(mask, input.shape)
    return mask if mask.dtype == D.bool_ else mask.bool()


def _identity(name: str, dtype: D.DType) -> float | int | bool:
    """What changes nothing in a reduction."""
    if name in ("sum", "cumsum"):
        return 0
    if name in ("prod", "cumprod"):
        return 1
    if name in ("amax", "argmax", "logaddexp", "logsumexp") and (dtype.is_floating_point or dtype.is_complex):
        return -math.inf
    if name in ("amin", "argmin") and (dtype.is_floating_point or dtype.is_complex):
        return math.inf
    if dtype == D.bool_ or dtype.is_complex:
        raise NotImplementedError(f"identity of {name} on {dtype} input")
    limits = torch.iinfo(dtype)
    return limits.max if name in ("amin", "argmin") else limits.min


def _filled(name: str, input: Tensor, mask: Tensor | None) -> Tensor:
    """The input with the value that changes nothing where it is masked out."""
    if mask is None:
        return input
    fill = torch.tensor(_identity(name, input.dtype), dtype=input.dtype)
    return torch.where(_mask_of(input, mask), input, fill)


def _accumulated(input: Tensor, dtype: D.DType | None) -> D.DType:
    """The type of a sum or product."""
    if dtype is not None:
        return dtype
    return input.dtype if input.dtype.is_floating_point or input.dtype.is_complex else D.int64


def sum(
    input: Tensor, dim: _Dims = None, *, keepdim: bool = False, dtype: D.DType | None = None, mask: Tensor | None = None
) -> Tensor:
    """The sum along dimensions."""
    dtype = _accumulated(input, dtype)
    filled = _filled("sum", input.to(dtype), mask)
    return torch.sum(filled, _dims(dim, input.ndim), bool(keepdim), dtype=dtype)


def prod(
    input: Tensor, dim: _Dims = None, *, keepdim: bool = False, dtype: D.DType | None = None, mask: Tensor | None = None
) -> Tensor:
    """The product along dimensions."""
    dtype = _accumulated(input, dtype)
    result = _filled("prod", input.to(dtype), mask)
    for d in reversed(_dims(dim, input.ndim)):
        result = torch.prod(result, d, bool(keepdim))
    return result.to(dtype)


def cumsum(input: Tensor, dim: int, *, dtype: D.DType | None = None, mask: Tensor | None = None) -> Tensor:
    """The sums of all elements up to each one."""
    dtype = _accumulated(input, dtype)
    (along,) = _dims(dim, input.ndim)
    return torch.cumsum(_filled("cumsum", input.to(dtype), mask), along, dtype=dtype).to(dtype)


def cumprod(input: Tensor, dim: int, *, dtype: D.DType | None = None, mask: Tensor | None = None) -> Tensor:
    """The products of all elements up to each one."""
    dtype = _accumulated(input, dtype)
    (along,) = _dims(dim, input.ndim)
    return torch.cumprod(_filled("cumprod", input.to(dtype), mask), along, dtype=dtype).to(dtype)


def amax(
    input: Tensor, dim: _Dims = None, *, keepdim: bool = False, dtype: D.DType | None = None, mask: Tensor | None = None
) -> Tensor:
    """The largest element along dimensions."""
    dtype = input.dtype if dtype is None else dtype
    return torch.amax(_filled("amax", input, mask), _dims(dim, input.ndim), bool(keepdim)).to(dtype)


def amin(
    input: Tensor, dim: _Dims = None, *, keepdim: bool = False, dtype: D.DType | None = None, mask: Tensor | None = None
) -> Tensor:
    """The smallest element along dimensions."""
    dtype = input.dtype if dtype is None else dtype
    return torch.amin(_filled("amin", input, mask), _dims(dim, input.ndim), bool(keepdim)).to(dtype)


def argmax(
    input: Tensor,
    dim: int | None = None,
    *,
    keepdim: bool = False,
    dtype: D.DType | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """Where the largest element is, in the type of the input."""
    dtype = input.dtype if dtype is None else dtype
    return torch.argmax(_filled("argmax", input, mask), dim, bool(keepdim)).to(dtype)


def argmin(
    input: Tensor,
    dim: int | None = None,
    *,
    keepdim: bool = False,
    dtype: D.DType | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """Where the smallest element is, in the type of the input."""
    dtype = input.dtype if dtype is None else dtype
    return torch.argmin(_filled("argmin", input, mask), dim, bool(keepdim)).to(dtype)


def _count(input: Tensor, dims: tuple[int, ...], keepdim: bool, mask: Tensor | None) -> Tensor:
    """How many elements each result is made of."""
    seen = torch.ones(input.shape, dtype=D.int64) if mask is None else _mask_of(input, mask).to(D.int64)
    return torch.sum(seen, dims, keepdim)


def mean(
    input: Tensor, dim: _Dims = None, *, keepdim: bool = False, dtype: D.DType | None = None, mask: Tensor | None = None
) -> Tensor:
    """The mean along dimensions."""
    if dtype is None:
        dtype = input.dtype
        if not (dtype.is_floating_point or dtype.is_complex):
            raise ValueError(
                "mean(): Could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
                f"Got: {dtype}"
            )
    dims = _dims(dim, input.ndim)
    if mask is None:
        return torch.mean(input, dims, bool(keepdim), dtype=dtype)
    total = sum(input, dims or None, keepdim=keepdim, dtype=dtype, mask=mask)
    return total / _count(input, dims, bool(keepdim), mask)


def median(
    input: Tensor, dim: int = -1, *, keepdim: bool = False, dtype: D.DType | None = None, mask: Tensor | None = None
) -> Tensor:
    """The median along a dimension, the lower one of two."""
    dtype = input.dtype if dtype is None else dtype
    (along,) = _dims(dim, input.ndim)
    if mask is None:
        return torch.median(input, along, keepdim).values.to(dtype)
    seen = _mask_of(input, mask)
    if not input.dtype.is_floating_point:
        if not bool(seen.any(along).all()):
            raise ValueError("masked median expects no fully masked out rows if dtype is not floating point")
        wide = torch.where(seen, input.to(D.float64), torch.tensor(math.nan, dtype=D.float64))
        return torch.nanmedian(wide, along, keepdim).values.to(dtype)
    filled = torch.where(seen, input, torch.tensor(math.nan, dtype=input.dtype))
    return torch.nanmedian(filled, along, keepdim).values.to(dtype)


def logsumexp(
    input: Tensor, dim: _Dims = None, *, keepdim: bool = False, dtype: D.DType | None = None, mask: Tensor | None = None
) -> Tensor:
    """The logarithm of the sum of exponentials along dimensions."""
    dtype = input.dtype if dtype is None else dtype
    return torch.logsumexp(_filled("logsumexp", input, mask), _dims(dim, input.ndim), keepdim).to(dtype)


def logaddexp(
    input: Tensor, other: Tensor, *, dtype: D.DType | None = None, input_mask: Tensor | None = None,
    other_mask: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The logarithm of the sum of the exponentials of two tensors."""
    dtype = input.dtype if dtype is None else dtype
    first, second = _filled("logaddexp", input, input_mask), _filled("logaddexp", other, other_mask)
    return torch.logaddexp(first, second).to(dtype)


def norm(
    input: Tensor, ord: float | None = 2.0, dim: _Dims = None, *, keepdim: bool = False, dtype: D.DType | None = None,
    mask: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The vector norm along dimensions."""
    dtype = input.dtype if dtype is None else dtype
    order = 2.0 if ord is None else ord
    filled = input
    if mask is not None:
        fill = torch.tensor(math.inf if order == -math.inf else 0, dtype=input.dtype)
        filled = torch.where(_mask_of(input, mask), input, fill)
    return linalg.vector_norm(filled, order, _dims(dim, input.ndim), bool(keepdim), dtype=dtype)


def _variance(
    input: Tensor, dim: _Dims, unbiased: bool | None, correction: float | None, keepdim: bool, dtype: D.DType | None,
    mask: Tensor | None, take_sqrt: bool,
) -> Tensor:  # fmt: skip
    if unbiased is not None and correction is not None:
        raise AssertionError("Only one of unbiased and correction may be given")
    less = 1.0 if correction is None else correction
    if unbiased is not None:
        less = 1.0 if unbiased else 0.0
    if dtype is None:
        dtype = input.dtype
        if not (dtype.is_floating_point or dtype.is_complex):
            dtype = D.float32
    compute = dtype if dtype.is_floating_point or dtype.is_complex else D.float32
    dims = _dims(dim, input.ndim)
    if mask is None:
        reduce = torch.std if take_sqrt else torch.var
        return reduce(input.to(compute), dims, correction=less, keepdim=bool(keepdim)).to(dtype)
    count = _count(input, dims, True, mask)
    total = sum(input, dims or None, keepdim=True, dtype=dtype, mask=mask)
    away = torch.subtract(input, torch.divide(total, count))
    squares = sum(away * away.conj(), dims or None, keepdim=keepdim, dtype=compute, mask=mask)
    if not keepdim:
        count = count.reshape(squares.shape)
    if less != 0:
        real = D.float64 if compute in (D.float64, D.complex128) else D.float32
        count = torch.maximum(torch.subtract(count.to(real), less), torch.tensor(0.0, dtype=real))
    result = torch.divide(squares, count).to(dtype)
    return torch.sqrt(result) if take_sqrt else result


def var(
    input: Tensor, dim: _Dims = None, unbiased: bool | None = None, *, correction: float | None = None,
    keepdim: bool = False, dtype: D.DType | None = None, mask: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The variance along dimensions."""
    return _variance(input, dim, unbiased, correction, keepdim, dtype, mask, False)


def std(
    input: Tensor, dim: _Dims = None, unbiased: bool | None = None, *, correction: float | None = None,
    keepdim: bool = False, dtype: D.DType | None = None, mask: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The standard deviation along dimensions."""
    return _variance(input, dim, unbiased, correction, keepdim, dtype, mask, True)


def softmax(input: Tensor, dim: int, *, dtype: D.DType | None = None, mask: Tensor | None = None) -> Tensor:
    """The softmax along a dimension; what is masked out becomes 0."""
    dtype = input.dtype if dtype is None else dtype
    (along,) = _dims(dim, input.ndim)
    return torch.softmax(_filled("amax", input, mask), along, dtype=dtype)


def log_softmax(input: Tensor, dim: int, *, dtype: D.DType | None = None, mask: Tensor | None = None) -> Tensor:
    """The logarithm of the softmax along a dimension."""
    dtype = input.dtype if dtype is None else dtype
    (along,) = _dims(dim, input.ndim)
    return torch.log_softmax(_filled("amax", input, mask), along, dtype=dtype)


def softmin(input: Tensor, dim: int, *, dtype: D.DType | None = None, mask: Tensor | None = None) -> Tensor:
    """The softmax of the negative along a dimension."""
    dtype = input.dtype if dtype is None else dtype
    (along,) = _dims(dim, input.ndim)
    return torch.softmax(-_filled("amin", input, mask), along, dtype=dtype)


def normalize(
    input: Tensor, ord: float, dim: int, *, eps: float = 1e-12, dtype: D.DType | None = None, mask: Tensor | None = None
) -> Tensor:
    """The input divided by its norm along a dimension, which counts as ``eps`` at least; what is masked out becomes 0."""
    dtype = input.dtype if dtype is None else dtype
    (along,) = _dims(dim, input.ndim)
    size = norm(input, ord, along, keepdim=True, dtype=dtype, mask=mask)
    least = torch.maximum(size.abs() if size.dtype.is_complex else size, torch.tensor(eps, dtype=size.real.dtype))
    return torch.divide(_filled("sum", input, mask), least)
