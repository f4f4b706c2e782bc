"""Samples of the shape family: views, joining, rearranging, padding."""

from __future__ import annotations

import numpy as np
from ml_dtypes import bfloat16

from tests.ops.cases import Cases, longs
from tests.ops.samples import make
from transpile.core import dtype as dtypes

samples = Cases(13)
case, floats = samples.case, samples.floats
cube = floats(2, 3, 4)
turned = cube.transpose(0, 2, 1)
matrix = floats(3, 4)
point = np.array(3.0, np.float32)
empty = np.empty((0, 3), np.float32)

for a in (cube, point, empty, turned, cube.astype(np.float16), cube.astype(bfloat16), cube > 0, cube.astype(np.int8)):
    for o in (
        "size",
        "dim",
        "numel",
        "stride",
        "is_contiguous",
        "squeeze",
        "contiguous",
        "clone",
        "detach",
        "alias",
        "numpy_T",
        "t",
        "mT",
        "mH",
        "adjoint",
        "matrix_H",
        "ravel",
        "atleast_1d",
        "atleast_2d",
        "atleast_3d",
        "fliplr",
        "flipud",
        "nonzero",
        "argwhere",
        "nonzero_numpy",
    ):
        if a.size or o != "stride":  # NumPy and torch count strides of nothing differently
            case(o, a)
    for d in (-1, 0, 1, 3):
        for o in ("size.int", "unsqueeze", "squeeze.dim", "stride.int", "unbind.int"):
            if a.size or o != "stride.int":
                case(o, a, d)
    case("flip", a, [0])
    case("flip", a, [-1])
    case("flip", a, [])
    case("roll", a, [1])
    case("roll", a, [1], [-1])
    case("roll", a, [-2], [0])
    case("repeat", a, [2, 1, 2])
    case("tile", a, [2])
    case("tile", a, [2, 1, 1, 2])
    case("tril", a)
    case("triu", a, 1)
    case("tril", a, -1)
    case("triu_", a, -1)
    case("constant_pad_nd", a, [1, 2], 1.5)
    case("constant_pad_nd", a, [1, -1, 0, 2], 0)
    case("diag", a)
    case("repeat_interleave.self_int", a, 2)
    case("repeat_interleave.self_int", a, 2, 0)
for sh in ([6, 4], [-1], [4, -1], [2, 3, 2, 2], [5, 5], [-1, -1], [-2, 3], [-1, 5], [24, 1, 1], []):
    for o in ("view", "reshape", "_unsafe_view"):
        case(o, cube, sh)
        case(o, turned, sh)
case("view", empty, [-1, 3])
case("view", empty, [0, -1])
case("view", point, [1, 1])
case("view", point, [])
case("view", np.broadcast_to(floats(3, 1), (3, 4)), [12])
case("view_as", cube, floats(6, 4))
case("reshape_as", turned, floats(6, 4))
case("view.dtype", cube, dtypes.int32)
case("view.dtype", cube, dtypes.int8)
case("view.dtype", cube, dtypes.float64)
case("view.dtype", floats(2, 3), dtypes.float64)
case("view.dtype", point, dtypes.int8)
case("view.dtype", cube, dtypes.bfloat16)
for a, b in ((0, -1), (0, 1), (1, 2), (2, 1), (1, 1), (3, 3)):
    case("flatten.using_ints", cube, a, b)
    case("flatten.using_ints", turned, a, b)
case("flatten.using_ints", point)
for d, sz in ((1, [3, 1]), (2, [2, -1]), (1, [2, 2]), (1, [-1, 2]), (1, []), (-1, [2, 2])):
    case("unflatten.int", cube, d, sz)
for p in ([2, 0, 1], [0, 1], [0, 0, 1], [-1, -2, -3], [0, 1, 3]):
    case("permute", cube, p)
for a, b in ((0, 1), (-1, 0), (0, 3)):
    for o in ("transpose.int", "swapaxes", "swapdims"):
        case(o, cube, a, b)
