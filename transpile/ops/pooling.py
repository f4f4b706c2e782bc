"""Operators of the pooling family: maxima and means over windows, with fixed or adapting extents."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

import numpy as np

from transpile.core import dtype as D
from transpile.ops.families import Family, require_supported
from transpile.ops.layout import as_tuple, list_text
from transpile.ops.promotion import Array, cast, compute_dtype, dtype_of, shape_text

FAMILY = Family("pooling", tags=("nofold",))
op = FAMILY.op
Ints = Sequence[int]
Extents = tuple[int, ...]


def _output_extent(extent: int, kernel: int, stride: int, pad: int, dilation: int, ceil_mode: bool) -> int:
    reach = extent + 2 * pad - dilation * (kernel - 1) - 1
    count = (reach + (stride - 1 if ceil_mode else 0)) // stride + 1
    if ceil_mode and (count - 1) * stride >= extent + pad:
        count -= 1  # the last window would start in the padding behind the input
    return count


def _check_max_pool1d(kernel: int, stride: int, padding: int, dilation: int) -> None:
    """Raise torch's errors, whose words are those of this operator alone."""
    for label, value in (("kernel_size", kernel), ("stride", stride), ("dilation", dilation)):
        if value <= 0:
            raise RuntimeError(f"max_pool1d() {label} must be greater than zero, but got {value}")
    if padding < 0:
        raise RuntimeError(f"max_pool1d() padding must be non-negative, but got {padding}")
    if padding > kernel // 2:
        raise RuntimeError(
            f"max_pool1d() padding should be at most half of kernel size, but got padding={padding} and "
            f"kernel_size={kernel}"
        )


def _geometry(
    array: Array, rank: int, kernel_size: Ints, stride: Ints, padding: Ints, dilation: Ints, ceil_mode: bool, name: str,
    *, own_words: bool = False,
) -> tuple[Extents, Extents, Extents, Extents, Extents]:  # fmt: skip
    kernel = as_tuple(kernel_size, rank)
    step = as_tuple(stride, rank) if isinstance(stride, int) or len(stride) else kernel
    pad, spread = as_tuple(padding, rank), as_tuple(dilation, rank)
    words = {1: "one int", 2: "two ints", 3: "three ints"}[rank]
    for label, values in (("kernel_size", kernel), ("stride", step), ("padding", pad), ("dilation", spread)):
        if len(values) != rank:
            raise RuntimeError(f"{name}: {label} must either be a single int, or a tuple of {words}")
    if own_words:
        _check_max_pool1d(kernel[0], step[0], pad[0], spread[0])
    if name != "max_pool1d" and not all(-(2**31) <= v < 2**31 for v in (*kernel, *step, *pad, *spread)):
        raise RuntimeError("value cannot be converted to type int without overflow")
    if any(s == 0 for s in step):
        raise RuntimeError("stride should not be zero")
    if any(k <= 0 for k in kernel):
        raise RuntimeError(f"kernel size should be greater than zero, but got {list_text(kernel)}")
    if any(d <= 0 for d in spread):
        shown = " ".join(f"dilation{axis}: {d}" for axis, d in zip("THW"[-rank:], spread, strict=True))
        raise RuntimeError(f"dilation should be greater than zero, but got {shown}")
    for p, k, d in zip(pad, kernel, spread, strict=True):
        if p < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {p}")
        if p > (d * (k - 1) + 1) // 2:
            raise RuntimeError(
                f"pad should be at most half of effective kernel size, but got pad={p}, kernel_size={k} and "
                f"dilation={d}"
            )
    if name == "max_pool2d" and array.ndim not in (3, 4):
        raise RuntimeError("non-empty 3D or 4D (batch mode) tensor expected for input")
    if array.ndim not in (rank + 1, rank + 2) or 0 in array.shape[array.ndim - rank - 1 :]:
        raise RuntimeError(
            f"{name}: " * (rank == 1) + f"Expected {rank + 1}D or {rank + 2}D (batch mode) tensor with optional 0 dim "
            f"batch size for input, but got:{shape_text(array.shape)}"
        )
    spatial = array.shape[-rank:]
    if name == "avg_pool3d" and any(n < k for n, k in zip(spatial, kernel, strict=True)):
        image, window = (
            " ".join(f"{prefix}{axis}: {extent}" for axis, extent in zip("THW", extents, strict=True))
            for prefix, extents in (("", spatial), ("k", kernel))
        )
        raise RuntimeError(f"input image ({image}) smaller than kernel size ({window})")
    output = tuple(
        _output_extent(n, k, s, p, d, ceil_mode)
        for n, k, s, p, d in zip(spatial, kernel, step, pad, spread, strict=True)
    )
    if any(o < 1 for o in output):
        if name == "max_pool1d":
            raise RuntimeError(f"{name}() Invalid computed output size: {output[0]}")
        planes = array.shape[-rank - 1]
        if rank == 1:  # computed as a two-dimensional pooling of height 1
            spatial, output = (1, *spatial), (1, *output)
        raise RuntimeError(
            f"Given input size: ({'x'.join(map(str, (planes, *spatial)))}). Calculated output size: "
            f"({'x'.join(map(str, (planes, *output)))}). Output size is too small"
        )
    return kernel, step, pad, spread, output


