"""Padding of the last dimensions: by a constant, a reflection, the border or the opposite side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from transpile.ops.families import require_supported
from transpile.ops.promotion import Array, Number, dtype_of, shape_text, to_element

MODES = ("reflect", "replicate", "circular", "constant")


def _crop(array: Array, pad: Sequence[int]) -> Array:
    """``array`` without what negative entries of ``pad`` cut off."""
    for index in range(len(pad) // 2):
        dim = array.ndim - 1 - index
        left, right = max(-pad[2 * index], 0), max(-pad[2 * index + 1], 0)
        if left or right:
            if array.shape[dim] - left - right < 0:
                raise RuntimeError("narrow(): length must be non-negative.")
            array = array[(slice(None),) * dim + (slice(left, array.shape[dim] - right),)]
    return array


def pad_constant(array: Array, pad: Sequence[int], value: Number) -> Array:
    """Surround ``array`` by ``value``: ``pad`` has two counts a dimension, from the last one on; negative ones crop."""
    if len(pad) % 2:
        raise RuntimeError("Length of pad must be even but instead it equals " + str(len(pad)))
    if len(pad) > 2 * array.ndim:
        raise RuntimeError(
            "Length of pad should be no more than twice the number of dimensions of the input. Pad length is "
            f"{len(pad)}while the input has {array.ndim}dimensions."
        )
    kept = _crop(array, pad)
    shape = list(array.shape)
    inner = [slice(None)] * array.ndim
    for index in range(len(pad) // 2):
        dim = array.ndim - 1 - index
        left, right = pad[2 * index], pad[2 * index + 1]
        shape[dim] += left + right
        inner[dim] = slice(max(left, 0), shape[dim] - max(right, 0))
    result = np.empty(shape, array.dtype)
    result[...] = to_element(value, dtype_of(array))
    result[tuple(inner)] = kept
    return result


def _positions(extent: int, left: int, right: int, mode: str) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Which element of a dimension each position of the padded dimension shows."""
    at = np.arange(-left, extent + right)
    if mode == "reflect":
        at = np.abs(at)
        return np.where(at >= extent, 2 * (extent - 1) - at, at)
    if mode == "replicate":
        return np.clip(at, 0, extent - 1)
    return at % extent


def _check_reflection(array: Array, pad: Sequence[int], count: int) -> None:
    for index in range(count):
        dim = array.ndim - 1 - index
        left, right = pad[2 * index], pad[2 * index + 1]
        if max(left, right) >= array.shape[dim]:
            raise RuntimeError(
                f"Argument #{4 + 2 * index}: Padding size should be less than the corresponding input dimension, but "
                f"got: padding ({left}, {right}) at dimension {dim} of input {shape_text(array.shape)}"
            )


# How the sizes of an input stand in torch's messages, by number of padded dimensions.
_SIZES = {("reflect", 1): "W: {}", ("reflect", 2): "H: {}, W: {}", ("reflect", 3): "D: {} H: {}, W: {}"}
_SIZES |= {("replicate", 1): "W: {}", ("replicate", 2): "H: {}, W: {} ", ("replicate", 3): "D: {} H: {}, W: {}"}


def _check_result(array: Array, pad: Sequence[int], count: int, mode: str) -> None:
    """Refuse what leaves nothing in any padded dimension, or less than nothing in one."""
    given = array.shape[array.ndim - count :]
    sizes = [given[-1 - i] + pad[2 * i] + pad[2 * i + 1] for i in range(count)][::-1]
    if max(sizes) > 2**63 - 1:
        raise RuntimeError("numel: integer multiplication overflow")
    if max(sizes) < 1:
        shown = " ".join(f"{axis}: {size}" for axis, size in zip("DHW"[3 - count :], sizes, strict=True))
        raise RuntimeError(f"input ({_SIZES[mode, count].format(*given)}) is too small. Calculated output {shown}")
    if min(sizes) < 0:
        whole = [*array.shape[: array.ndim - count], *sizes]
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(sizes)}: {whole}")


def pad_by_position(array: Array, pad: Sequence[int], mode: str) -> Array:
    """Reflecting, replicating or circular padding of the last one to three dimensions."""
    count = len(pad) // 2
    if mode != "circular":
        if 0 in array.shape[array.ndim == count + 2 :]:
            raise RuntimeError(
                f"Expected {count + 1}D or {count + 2}D (batch mode) tensor with possibly 0 batch size and other non-zero "
                f"dimensions for input, but got: {shape_text(array.shape)}"
            )
    names = {"reflect": "reflection", "replicate": "replication"}
    require_supported(mode == "circular" or array.dtype != bool, f"{names.get(mode)}_pad{count}d", dtype_of(array))
    if mode == "reflect":
        _check_reflection(array, pad, count)
    if mode == "circular":
        for index in range(count):
            extent = array.shape[array.ndim - 1 - index]
            left, right = pad[2 * index], pad[2 * index + 1]
            if left > extent or right > extent:
                raise RuntimeError("Padding value causes wrapping around more than once.")
            if extent + left + right < 0:
                raise RuntimeError("Negative padding value is resulting in an empty dimension")
        array, pad = _crop(array, pad), [max(p, 0) for p in pad]
    else:
        _check_result(array, pad, count, mode)
    result = array
    for index in range(count):
        left, right = pad[2 * index], pad[2 * index + 1]
        if left or right:
            dim = result.ndim - 1 - index
            if not result.shape[dim]:
                raise RuntimeError("Expected a non-empty tensor in the padded dimensions")
            result = np.take(result, _positions(result.shape[dim], left, right, mode), axis=dim)
    return result.copy("C") if result is array or not result.flags.c_contiguous else result


def pad_any(array: Array, pad: Sequence[int], mode: str, value: float | None) -> Array:
    """``torch.nn.functional.pad``."""
    if mode not in MODES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pad) > 2 * array.ndim:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{len(pad)} and input of dimension {array.ndim}"
        )
    if mode == "constant":
        return pad_constant(array, pad, 0.0 if value is None else value)
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    count = len(pad) // 2
    if count not in (1, 2, 3) or array.ndim not in (count + 1, count + 2):
        raise NotImplementedError(
            f"Padding size {len(pad)} is not supported for {array.ndim}D input tensor.\n"
            "Supported combinations for non-constant padding:\n"
            "  - 2D or 3D input: padding size = 2 (pads last dimension)\n"
            "  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)\n"
            "  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"
        )
    return pad_by_position(array, pad, mode)