case("transpose.int", point, 0, 0)
case("transpose.int", point, 0, 1)
case("squeeze.dims", floats(1, 2, 1, 3), [0, 2])
case("squeeze.dims", floats(1, 2, 1, 3), [0, 1])
case("squeeze.dims", floats(1, 2, 1, 3), [0, 0])
case("squeeze.dims", floats(1, 2), [])
case("squeeze_", floats(1, 2, 1))
case("squeeze_.dim", floats(1, 2, 1), 0)
case("unsqueeze_", floats(2, 3), 1)
for sz in ([2, 3, 4], [5, 2, 3, 4], [2, 3], [2, 3, 5], [-1, -1, -1], [-1, 2, 3, 4], [2, 3, -2]):
    case("expand", cube, sz)
    case("broadcast_to", cube, sz)
case("expand", floats(3, 1), [2, 3, 4])
case("expand", floats(1), [0])
case("expand_as", floats(3, 1), cube[:, :, :])
case("broadcast_tensors", [floats(3, 1), floats(2, 1, 4)])
case("broadcast_tensors", [floats(3, 2), floats(2, 1, 4)])
case("movedim.int", cube, 0, 2)
case("movedim.intlist", cube, [0, 1], [1, 2])
case("movedim.intlist", cube, [0, 0], [1, 2])
case("movedim.intlist", cube, [0], [1, 2])
case("moveaxis.int", cube, -1, 0)
case("moveaxis.intlist", cube, [2, 1], [0, 2])
for d, i in ((0, 1), (0, 2), (0, -3), (1, -1), (2, 0), (3, 0), (-1, 3)):
    case("select.int", cube, d, i)
case("select.int", point, 0, 0)
for a in (
    (0, None, None, 1),
    (1, 1, None, 1),
    (2, -3, -1, 1),
    (1, 0, 100, 2),
    (1, 2, 1, 1),
    (1, -100, 2, 1),
    (0, 0, 1, 0),
    (0, 0, 1, -1),
    (3, 0, 1, 1),
):
    case("slice.Tensor", cube, *a)
case("slice.Tensor", point)
for a in ((0, 1, 1), (0, 1, 2), (0, 3, 0), (0, 2, 0), (0, 0, -1), (1, -2, 2), (1, -4, 1)):
    case("narrow", cube, *a)
case("narrow", point, 0, 0, 1)
case("narrow.Tensor", cube, 1, np.array(1), 2)
for a in ((1,), (0,), (-1,), (2, 1), (3, 2), (5, 2)):
    case("split.Tensor", cube, *a)
    case("unsafe_split.Tensor", cube, *a)
    case("chunk", cube, *a)
    case("unsafe_chunk", cube, *a)
case("split.Tensor", point, 1)
case("chunk", point, 1)
case("split.Tensor", empty, 0)
case("chunk", empty, 3)
for a in (([1, 1],), ([1, 2],), ([1, 0, 2], 1), ([-1, 4], 1)):
    case("split_with_sizes", cube, *a)
    case("split.sizes", cube, *a)
    case("unsafe_split_with_sizes", cube, *a)
for a in ((2, 2), (3, 2), (0,), (5, 1)):
    case("tensor_split.sections", cube, *a)
for a in (([1, 2], 2), ([2], 0), ([1, 5], 1), ([3, 1], 1)):
    case("tensor_split.indices", cube, *a)
for a in ((np.array(2), 2), (np.array([1, 2]), 2), (np.array([2, 1]), 1), (np.array([3, 9, 1])[::2], -1), (np.array(0),),
          (np.array([[1]]),), (np.array([1.0]),), (np.array(1), 5)):  # fmt: skip
    case("tensor_split.tensor_indices_or_sections", cube, *a)
case("tensor_split.tensor_indices_or_sections", point, np.array(2))
for n in (2, 3, 4):
    case("hsplit.int", cube, n)
    case("vsplit.int", cube, n)
    case("dsplit.int", cube, n)