def _inside(spatial: Iterable[int | slice]) -> tuple[int | slice, ...]:
    """The index that takes all planes, and ``spatial`` of the other dimensions."""
    return (slice(None), *spatial)


def _padded(array: Array, pad: Extents, needed: Extents, value: object) -> Array:
    """``array`` (planes, *spatial) with ``pad`` before it, filled up to ``needed``."""
    if not any(pad) and all(n >= m for n, m in zip(array.shape[1:], needed, strict=True)):
        return array
    shape = tuple(max(m, n + p) for m, n, p in zip(needed, array.shape[1:], pad, strict=True))
    result = np.full((array.shape[0], *shape), value, array.dtype)
    result[_inside(slice(p, p + n) for p, n in zip(pad, array.shape[1:], strict=True))] = array
    return result


def _lowest(dtype: D.DType) -> float | int:
    return -math.inf if dtype.is_floating_point else (0 if dtype is D.bool_ else int(np.iinfo(dtype.numpy.name).min))


def _at(position: Ints, step: Extents, spread: Extents, output: Extents) -> tuple[slice, ...]:
    return tuple(
        slice(i * d, i * d + (o - 1) * s + 1, s) for i, d, s, o in zip(position, spread, step, output, strict=True)
    )


def _max_pool(
    array: Array, rank: int, kernel_size: Ints, stride: Ints, padding: Ints, dilation: Ints, ceil_mode: bool, name: str
) -> Array:
    kernel, step, pad, spread, output = _geometry(
        array, rank, kernel_size, stride, padding, dilation, ceil_mode, name, own_words=rank == 1
    )
    dtype = dtype_of(array)
    if rank == 1:
        require_supported(dtype.is_floating_point, "max_pool1d_impl", dtype)
    require_supported(array.dtype.kind not in "bc", f"max_pool{rank}d", dtype)
    planes = cast(array.reshape(-1, *array.shape[-rank:]), compute_dtype(dtype))
    needed = tuple((o - 1) * s + d * (k - 1) + 1 for o, s, d, k in zip(output, step, spread, kernel, strict=True))
    source = _padded(planes, pad, needed, _lowest(dtype))
    # A maximum over a box is a maximum over one dimension after another.
    for dim in range(rank):
        best: Array | None = None
        for i in range(kernel[dim]):
            where = slice(i * spread[dim], i * spread[dim] + (output[dim] - 1) * step[dim] + 1, step[dim])
            part = source[(slice(None),) * (dim + 1) + (where,)]
            best = part.copy("C") if best is None else np.maximum(best, part, out=best)
        assert best is not None
        source = best
    return cast(source, dtype).reshape(*array.shape[:-rank], *output)


