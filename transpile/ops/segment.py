"""Reductions of the segments of a dimension, which have lengths of their own."""

from __future__ import annotations

import math

import numpy as np

from transpile.core import dtype as D
from transpile.ops.families import Family, require_supported
from transpile.ops.promotion import Array, Number, dtype_of, shape_text, wrap_dim

FAMILY = Family("segment", tags=("nofold",))
_KINDS = {"sum": "sum", "prod": "prod", "mean": "mean", "max": "max", "amax": "max", "min": "min", "amin": "min"}
_NEUTRAL = {"sum": 0.0, "prod": 1.0, "mean": 0.0, "max": -math.inf, "min": math.inf}
_COMBINE = {"sum": np.add, "mean": np.add, "prod": np.multiply, "max": np.maximum, "min": np.minimum}


def _ends(lengths: Array | None, offsets: Array | None, data: Array, axis: int, unsafe: bool) -> tuple[Array, Array]:
    """Where segments begin and end, (rows, segments) each."""
    given = offsets if offsets is not None else lengths
    assert given is not None
    if data.ndim < given.ndim:
        name = "lengths_value" if offsets is None else "offsets_value"
        raise RuntimeError(
            f"Expected data.dim() >= {name}.dim() to be true, but got false.  (Could this error message be improved?  "
            "If so, please report an enhancement request to PyTorch.)"
        )
    word = "lengths" if offsets is None else "offsets"
    if axis != given.ndim - 1:
        raise RuntimeError(f"segment_reduce(): Expected axis to be the last dimension of {word} but got {axis}.")
    if offsets is None and not unsafe:
        if not given.size:
            raise RuntimeError(
                "min(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim "
                "with the 'dim' argument."
            )
        if given.min() < 0:
            raise RuntimeError("lengths contains negative value!")
        if (given.sum(axis=-1) != data.shape[axis]).any():
            raise RuntimeError(
                "segment_reduce(): Expected all rows of lengths along axis to sum to data.size(lengths.dim()-1) when "
                "!unsafe."
            )
    if offsets is not None and not given.shape[-1]:
        shape = (*data.shape[:axis], -1, *data.shape[axis + 1 :])
        raise RuntimeError(f"Trying to create tensor with negative dimension -1: {shape_text(shape)}")
    name = f"_segment_reduce_{word}_cpu_kernel1"
    require_supported(dtype_of(given) in (D.int64, D.int32), name, dtype_of(given))
    rows = given.astype(np.int64).reshape(math.prod(given.shape[:-1]), given.shape[-1])
    if offsets is None:
        ends = rows.cumsum(axis=-1)
        starts = ends - rows
    else:
        starts, ends = rows[:, :-1], rows[:, 1:]
    if (ends < starts).any():
        raise RuntimeError(
            "Expected segment_length >= 0 to be true, but got false.  (Could this error message be improved?  If so, "
            "please report an enhancement request to PyTorch.)"
        )
    if starts.size and (starts.min() < 0 or ends.max() > data.shape[axis]):
        raise RuntimeError(f"segment_reduce(): the {word} reach beyond the {data.shape[axis]} elements of the data")
    if rows.shape[0] < math.prod(data.shape[:axis]):
        raise RuntimeError(f"segment_reduce(): the {word} have too few rows for the data")
    return starts, ends


@FAMILY.op(
    "aten::segment_reduce(Tensor data, str reduce, *, Tensor? lengths=None, Tensor? indices=None, "
    "Tensor? offsets=None, int axis=0, bool unsafe=False, Scalar? initial=None) -> Tensor"
)
def segment_reduce(
    data: Array, reduce: str, *, lengths: Array | None = None, indices: Array | None = None,
    offsets: Array | None = None, axis: int = 0, unsafe: bool = False, initial: Number | None = None,
) -> Array:  # fmt: skip
    axis = wrap_dim(axis, data.ndim)
    if indices is not None:
        raise RuntimeError("segment_reduce(): indices based reduction is not supported yet.")
    if lengths is None and offsets is None:
        raise RuntimeError("segment_reduce(): Either lengths or offsets must be defined.")
    if reduce not in _KINDS:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    kind = _KINDS[reduce]
    dtype = dtype_of(data)
    starts, ends = _ends(lengths, offsets, data, axis, unsafe)
    require_supported(dtype.category == D.FLOATING, "_segment_reduce_cpu", dtype)
    rows = data.reshape(math.prod(data.shape[:axis]), data.shape[axis], math.prod(data.shape[axis + 1 :]))
    result = np.empty((rows.shape[0], starts.shape[1], rows.shape[2]), data.dtype)
    result[...] = _NEUTRAL[kind] if initial is None else initial.real
    combine = _COMBINE[kind]
    for row in range(rows.shape[0]):
        for segment, (start, end) in enumerate(zip(starts[row].tolist(), ends[row].tolist(), strict=True)):
            target = result[row, segment]
            for element in rows[row, start:end]:  # one after another: 16-bit types are rounded at every step
                target[...] = combine(target, element)
            if kind == "mean" and end > start:
                target[...] = target / data.dtype.type(end - start)
            elif kind == "mean" and initial is None:
                target[...] = np.nan
    return result.reshape(*data.shape[:axis], starts.shape[1], *data.shape[axis + 1 :])