case("hsplit.int", point, 1)
case("vsplit.int", floats(2), 1)
case("dsplit.int", matrix, 1)
case("hsplit.array", cube, [1, 2])
case("vsplit.array", cube, [1])
case("dsplit.array", cube, [1])
for ts, d in (
    ([cube, cube], 0),
    ([cube, turned], 0),
    ([cube, cube], -1),
    ([cube, cube.astype(np.float64)], 1),
    ([cube.astype(np.int32), cube.astype(np.float16)], 2),
    ([cube, np.empty(0, np.float32)], 1),
    ([cube, np.empty(0, np.float64)], 1),
    ([np.empty(0, np.float32)], 0),
    ([point], 0),
    ([cube, matrix], 0),
    ([cube, cube], 4),
    ([], 0),
    ([cube.astype(np.int8), cube.astype(np.uint8)], 0),
    ([cube > 0, cube > 0], 0),
    ([cube.astype(np.float16), cube.astype(bfloat16)], 0),
):
    for o in ("cat", "concat", "concatenate", "stack"):
        case(o, ts, d)
    for o in ("hstack", "vstack", "dstack", "column_stack", "row_stack"):
        if d == 0:
            case(o, ts)
for o in ("hstack", "vstack", "dstack", "column_stack", "row_stack"):
    case(o, [floats(3), floats(3)])
    case(o, [point, point])
    case(o, [floats(3, 2), floats(3, 2)])
case("stack", [point, point], 0)
case("atleast_2d.Sequence", [point, matrix])
case("block_diag", [matrix, point, floats(2)])
case("block_diag", [matrix, cube])
case("block_diag", [])
case("block_diag", [make((2, 3), np.int32), make((0, 2), np.int64), make((3, 0), np.uint8), make((2, 2), np.bool_)])
case("block_diag", [matrix.T, make((2,), np.complex64), make((2, 2), bfloat16)])
case("meshgrid", [floats(2), floats(3)])
case("meshgrid.indexing", [floats(2), floats(3), floats(4)], indexing="xy")
case("meshgrid.indexing", [floats(2), point], indexing="ij")
case("meshgrid", [])
case("meshgrid", [floats(2), floats(2).astype(np.float64)])
case("meshgrid.indexing", [floats(2)], indexing="a")
case("cartesian_prod", [floats(2), floats(3)])
case("cartesian_prod", [floats(2)])
case("repeat", cube, [2])
case("repeat", cube, [2, -1, 1])
case("repeat", cube, [0, 1, 1])
case("repeat", point, [2, 2])
case("repeat", point, [])
case("repeat_interleave.self_Tensor", cube, longs(1, 2), 0)
case("repeat_interleave.self_Tensor", cube, longs(1, 2, 3), 0)
case("repeat_interleave.self_Tensor", cube, longs(2), 1)
case("repeat_interleave.self_Tensor", cube, np.array(2), 1)
case("repeat_interleave.self_Tensor", floats(3), longs(1, 0, 2))
case("repeat_interleave.self_int", cube, -1, 0)
case("repeat_interleave.Tensor", longs(1, 2))
case("repeat_interleave.Tensor", floats(2))
case("repeat_interleave.Tensor", longs(-1))
case("repeat_interleave.self_Tensor", cube, longs(-1, 2), 0)
case("roll", cube, [1, 2], [0])
case("roll", cube, [], [0])
case("roll", cube, [1, 2])
case("roll", cube, [1, -2], [0, 2])
case("flip", cube, [0, 0])
case("flip", cube, [5])
case("flip", cube, [0, 2])
for k in (1, 2, 3, -1, 5):
    case("rot90", cube, k, [0, 2])
case("rot90", cube, 1, [0, 0])
case("rot90", cube, 1, [0])
case("rot90", floats(3), 1, [0, 1])
for a in ((0, 0, 1), (1, 1, 2), (-1, -1, -2), (0, 1, 1), (5, 0, 1)):
    case("diagonal", cube, *a)
    case("diag_embed", cube, *a)
case("diag", floats(3), 1)
case("diag", floats(3), -1)
case("diag", matrix, 1)
for a in ((0, 1, 1), (1, 2, 1), (2, 2, 2), (0, 3, 1), (0, 1, 0), (0, -1, 1), (-1, 4, 3)):
    case("unfold", cube, *a)
