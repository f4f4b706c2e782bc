"""Operators of the convolution family: one to three spatial dimensions, forward and transposed.

A convolution is one matrix product over all windows of the input; depthwise ones are sums of shifted products, and
kernels of extent 1 need no windows at all.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Sequence

import numpy as np

from transpile.ops.families import Family
from transpile.ops.layout import as_tuple, list_text
from transpile.ops.promotion import Array, cast, compute_dtype, dtype_of, shape_text

FAMILY = Family("convolution")
op = FAMILY.op

Extents = tuple[int, ...]


def _times(extents: Sequence[int]) -> str:
    return f"({' x '.join(map(str, extents))})"


def _check_list(name: str, given: int | Sequence[int], rank: int) -> Extents:
    values = as_tuple(given, rank)
    if len(values) != rank:
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of {rank} values to match the convolution "
            f"dimensions, but got {name}={list_text(values)}"
        )
    return values


def _dilation_text(dilation: Extents, transposed: bool) -> str:
    """How torch goes on: it names dilations of zero, those of one axis as of two."""
    if any(d < 0 for d in dilation):
        return ""
    shown = (1, *dilation) if len(dilation) == 1 else tuple(dilation)
    if not transposed:
        return f", but got {list(shown)}"
    names = ("dilation_depth", "dilation_height", "dilation_width")[-len(shown) :]
    return ", but got " + ", ".join(f"{name}: {d}" for name, d in zip(names, shown, strict=True))


def _check(
    input: Array, weight: Array, bias: Array | None, stride: Extents, padding: Extents, dilation: Extents,
    transposed: bool, groups: int,
) -> None:  # fmt: skip
    if input.dtype != weight.dtype:
        raise RuntimeError(
            f"Input type ({dtype_of(input).cpp_name}) and weight type ({dtype_of(weight).cpp_name}) should be the same"
        )
    if bias is not None and bias.dtype != input.dtype:
        raise RuntimeError(
            f"Input type ({dtype_of(input).cpp_name}) and bias type ({dtype_of(bias).cpp_name}) should be the same"
        )
    if any(p < 0 for p in padding):
        raise RuntimeError("negative padding is not supported")
    if any(s <= 0 for s in stride):
        raise RuntimeError("non-positive stride is not supported")
    if any(d <= 0 for d in dilation):
        raise RuntimeError(f"dilation should be greater than zero{_dilation_text(dilation, transposed)}")
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    if 0 in weight.shape[2:]:
        raise RuntimeError(f"kernel size should be greater than zero, but got: {_times(weight.shape[2:])}")
    if weight.ndim != input.ndim:
        raise RuntimeError(
            f"Expected {weight.ndim}-dimensional input for {weight.ndim}-dimensional weight {list_text(weight.shape)}, "
            "but "
            f"got {input.ndim}-dimensional input of size {shape_text(input.shape)} instead"
        )
    outer, inner = weight.shape[:2]
    if outer < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of size "
            f"{shape_text(weight.shape)} instead"
        )
    if outer % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of "
            "size "
            f"{shape_text(weight.shape)} instead"
        )
    expected = outer if transposed else inner * groups
    if input.shape[1] != expected:
        which = "transposed=1" if transposed else f"groups={groups}"
        raise RuntimeError(
            f"Given {which}, weight of size {shape_text(weight.shape)}, expected input{shape_text(input.shape)} to "
            "have "
            f"{expected} channels, but got {input.shape[1]} channels instead"
        )
    channels = inner * groups if transposed else outer
    if bias is not None and bias.shape != (channels,):
        which = "transposed=1" if transposed else ""
        raise RuntimeError(
            f"Given {which + ', ' if which else ''}weight of size {shape_text(weight.shape)}, expected bias to be "
            f"1-dimensional with {channels} elements, but got bias of size {shape_text(bias.shape)} instead"
        )
    if not transposed:
        kernel = weight.shape[2:]
        padded = [n + 2 * p for n, p in zip(input.shape[2:], padding, strict=True)]
        reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
        if any(a < b for a, b in zip(padded, reach, strict=True)):
            raise RuntimeError(
                f"Calculated padded input size per channel: {_times(padded)}. Kernel size: {_times(reach)}. Kernel "
                "size "
                "can't be greater than actual input size"
            )


def inside(spatial: Iterable[int | slice]) -> tuple[int | slice, ...]:
    """The index that takes all images and channels, and ``spatial`` of the other dimensions."""
    return (slice(None), slice(None), *spatial)


def pad_spatial(array: Array, before: Extents, after: Extents) -> Array:
    if not any(before) and not any(after):
        return array
    spatial = array.shape[2:]
    shape = [n + b + a for n, b, a in zip(spatial, before, after, strict=True)]
    result = np.zeros((*array.shape[:2], *shape), array.dtype)
    result[inside(slice(b, b + n) for n, b in zip(spatial, before, strict=True))] = array
    return result


def windows_of(array: Array, kernel: Extents, stride: Extents, dilation: Extents) -> Array:
    """The view (N, C, *kernel, *output) of all windows of ``array`` (N, C, *spatial)."""
    output = [
        (n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(array.shape[2:], kernel, stride, dilation, strict=True)
    ]
    steps = array.strides[2:]
    return np.lib.stride_tricks.as_strided(
        array,
        (*array.shape[:2], *kernel, *output),
        (
            *array.strides[:2],
            *(t * d for t, d in zip(steps, dilation, strict=True)),
            # Where there is one window, its step may be too large for a stride.
            *(t * s if o > 1 else 0 for t, s, o in zip(steps, stride, output, strict=True)),
        ),
        writeable=False,
    )


def _depthwise(windows: Array, weight: Array, kernel: Extents) -> Array:
    """One input channel for each group: the sum over kernel positions of shifted inputs."""
    n, channels = windows.shape[:2]
    output = windows.shape[2 + len(kernel) :]
    multiple = weight.shape[0] // channels
    factors = weight.reshape(channels, multiple, *kernel)
    result = np.zeros((n, channels, multiple, *output), windows.dtype)
    ones = (1,) * len(output)
    for position in itertools.product(*(range(k) for k in kernel)):
        where = inside(position)
        result += windows[where][:, :, None] * factors[where].reshape(channels, multiple, *ones)
    return result.reshape(n, channels * multiple, *output)


def _forward(input: Array, weight: Array, stride: Extents, dilation: Extents, groups: int) -> Array:
    """Convolution of the padded ``input`` (N, C, *spatial) with ``weight`` (O, C / groups, *kernel)."""
    n = input.shape[0]
    out_channels, in_channels = weight.shape[:2]
    kernel = weight.shape[2:]
    windows = windows_of(input, kernel, stride, dilation)
    output = windows.shape[2 + len(kernel) :]
    count, reduced = math.prod(output), in_channels * math.prod(kernel)
    if n * count * out_channels == 0 or reduced == 0:
        return np.zeros((n, out_channels, *output), input.dtype)
    if groups > 1 and in_channels == 1:
        return _depthwise(windows, weight, kernel)
    per_group = out_channels // groups
    result = np.empty((n, groups, per_group, count), input.dtype)
    factors = weight.reshape(groups, per_group, reduced)
    # The windows of one image at a time: the copied columns stay in the cache.
    for image in range(n):
        columns = windows[image].reshape(groups, reduced, count)
        np.matmul(factors, columns, out=result[image])
    return result.reshape(n, out_channels, *output)


def _transposed(
    input: Array, weight: Array, stride: Extents, padding: Extents, output_padding: Extents, dilation: Extents,
    groups: int,
) -> Array:  # fmt: skip
    """The gradient of a convolution with regard to its input; ``weight`` is (C, O / groups, *kernel)."""
    n, channels = input.shape[:2]
    per_group = weight.shape[1]
    kernel, spatial = weight.shape[2:], input.shape[2:]
    full = [(size - 1) * s + d * (k - 1) + 1 for size, k, s, d in zip(spatial, kernel, stride, dilation, strict=True)]
    final = [f - 2 * p + o for f, p, o in zip(full, padding, output_padding, strict=True)]
    if any(f <= 0 for f in final):
        raise RuntimeError(
            f"Given input size per channel: {_times(spatial)}. Calculated output size per channel: {_times(final)}. "
            "Output "
            "size is too small"
        )
    reach = [max(f, p + size) for f, p, size in zip(full, padding, final, strict=True)]
    canvas = np.zeros((n, groups * per_group, *reach), input.dtype)
    if input.size and weight.size:
        factors = weight.reshape(groups, channels // groups, -1).swapaxes(1, 2)
        values = input.reshape(n, groups, channels // groups, -1)
        columns = np.matmul(factors, values).reshape(n, groups * per_group, *kernel, *spatial)
        for position in itertools.product(*(range(k) for k in kernel)):
            target = inside(
                slice(i * d, i * d + (size - 1) * s + 1, s)
                for i, d, size, s in zip(position, dilation, spatial, stride, strict=True)
            )
            canvas[target] += columns[inside(position)]
    kept = inside(slice(p, p + size) for p, size in zip(padding, final, strict=True))
    return np.ascontiguousarray(canvas[kept])


def convolve(
    input: Array,
    weight: Array,
    bias: Array | None,
    stride: int | Sequence[int],
    padding: int | Sequence[int],
    dilation: int | Sequence[int],
    transposed: bool = False,
    output_padding: int | Sequence[int] = 0,
    groups: int = 1,
    name: str = "",
    after: Sequence[int] | None = None,
) -> Array:
    """Any convolution of (N, C, *spatial) or, if ``name`` of the operator is given, (C, *spatial) inputs.

    ``padding`` is what goes before each spatial dimension, ``after`` what goes behind it if that differs.
    """
    rank = weight.ndim - 2 if not name else int(name[-2])
    single = bool(name) and input.ndim == rank + 1
    if name and not single and input.ndim != rank + 2:
        raise RuntimeError(
            f"Expected {rank + 1}D (unbatched) or {rank + 2}D (batched) input to {name}, but got input of size: "
            f"{shape_text(input.shape)}"
        )
    batched = input[None] if single else input
    steps = _check_list("stride", stride, weight.ndim - 2)
    before = _check_list("padding", padding, weight.ndim - 2)
    spread = _check_list("dilation", dilation, weight.ndim - 2)
    _check(batched, weight, bias, steps, before, spread, transposed, groups)
    dtype = dtype_of(input)
    compute = compute_dtype(dtype)
    x, w = cast(batched, compute), cast(weight, compute)
    extra = _check_list("output_padding", output_padding, weight.ndim - 2)
    if any(e < 0 for e in extra):
        raise RuntimeError("negative output_padding is not supported")
    if transposed:
        if any(e >= s and e >= d for e, s, d in zip(extra, steps, spread, strict=True)):
            axes = ("height", "width") if len(extra) == 2 else ("depth", "height", "width")[-len(extra) :]
            shown = " ".join(
                f"{label}_{axis}: {value}"
                for label, values in (("output_padding", extra), ("stride", steps), ("dilation", spread))
                for axis, value in zip(axes, values, strict=True)
            )
            raise RuntimeError(f"output padding must be smaller than either stride or dilation, but got {shown}")
        result = _transposed(x, w, steps, before, extra, spread, groups)
    else:
        padded = pad_spatial(x, before, before if after is None else tuple(after))
        result = _forward(padded, w, steps, spread, groups)
    if bias is not None:
        result += cast(bias, compute).reshape(-1, *(1,) * (weight.ndim - 2))
    result = cast(result, dtype)
    return result[0] if single else result


def _convolve_mode(
    input: Array, weight: Array, bias: Array | None, stride: int | Sequence[int], padding: str,
    dilation: int | Sequence[int], groups: int, name: str = "",
) -> Array:  # fmt: skip
    rank = weight.ndim - 2
    if padding == "valid":
        return convolve(input, weight, bias, stride, 0, dilation, False, 0, groups, name)
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    if any(s != 1 for s in as_tuple(stride, rank)):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    total = [d * (k - 1) for d, k in zip(as_tuple(dilation, rank), weight.shape[2:], strict=True)]
    before = [t // 2 for t in total]
    after = [t - b for t, b in zip(total, before, strict=True)]
    return convolve(input, weight, bias, stride, before, dilation, False, 0, groups, name, after)


nofold = functools.partial(op, tags=("nofold",))
_layer = functools.partial(op, tags=("nofold", "same_rank", "like_weight"))
Ints = Sequence[int]


@_layer(
    "aten::conv1d(Tensor input, Tensor weight, Tensor? bias=None, int[1] stride=[1], int[1] padding=[0], "
    "int[1] dilation=[1], int groups=1) -> Tensor"
)
def conv1d(
    input: Array, weight: Array, bias: Array | None = None, stride: Ints = (1,), padding: Ints = (0,),
    dilation: Ints = (1,), groups: int = 1,
) -> Array:  # fmt: skip
    return convolve(input, weight, bias, stride, padding, dilation, False, 0, groups, "conv1d")


@_layer(
    "aten::conv1d.padding(Tensor input, Tensor weight, Tensor? bias=None, int[1] stride=[1], "
    'str padding="valid", int[1] dilation=[1], int groups=1) -> Tensor'
)
def conv1d_padding(
    input: Array, weight: Array, bias: Array | None = None, stride: Ints = (1,), padding: str = "valid",
    dilation: Ints = (1,), groups: int = 1,
) -> Array:  # fmt: skip
    return _convolve_mode(input, weight, bias, stride, padding, dilation, groups, "conv1d")


@_layer(
    "aten::conv2d(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=[1, 1], int[2] padding=[0, 0], "
    "int[2] dilation=[1, 1], int groups=1) -> Tensor"
)
def conv2d(
    input: Array, weight: Array, bias: Array | None = None, stride: Ints = (1, 1), padding: Ints = (0, 0),
    dilation: Ints = (1, 1), groups: int = 1,
) -> Array:  # fmt: skip
    return convolve(input, weight, bias, stride, padding, dilation, False, 0, groups, "conv2d")


@_layer(
    "aten::conv2d.padding(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=[1, 1], "
    'str padding="valid", int[2] dilation=[1, 1], int groups=1) -> Tensor'
)
def conv2d_padding(
    input: Array, weight: Array, bias: Array | None = None, stride: Ints = (1, 1), padding: str = "valid",
    dilation: Ints = (1, 1), groups: int = 1,
) -> Array:  # fmt: skip
    return _convolve_mode(input, weight, bias, stride, padding, dilation, groups, "conv2d")


@_layer(
    "aten::conv3d(Tensor input, Tensor weight, Tensor? bias=None, int[3] stride=[1, 1, 1], "
    "int[3] padding=[0, 0, 0], int[3] dilation=[1, 1, 1], int groups=1) -> Tensor"
)
def conv3d(
    input: Array, weight: Array, bias: Array | None = None, stride: Ints = (1, 1, 1), padding: Ints = (0, 0, 0),
    dilation: Ints = (1, 1, 1), groups: int = 1,
) -> Array:  # fmt: skip
    return convolve(input, weight, bias, stride, padding, dilation, False, 0, groups, "conv3d")


@_layer(
    "aten::conv3d.padding(Tensor input, Tensor weight, Tensor? bias=None, int[3] stride=[1, 1, 1], "
    'str padding="valid", int[3] dilation=[1, 1, 1], int groups=1) -> Tensor'
)
def conv3d_padding(
    input: Array, weight: Array, bias: Array | None = None, stride: Ints = (1, 1, 1), padding: str = "valid",
    dilation: Ints = (1, 1, 1), groups: int = 1,
) -> Array:  # fmt: skip
    return _convolve_mode(input, weight, bias, stride, padding, dilation, groups, "conv3d")


def _transposed_op(rank: int, overload: str) -> None:
    def run(
        input: Array, weight: Array, bias: Array | None, stride: Ints, padding: Ints, output_padding: Ints, groups: int,
        dilation: Ints,
    ) -> Array:  # fmt: skip
        return convolve(
            input, weight, bias, stride, padding, dilation, True, output_padding, groups, f"conv_transpose{rank}d"
        )

    ones, zeros = list_text([1] * rank), list_text([0] * rank)
    _layer(
        f"aten::conv_transpose{rank}d{overload}(Tensor input, Tensor weight, Tensor? bias=None, "
        f"int[{rank}] stride={ones}, int[{rank}] padding={zeros}, int[{rank}] output_padding={zeros}, int groups=1, "
        f"int[{rank}] dilation={ones}) -> Tensor"
    )(run)


_transposed_op(1, "")
_transposed_op(2, ".input")
_transposed_op(3, ".input")


@nofold(
    "aten::convolution(Tensor input, Tensor weight, Tensor? bias, int[] stride, int[] padding, int[] dilation, "
    "bool transposed, int[] output_padding, int groups) -> Tensor"
)
def convolution(
    input: Array, weight: Array, bias: Array | None, stride: Ints, padding: Ints, dilation: Ints, transposed: bool,
    output_padding: Ints, groups: int,
) -> Array:  # fmt: skip
    return convolve(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups)


@nofold(
    "aten::_convolution(Tensor input, Tensor weight, Tensor? bias, int[] stride, int[] padding, int[] dilation, "
    "bool transposed, int[] output_padding, int groups, bool benchmark, bool deterministic, bool cudnn_enabled, "
    "bool allow_tf32) -> Tensor"
)
def convolution_flags(
    input: Array, weight: Array, bias: Array | None, stride: Ints, padding: Ints, dilation: Ints, transposed: bool,
    output_padding: Ints, groups: int,
) -> Array:  # fmt: skip
    return convolve(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups)


@nofold(
    "aten::_convolution_mode(Tensor input, Tensor weight, Tensor? bias, int[] stride, str padding, int[] dilation, "
    "int groups) -> Tensor"
)
def convolution_mode(
    input: Array, weight: Array, bias: Array | None, stride: Ints, padding: str, dilation: Ints, groups: int
) -> Array:
    return _convolve_mode(input, weight, bias, stride, padding, dilation, groups)
