"""Operators of the indexing family in which an index tensor names one place for each element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.ops.families import Family, in_place
from transpile.ops.layout import view
from transpile.ops.promotion import (
    Array,
    Number,
    broadcast_shapes,
    cast_number,
    dtype_of,
    shape_text,
    to_element,
    wrap_dim,
)

FAMILY = Family("scattering")
op = FAMILY.op
_REDUCTIONS: dict[str, np.ufunc] = {
    "sum": np.add, "mean": np.add, "prod": np.multiply, "amax": np.maximum, "amin": np.minimum
}  # fmt: skip


def _lift(array: Array) -> Array:
    return array if array.ndim else array.reshape(1)


def _check_index(name: str, array: Array, index: Array, dim: int) -> None:
    if dtype_of(index) not in (D.int64, D.int32):
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")
    if index.size and (index.min() < 0 or index.max() >= array.shape[dim]):
        wrong = int(index.min()) if index.min() < 0 else int(index.max())
        raise RuntimeError(f"index {wrong} is out of bounds for dimension {dim} with size {array.shape[dim]}")


def _window(array: Array, index: Array, dim: int) -> Array:
    """The part of ``array`` that ``index`` reaches: all of ``dim``, the leading extents of the others."""
    return array[tuple(slice(None) if d == dim else slice(0, n) for d, n in enumerate(index.shape))]


@op("aten::gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor")
def gather(self: Array, dim: int, index: Array, *, sparse_grad: bool = False) -> Array:
    at = wrap_dim(dim, self.ndim)
    if not index.size:
        return np.empty(index.shape, self.dtype)
    base, chosen = _lift(self), _lift(index)
    if base.ndim != chosen.ndim:
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    for d, (given, limit) in enumerate(zip(chosen.shape, base.shape, strict=True)):
        if d != at and given > limit:
            raise RuntimeError(
                f"Size does not match at dimension {d} expected index {shape_text(index.shape)} to be no larger than "
                f"self {shape_text(self.shape)} apart from dimension {at}"
            )
    _check_index("gather", base, chosen, at)
    return np.take_along_axis(_window(base, chosen, at), chosen.astype(np.int64), at).reshape(index.shape)


@op("aten::take_along_dim(Tensor self, Tensor indices, int? dim=None) -> Tensor")
def take_along_dim(self: Array, indices: Array, dim: int | None = None) -> Array:
    if dtype_of(indices) is not D.int64:
        raise RuntimeError(
            f"torch.take_along_dim(): dtype of indices should be Long but got {dtype_of(indices).graph_name}"
        )
    if dim is None:
        base, chosen, at = view(self, (-1,)), view(indices, (-1,)), 0
    else:
        if self.ndim != indices.ndim:
            raise RuntimeError(
                "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
                f"{self.ndim} dimensions for input, and {indices.ndim} dimensions for indices"
            )
        at = wrap_dim(dim, self.ndim)
        shape = list(broadcast_shapes(_hide(self.shape, at), _hide(indices.shape, at)))
        base = np.broadcast_to(self, [self.shape[at] if d == at else n for d, n in enumerate(shape)])
        chosen = np.broadcast_to(indices, [indices.shape[at] if d == at else n for d, n in enumerate(shape)])
    if chosen.size and (chosen.min() < -base.shape[at] or chosen.max() >= base.shape[at]):
        raise RuntimeError(f"index {int(chosen.max())} is out of bounds for dimension {at} with size {base.shape[at]}")
    return np.take_along_axis(base, chosen, at)


def _hide(shape: tuple[int, ...], dim: int) -> tuple[int, ...]:
    return (*shape[:dim], 1, *shape[dim + 1 :])


Places = tuple[Any, ...]


def _scatter(
    name: str,
    array: Array,
    dim: int,
    index: Array,
    src: Array | None,
    store: Callable[[Array, Places, Array | None], None],
    reduce: str = "sum",
) -> Array:
    """A copy of ``array`` into which ``store`` wrote at the places of ``index``, with the matching part of ``src``."""
    at = wrap_dim(dim, array.ndim)
    result = array.copy("C")
    if dtype_of(index) not in (D.int64, D.int32):
        raise RuntimeError("scatter(): Expected dtype int32/int64 for index")
    if src is not None and src.dtype != array.dtype:
        raise RuntimeError(f"{name}(): Expected self.dtype to be equal to src.dtype")
    if not index.size:
        _check_reduction(reduce)
        return result
    base, chosen = _lift(result), _lift(index)
    given = None if src is None else _lift(src)
    if base.ndim != chosen.ndim:
        raise RuntimeError("Index tensor must have the same number of dimensions as self tensor")
    if given is not None and given.ndim != chosen.ndim:
        raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
    fits = all(d == at or n <= base.shape[d] for d, n in enumerate(chosen.shape))
    fits_source = given is None or all(n <= given.shape[d] for d, n in enumerate(chosen.shape))
    if not (fits and fits_source):
        text = f"Expected index {shape_text(index.shape)} to be no larger than self {shape_text(array.shape)} "
        text += f"apart from dimension {at}"
        if src is not None:
            text += f" and to be no larger size than src {shape_text(src.shape)}"
        raise RuntimeError(text)
    _check_reduction(reduce)
    _check_index(name, base, chosen, at)
    places: list[Any] = [
        np.arange(n).reshape((1,) * d + (-1,) + (1,) * (chosen.ndim - d - 1)) for d, n in enumerate(chosen.shape)
    ]
    places[at] = chosen
    part = None if given is None else given[tuple(slice(0, n) for n in chosen.shape)]
    store(base, tuple(places), part)
    return result


def _check_reduction(reduce: str) -> None:
    if reduce not in _REDUCTIONS:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")


def _assign(target: Array, places: Places, part: Array | None) -> None:
    target[places] = part


def _accumulate(combine: np.ufunc) -> Callable[[Array, Places, Array | None], None]:
    def store(target: Array, places: Places, part: Array | None) -> None:
        combine.at(target, places, part)

    return store


def _constant(value: Number, combine: np.ufunc | None = None) -> Callable[[Array, Places, Array | None], None]:
    def store(target: Array, places: Places, part: Array | None) -> None:
        number = to_element(value, dtype_of(target))
        if combine is None:
            target[places] = number
        else:
            combine.at(target, places, number)

    return store


def _named_reduction(reduce: str) -> np.ufunc:
    if reduce not in ("add", "multiply"):
        raise RuntimeError("reduce argument must be either add or multiply.")
    return np.add if reduce == "add" else np.multiply


@op("aten::scatter.value(Tensor self, int dim, Tensor index, Scalar value) -> Tensor")
def scatter_value(self: Array, dim: int, index: Array, value: Number) -> Array:
    return _scatter("scatter", self, dim, index, None, _constant(value))


@op("aten::scatter.src(Tensor self, int dim, Tensor index, Tensor src) -> Tensor")
def scatter(self: Array, dim: int, index: Array, src: Array) -> Array:
    return _scatter("scatter", self, dim, index, src, _assign)


@op("aten::scatter.reduce(Tensor self, int dim, Tensor index, Tensor src, *, str reduce) -> Tensor")
def scatter_reduced(self: Array, dim: int, index: Array, src: Array, *, reduce: str) -> Array:
    return _scatter("scatter", self, dim, index, src, _accumulate(_named_reduction(reduce)))


@op("aten::scatter.value_reduce(Tensor self, int dim, Tensor index, Scalar value, *, str reduce) -> Tensor")
def scatter_value_reduced(self: Array, dim: int, index: Array, value: Number, *, reduce: str) -> Array:
    return _scatter("scatter", self, dim, index, None, _constant(value, _named_reduction(reduce)))


@op("aten::scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor")
def scatter_add(self: Array, dim: int, index: Array, src: Array) -> Array:
    return _scatter("scatter_add", self, dim, index, src, _accumulate(np.add))


def _identity(reduce: str, dtype: D.DType) -> Array:
    if reduce in ("sum", "mean"):
        return cast_number(0, dtype)
    if reduce == "prod":
        return cast_number(1, dtype)
    lowest = reduce == "amax"
    if dtype.is_floating_point:
        return cast_number(float("-inf") if lowest else float("inf"), dtype)
    if dtype is D.bool_:
        return cast_number(not lowest, dtype)
    limits: Any = np.iinfo(dtype.numpy.name)
    return np.asarray(limits.min if lowest else limits.max, dtype.numpy)


def _reduce_at(reduce: str, include_self: bool) -> Callable[[Array, Places, Array | None], None]:
    def store(target: Array, places: Places, part: Array | None) -> None:
        dtype = dtype_of(target)
        if not include_self:
            target[places] = _identity(reduce, dtype)
        _REDUCTIONS[reduce].at(target, places, part)
        if reduce == "mean":
            count = np.full(target.shape, 1 if include_self else 0, np.int64)
            np.add.at(count, places, 1)
            divisor = np.maximum(count, 1).astype(target.dtype)
            if dtype.category == D.INTEGRAL:
                target[...] = target // divisor
            else:
                target[...] = (target / divisor).astype(target.dtype)

    return store


@op(
    "aten::scatter_reduce.two(Tensor self, int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True) "
    "-> Tensor"
)
def scatter_reduce(self: Array, dim: int, index: Array, src: Array, reduce: str, *, include_self: bool = True) -> Array:
    return _scatter("scatter_reduce", self, dim, index, src, _reduce_at(reduce, include_self), reduce)


def _check_index_reduce(self: Array, dim: int, index: Array, source: Array) -> None:
    dtype = dtype_of(index)
    if index.ndim > 1:
        raise IndexError(
            f"index_reduce_(): Index is supposed to be a vector, but got dim: {index.ndim} with type: "
            f"{dtype.graph_name} and size: {shape_text(index.shape)}"
        )
    if dtype not in (D.int64, D.int32):
        raise RuntimeError(f"index_reduce_(): Expected dtype int32/int64 for index but got: {dtype.graph_name}")
    if self.dtype != source.dtype:
        raise RuntimeError(
            f"index_reduce_(): self ({dtype_of(self).graph_name}) and source ({dtype_of(source).graph_name}) must have "
            "the same scalar type"
        )
    if self.shape[:dim] + self.shape[dim + 1 :] != source.shape[:dim] + source.shape[dim + 1 :] or (
        self.ndim != source.ndim
    ):
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{shape_text(self.shape)} source.shape = {shape_text(source.shape)}"
        )
    extent = source.shape[dim] if source.ndim else 1
    if index.size != extent:
        raise RuntimeError(
            f"index_reduce_(): Number of indices ({index.size}) should be equal to source.size(dim): ({extent}), for "
            f"dim: {dim}"
        )
    if index.size and (index.min() < 0 or index.max() >= (self.shape[dim] if self.ndim else 1)):
        raise IndexError("index out of range in self")


@op(
    "aten::index_reduce(Tensor self, int dim, Tensor index, Tensor source, str reduce, *, bool include_self=True) "
    "-> Tensor"
)
def index_reduce(
    self: Array, dim: int, index: Array, source: Array, reduce: str, *, include_self: bool = True
) -> Array:
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    at = wrap_dim(dim, self.ndim)
    _check_index_reduce(self, at, index, source)
    if not self.ndim:
        index = index.reshape(())
    shape = tuple(-1 if d == at else 1 for d in range(source.ndim))
    spread = np.broadcast_to(index.reshape(shape), source.shape)
    return _scatter("index_reduce", self, dim, spread, source, _reduce_at(reduce, include_self))


scatter_ = in_place(scatter)
scatter_value_ = in_place(scatter_value)
scatter_reduced_ = in_place(scatter_reduced)
scatter_value_reduced_ = in_place(scatter_value_reduced)
scatter_add_ = in_place(scatter_add)
scatter_reduce_ = in_place(scatter_reduce)
index_reduce_ = in_place(index_reduce)
