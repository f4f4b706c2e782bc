"""Resizing of images of bytes: integer weights, one dimension after the other, each result a byte again.

The weights are those of the filters in float64, scaled by the greatest power of two at which they fit into 16 bits.  So the
rounding between the dimensions, which a computation in floats does not have, is PyTorch's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from transpile.ops.promotion import Array

Weights = Callable[[Any], Any]


@dataclass(frozen=True)
class Filter:
    """A filter that is 0 beyond ``reach``; with ``widens`` it widens where the image shrinks."""

    reach: int
    weight: Weights
    widens: bool = False


def resize_bytes(array: Array, output: list[int], scales: list[float | None], align: bool, kernel: Filter) -> Array:
    """uint8 ``[N, C, H, W]`` to ``[N, C, *output]``; the width first."""
    for dim in (3, 2):
        if array.shape[dim] != output[dim - 2]:
            array = _along(array, dim, output[dim - 2], scales[dim - 2], align, kernel)
    return array


def _along(array: Array, dim: int, output: int, scale: float | None, align: bool, kernel: Filter) -> Array:
    positions, weights = (_widened if kernel.widens else _neighbours)(array.shape[dim], output, scale, align, kernel)
    precision = 0
    while precision < 22 and int(0.5 + weights.max() * (1 << (precision + 1))) < 1 << 15:
        precision += 1
    whole = np.trunc(weights * (1 << precision) + np.copysign(0.5, weights)).astype(np.int32)
    total = np.int32(1 << precision >> 1)
    for k in range(whole.shape[1]):
        column = whole[:, k].reshape((-1,) + (1,) * (array.ndim - dim - 1))
        total = total + np.take(array, positions[:, k], dim).astype(np.int32) * column
    return np.clip(total >> precision, 0, 255).astype(np.uint8)


def _step(extent: int, output: int, scale: float | None, align: bool) -> float:
    if align:
        return (extent - 1) / (output - 1) if output > 1 else 0.0
    return 1.0 / scale if scale is not None and scale > 0 else extent / output


Taps = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]


def _neighbours(extent: int, output: int, scale: float | None, align: bool, kernel: Filter) -> Taps:
    """Positions and weights of the neighbours of each output; what lies outside counts for the border."""
    at = np.arange(output, dtype=np.float64)
    step = _step(extent, output, scale, align)
    place = at * step if align else step * (at + 0.5) - 0.5
    if kernel.reach == 1:
        place = np.maximum(place, 0)
    low = np.clip(np.floor(place).astype(np.int64), -2, extent - 1)  # a step may be infinite
    share = np.clip(place - low, 0, 1)
    offsets = np.arange(1 - kernel.reach, 1 + kernel.reach)
    inside = np.clip(low[:, None] + offsets, 0, extent - 1)
    weights = kernel.weight(offsets - share[:, None])
    # Taps of one position are one tap: it is their sum that is rounded.
    same = inside[:, :, None] == inside[:, None, :]
    first = np.argmax(same, axis=2) == np.arange(len(offsets))
    return inside, np.where(first, (same * weights[:, None, :]).sum(axis=2), 0.0)


def _widened(extent: int, output: int, scale: float | None, align: bool, kernel: Filter) -> Taps:
    """Positions and weights of a filter that widens with the step; the weights of an output add up to 1."""
    step = _step(extent, output, scale, align)
    stretch = max(step, 1.0)
    support = kernel.reach * stretch
    centre = step * (np.arange(output) + 0.5)
    first = np.clip((centre - support + 0.5).astype(np.int64), 0, extent - 1)
    last = np.clip((centre + support + 0.5).astype(np.int64), 0, extent)
    at = first[:, None] + np.arange(max(int((last - first).max()), 1))
    weights = np.where(at < last[:, None], kernel.weight((at - centre[:, None] + 0.5) * (1.0 / stretch)), 0.0)
    total = weights.sum(axis=1, keepdims=True)
    return np.minimum(at, extent - 1), weights / np.where(total == 0, 1, total)