def _max_pool_indices(
    array: Array, rank: int, kernel_size: Ints, stride: Ints, padding: Ints, dilation: Ints, ceil_mode: bool, name: str
) -> tuple[Array, Array]:
    kernel, step, pad, spread, output = _geometry(array, rank, kernel_size, stride, padding, dilation, ceil_mode, name)
    require_supported(array.dtype.kind not in "bc", f"max_pool{max(rank, 2)}d", dtype_of(array))
    spatial = array.shape[-rank:]
    planes = array.reshape(-1, *spatial)
    needed = tuple((o - 1) * s + d * (k - 1) + 1 for o, s, d, k in zip(output, step, spread, kernel, strict=True))
    source = _padded(planes, pad, needed, _lowest(dtype_of(array)))
    flat = np.arange(math.prod(spatial), dtype=np.int64).reshape(1, *spatial)
    places = _padded(flat, pad, needed, -1)
    best = np.full((planes.shape[0], *output), _lowest(dtype_of(array)), array.dtype)
    found = np.full(best.shape, -1, np.int64)
    for position in itertools.product(*(range(k) for k in kernel)):
        where = _inside(_at(position, step, spread, output))
        part, place = source[where], places[where]
        # The first place wins, except that a NaN always replaces what was found before.
        better = ((part > best) | (part != part) | (found < 0)) & (place >= 0)
        best[better] = part[better]
        found[better] = np.broadcast_to(place, best.shape)[better]
    shape = (*array.shape[:-rank], *output)
    return best.reshape(shape), found.reshape(shape)


def _avg_pool(
    array: Array, rank: int, kernel_size: Ints, stride: Ints, padding: Ints, ceil_mode: bool, count_include_pad: bool,
    divisor_override: int | None, name: str,
) -> Array:  # fmt: skip
    dtype = dtype_of(array)
    kernel_name = "avg_pool3d_out_frame" if rank == 3 else "avg_pool2d"
    require_supported(dtype.is_floating_point or dtype is D.int64, kernel_name, dtype)
    kernel, step, pad, spread, output = _geometry(
        array, rank, kernel_size, stride, padding, (1,) * rank, ceil_mode, name
    )
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    planes = cast(array.reshape(-1, *array.shape[-rank:]), compute_dtype(dtype))
    needed = tuple((o - 1) * s + k for o, s, k in zip(output, step, kernel, strict=True))
    source = _padded(planes, pad, needed, 0)
    total: Array | None = None
    for position in itertools.product(*(range(k) for k in kernel)):
        part = source[_inside(_at(position, step, spread, output))]
        total = part.copy("C") if total is None else np.add(total, part, out=total)
    assert total is not None
    divisor: Array | int
    if divisor_override is not None:
        divisor = divisor_override
    else:
        counts = np.ones((1,), np.int64)
        for n, k, s, p, o in zip(array.shape[-rank:], kernel, step, pad, output, strict=True):
            start = np.arange(o) * s - p
            end = np.minimum(start + k, n + p)
            along = end - start if count_include_pad else np.minimum(end, n) - np.maximum(start, 0)
            counts = counts[..., None] * along
        divisor = counts.astype(total.dtype)
    result = total // divisor if dtype is D.int64 else total / divisor
    if dtype is D.int64:
        result = np.where((total % divisor != 0) & ((total < 0) != (divisor < 0)), result + 1, result)
    return cast(np.asarray(result, total.dtype), dtype).reshape(*array.shape[:-rank], *output)