case("unfold", point, 0, 1, 1)
case("unfold", point, 0, 0, 1)
case("as_strided", cube, [2, 2], [1, 2])
case("as_strided", cube, [2, 2], [1, 2], 3)
case("as_strided", cube, [5, 5], [5, 5])
case("as_strided", cube, [2], [1, 1])
case("as_strided", cube, [2], [-1])
for pd in ([1], [1, 1], [-1, 2], [1] * 8, [-5, 0], [1, 1, 1, 1], [1, 2, 3, 4, 1, 1], [-1, -1, 2, -1]):
    case("constant_pad_nd", cube, pd, 2)
    for mode in ("constant", "reflect", "replicate", "circular", "foo"):
        case("pad", cube, pd, mode)
        case("pad", floats(2, 4, 5, 6), pd, mode)
case("pad", cube, [1, 1], "reflect", 1.0)
case("pad", cube, [1, 1], "constant", 1.0)
case("pad", matrix[0], [1, 1], "reflect")
case("pad", cube, [4, 0], "reflect")
case("pad", cube, [5, 5], "circular")
case("pad", floats(1, 2, 4, 4, 4), [1, 2, 1, 0, 2, 1], "reflect")
case("pad", floats(1, 2, 4, 4, 4), [1, 2, 1, 0, 2, 1], "replicate")
case("pad", floats(1, 2, 4, 4, 4), [1, 2, 1, 0, 2, 1], "circular")
case("_pad_enum", cube, [1, 2], 0)
case("_pad_enum", cube, [1, 2], 1)
case("_pad_enum", cube, [1, 2], 2)
case("_pad_enum", cube, [1, 2], 3, 2.0)
case("_pad_circular", cube, [1, 2])
case("pad", cube.astype(np.int64), [1, 2], "constant", 1.5)
case("pad", cube > 0, [1, 2])
case("pad", cube, [-1, 2], "circular")
case("pad", cube, [-1, 2], "reflect")
case("pad", floats(1, 2, 5), [-2, 1], "replicate")
case("reflection_pad1d", cube, [1, 2])
case("reflection_pad2d", floats(2, 4, 5, 6), [1, 2, 0, 3])
case("replication_pad2d", floats(2, 4, 5, 6), [1, 2, 0, 3])
case("replication_pad1d", cube, [6, 2])
case("reflection_pad1d", cube, [4, 2])
case("replication_pad3d", floats(1, 2, 3, 3, 3), [1] * 6)
case("reflection_pad2d", floats(2, 4, 5, 6), [1, 2, 5, 3])
case("pixel_shuffle", floats(2, 8, 3, 3), 2)
case("pixel_shuffle", cube, 2)
case("pixel_unshuffle", floats(2, 8, 4, 6), 2)
case("pixel_unshuffle", cube, 2)
case("channel_shuffle", floats(2, 6, 3, 3), 3)
case("channel_shuffle", floats(2, 6, 3, 3), 4)
case("channel_shuffle", matrix, 4)
case("pixel_shuffle", matrix, 2)
case("copy_", cube, floats(4))
case("copy_", cube, floats(5))
case("copy_", cube.astype(np.int32), floats(4) * 3)
case("copy_", matrix, cube)

# --- spelled differently
for o in ("lift_fresh", "resolve_conj", "resolve_neg"):
    case(o, cube)
case("is_contiguous.memory_format", turned, 0)
case("split", cube, [1, 2], 1)
case("_reshape_alias", cube, [6, 4], [4, 1])
case("atleast_1d.Sequence", [point, matrix])
case("atleast_3d.Sequence", [point, matrix])
case("reflection_pad3d", floats(1, 2, 3, 3, 3), [1, 2, 0, 1, 2, 0])
case("native_channel_shuffle", floats(2, 6, 3, 3), 3)
for shape in ((3, 3), (2, 4), (7, 3), (3, 3, 3), (4,), (2, 3, 3)):
    for wrap in (False, True):
        case("fill_diagonal_", floats(*shape), 2.5, wrap)
