"""Maxima over windows of one size whose places are drawn: fractional max-pooling (Graham, 2014)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from transpile.core import dtype as D
from transpile.ops.families import Family, require_supported
from transpile.ops.layout import as_tuple, require_numel
from transpile.ops.promotion import Array, dtype_of, shape_text

FAMILY = Family("fractional_pooling", tags=("nofold",))
op = FAMILY.op
Ints = Sequence[int]


def _starts(sample: np.generic, extent: int, output: int, kernel: int) -> list[int]:
    """Where the windows of one dimension begin; every step is rounded to the type of ``sample``, as in torch."""
    kind, last = type(sample), extent - kernel
    if output <= 1:
        return [last] * output
    alpha = kind(kind(last) / kind(output - 1))
    first = _whole(kind(sample * alpha))
    places = (_whole(kind(kind(kind(i) + sample) * alpha)) - first for i in range(output - 1))
    # Samples outside of [0, 1) lead out of the input.
    return [min(max(p, 0), max(last, 0)) for p in places] + [last]


def _whole(value: np.generic) -> int:
    """A float as an integer, within bounds that no place reaches."""
    number = float(value)
    return int(min(max(number, -(2.0**62)), 2.0**62)) if number == number else 0


def _check(
    array: Array, kernel: tuple[int, ...], output: tuple[int, ...], samples: Array, rank: int, name: str
) -> None:
    if array.ndim not in (rank + 1, rank + 2):
        raise RuntimeError(f"{name}: Expected {rank + 1}D or {rank + 2}D tensor, but got: {shape_text(array.shape)}")
    for dim in range(array.ndim - rank - 1, array.ndim):
        if array.shape[dim] == 0 and (dim > 0 or array.ndim == rank + 1):
            raise RuntimeError(
                f"{name}: Expected input to have non-zero size for non-batch dimensions, but got"
                f"{shape_text(array.shape)} with dimension {dim} being empty."
            )
    if dtype_of(samples) is not dtype_of(array):
        raise RuntimeError("Expect _random_samples to have the same dtype as input")
    if samples.ndim != 3:
        raise RuntimeError(f"Expect _random_samples to have 3 dimensions, got {samples.ndim}")
    batch = array.shape[0] if array.ndim == rank + 2 else 1
    if samples.shape[0] < batch:
        raise RuntimeError("Expect _random_samples.size(0) no less then input batch size.")
    if samples.shape[1] != array.shape[-rank - 1]:
        raise RuntimeError("Expect _random_samples.size(1) equals to input channel size.")
    if samples.shape[2] != rank:
        raise RuntimeError(f"Expect _random_samples.size(2) equals to {rank}; got {samples.shape[2]}.")
    labels = ("time", "height", "width")[-rank:]
    for label, n, o, k in zip(labels, array.shape[-rank:], output, kernel, strict=True):
        if o + k - 1 > (n if rank == 2 else n - 1):  # torch wants one place more for volumes
            raise RuntimeError(f"{name}: pool {label} {k} too large relative to input {label} {n}")
    shape = (*array.shape[:-rank], *output)
    if min(output) < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(output)}: {shape_text(shape)}")
    require_numel(shape)
    require_supported(dtype_of(array).category == D.FLOATING, f"fractional_max_pool{rank}d_out_frame", dtype_of(array))


def _best(plane: Array, start: tuple[int, ...], kernel: tuple[int, ...]) -> tuple[object, int]:
    """The maximum of a window and its flat position: the first one, or the last NaN; -inf for an empty window."""
    window = plane[tuple(slice(s, s + max(k, 0)) for s, k in zip(start, kernel, strict=True))]
    if not window.size:
        return -math.inf, _flat(start, plane.shape)
    values = window.reshape(-1)
    nan = np.flatnonzero(values != values)
    at = int(nan[-1]) if nan.size else int(values.astype(np.float64).argmax())
    inside = np.unravel_index(at, window.shape)
    return values[at], _flat(tuple(s + int(i) for s, i in zip(start, inside, strict=True)), plane.shape)


def _flat(position: tuple[int, ...], shape: tuple[int, ...]) -> int:
    flat = 0
    for p, n in zip(position, shape, strict=True):
        flat = flat * n + p
    return flat


def _fractional_ops(rank: int) -> None:
    words = "tuple of Ints" if rank == 2 else "tuple of three Ints"
    name = "fractional_max_pool2d()" if rank == 2 else "fractional_max_pool3d_out()"

    def pool(self: Array, kernel_size: Ints, output_size: Ints, random_samples: Array) -> tuple[Array, Array]:
        for label, values in (("kernel_size", kernel_size), ("output_size", output_size)):
            if len(values) != rank:
                raise RuntimeError(f"fractional_max_pool{rank}d: {label} must either be a single Int or {words}")
        kernel, output = as_tuple(kernel_size, rank), as_tuple(output_size, rank)
        _check(self, kernel, output, random_samples, rank, name)
        extents = self.shape[-rank:]
        planes = self.reshape(math.prod(self.shape[:-rank]), *extents)
        drawn = random_samples.reshape(-1, rank)
        best: Array = np.empty((planes.shape[0], *output), self.dtype)
        places = np.empty(best.shape, np.int64)
        for index, plane in enumerate(planes):
            # The first sample of a plane is that of its width in two dimensions, of its depth in three.
            own = drawn[index][::-1] if rank == 2 else drawn[index]
            starts = [_starts(s, n, o, k) for s, n, o, k in zip(own, extents, output, kernel, strict=True)]
            for cell in itertools.product(*(range(o) for o in output)):
                start = tuple(along[i] for along, i in zip(starts, cell, strict=True))
                at = (index, *cell)
                best[at], places[at] = _best(plane, start, kernel)
        shape = (*self.shape[:-rank], *output)
        return best.reshape(shape), places.reshape(shape)

    op(
        f"aten::fractional_max_pool{rank}d(Tensor self, int[{rank}] kernel_size, int[{rank}] output_size, "
        "Tensor random_samples) -> (Tensor, Tensor)"
    )(pool)


_fractional_ops(2)
_fractional_ops(3)