def _pool_ops(rank: int) -> None:
    r = rank
    default_pad, default_dilation = ("[0]", "[1]") if r == 1 else ("0", "1")
    window = f"Tensor self, int[{r}] kernel_size, int[{r}] stride=[], int[{r}] padding={default_pad}"
    name = f"max_pool{r}d"

    def max_pool(
        self: Array, kernel_size: Ints, stride: Ints = (), padding: Ints = (0,), dilation: Ints = (1,),
        ceil_mode: bool = False,
    ) -> Array:  # fmt: skip
        return _max_pool(self, r, kernel_size, stride, padding, dilation, ceil_mode, name)

    def max_pool_with_indices(
        self: Array, kernel_size: Ints, stride: Ints = (), padding: Ints = (0,), dilation: Ints = (1,),
        ceil_mode: bool = False,
    ) -> tuple[Array, Array]:  # fmt: skip
        return _max_pool_indices(self, r, kernel_size, stride, padding, dilation, ceil_mode, name)

    header = "volume_pooling" if r == 3 else None
    op(
        f"aten::{name}({window}, int[{r}] dilation={default_dilation}, bool ceil_mode=False) -> Tensor",
        header=header,
        tags=("same_rank",),
    )(max_pool)
    op(
        f"aten::{name}_with_indices({window}, int[{r}] dilation={default_dilation}, bool ceil_mode=False) "
        "-> (Tensor, Tensor)",
        header=header,
    )(max_pool_with_indices)

    def avg_pool(
        self: Array, kernel_size: Ints, stride: Ints = (), padding: Ints = (0,), ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> Array:  # fmt: skip
        return _avg_pool(
            self, r, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, f"avg_pool{r}d"
        )

    override = "" if r == 1 else ", int? divisor_override=None"
    op(
        f"aten::avg_pool{r}d({window}, bool ceil_mode=False, bool count_include_pad=True{override}) -> Tensor",
        header=header,
        tags=("same_rank",),
    )(avg_pool)


for _rank in (1, 2, 3):
    _pool_ops(_rank)


# --- adaptive pooling


def _adaptive_check(array: Array, rank: int, name: str) -> None:
    if array.ndim not in (rank + 1, rank + 2):
        if rank == 1:
            raise RuntimeError(
                f"Expected 2 to 3 dimensions, but got {array.ndim}-dimensional tensor for argument #1 'self' (while "
                f"checking arguments for {name})"
            )
        got = "but got:" if "max" in name else "but got"
        expected = f"Expected {rank + 1}D or {rank + 2}D tensor"
        raise RuntimeError(f"{name}(): {expected}, {got} {shape_text(array.shape)}")
    for dim in range(array.ndim - rank, array.ndim):
        if array.shape[dim] == 0:
            raise RuntimeError(
                f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes "
                f"{shape_text(array.shape)} with dimension {dim} being empty"
            )


def _adaptive_size(output_size: Ints | int, rank: int, name: str) -> Extents:
    """The extents of the result, or torch's error."""
    given = (output_size,) * rank if isinstance(output_size, int) else tuple(int(v) for v in output_size)
    if len(given) != rank:
        if rank == 1:
            raise RuntimeError(f"{name}() argument 'output_size' should contain one int (got {len(given)})")
        wrong = "(): internal error: output_size.size() must be" if "max" in name else ": output_size must be"
        raise RuntimeError(f"{name}{wrong} {rank}")
    if min(given) < 0:
        first = (1, *given) if rank == 1 else given
        if "max" in name:
            raise RuntimeError(f"Trying to create tensor with negative dimension {min(given)}")
        shown = f"{first[0]}, {','.join(map(str, first[1:]))}"
        raise RuntimeError(
            f"adaptive_avg_pool{max(rank, 2)}d: elements of output_size must be greater than or equal to 0 but received "
            f"{{{shown}}}"
        )
    return given


def _bins(extent: int, output: int) -> list[tuple[int, int]]:
    return [((i * extent) // output, -((-(i + 1) * extent) // output)) for i in range(output)]


def _adaptive_avg(array: Array, rank: int, output_size: Ints) -> Array:
    name = f"adaptive_avg_pool{rank}d"
    _adaptive_check(array, rank, name)
    dtype = dtype_of(array)
    kernel_name = "adaptive_avg_pool3d_cpu" if rank == 3 else "adaptive_avg_pool2d"
    require_supported(dtype.is_floating_point, kernel_name, dtype)
    output = _adaptive_size(output_size, rank, name)
    values = cast(array, compute_dtype(dtype))
    if all(o == 1 for o in output):
        axes = tuple(range(array.ndim - rank, array.ndim))
        lead = array.shape[: array.ndim - rank]
        flat = np.ascontiguousarray(values).reshape(*lead, math.prod(array.shape[array.ndim - rank :]))
        mean = flat.mean(axis=-1, dtype=values.dtype)
        return cast(np.asarray(mean), dtype).reshape(*array.shape[: axes[0]], *output)
    for offset, extent in enumerate(output):
        dim = array.ndim - rank + offset
        n = values.shape[dim]
        if extent and n % extent == 0:
            shape = (*values.shape[:dim], extent, n // extent, *values.shape[dim + 1 :])
            values = values.reshape(shape).mean(axis=dim + 1, dtype=values.dtype)
            continue
        parts = np.empty((*values.shape[:dim], extent, *values.shape[dim + 1 :]), values.dtype)
        for i, (start, end) in enumerate(_bins(n, extent)):
            lead = (slice(None),) * dim
            parts[lead + (i,)] = values[lead + (slice(start, end),)].mean(axis=dim, dtype=values.dtype)
        values = parts
    return cast(values, dtype)


def _adaptive_max(array: Array, rank: int, output_size: Ints) -> tuple[Array, Array]:
    _adaptive_check(array, rank, f"adaptive_max_pool{rank}d")
    output = _adaptive_size(output_size, rank, f"adaptive_max_pool{rank}d")
    kernel_name = "adaptive_max_pool3d_cpu" if rank == 3 else "adaptive_max_pool2d"
    require_supported(dtype_of(array).is_floating_point, kernel_name, dtype_of(array))
    spatial = array.shape[-rank:]
    planes = array.reshape(math.prod(array.shape[:-rank]), *spatial)
    values = np.empty((planes.shape[0], *output), array.dtype)
    places = np.empty((planes.shape[0], *output), np.int64)
    flat = np.arange(math.prod(spatial), dtype=np.int64).reshape(spatial)
    bins = [list(enumerate(_bins(n, o))) for n, o in zip(spatial, output, strict=True)]
    for cell in itertools.product(*bins):
        target = _inside(i for i, _ in cell)
        box = tuple(slice(start, end) for _, (start, end) in cell)
        window = planes[_inside(box)]
        window = window.reshape(planes.shape[0], math.prod(window.shape[1:]))
        best = window.argmax(axis=1) if dtype_of(array) is not D.bfloat16 else window.astype(np.float32).argmax(axis=1)
        values[target] = np.take_along_axis(window, best[:, None], 1)[:, 0]
        places[target] = flat[box].reshape(-1)[best]
    shape = (*array.shape[:-rank], *output)
    return values.reshape(shape), places.reshape(shape)


def _adaptive_ops(rank: int) -> None:
    def average(self: Array, output_size: Ints) -> Array:
        return _adaptive_avg(self, rank, output_size)

    def maximum(self: Array, output_size: Ints) -> tuple[Array, Array]:
        return _adaptive_max(self, rank, output_size)

    header = "volume_pooling" if rank == 3 else None
    sized = f"pool{rank}d(Tensor self, int[{rank}] output_size)"
    op(f"aten::adaptive_avg_{sized} -> Tensor", header=header, tags=("same_rank",))(average)
    op(f"aten::adaptive_max_{sized} -> (Tensor, Tensor)", header=header)(maximum)


for _rank in (1, 2, 3):
    _adaptive_ops(_rank)
