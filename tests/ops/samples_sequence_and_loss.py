"""Samples of the recurrent, upsample and loss families."""

from __future__ import annotations

from typing import Any

import numpy as np
from ml_dtypes import bfloat16

from tests.ops.cases import Cases, longs

samples = Cases(25)
case, floats = samples.case, samples.floats

# arguments of one operator after another
a: Any

# recurrent
for dtype in (np.float32, np.float64):
    for o, gt in (("gru_cell", 3), ("rnn_tanh_cell", 1), ("rnn_relu_cell", 1)):
        case(
            o,
            floats(2, 3, dtype=dtype),
            floats(2, 4, dtype=dtype),
            floats(4 * gt, 3, dtype=dtype),
            floats(4 * gt, 4, dtype=dtype),
            floats(4 * gt, dtype=dtype),
            floats(4 * gt, dtype=dtype),
        )
        case(
            o,
            floats(2, 3, dtype=dtype),
            floats(2, 4, dtype=dtype),
            floats(4 * gt, 3, dtype=dtype),
            floats(4 * gt, 4, dtype=dtype),
        )
    case(
        "lstm_cell",
        floats(2, 3, dtype=dtype),
        [floats(2, 4, dtype=dtype), floats(2, 4, dtype=dtype)],
        floats(16, 3, dtype=dtype),
        floats(16, 4, dtype=dtype),
        floats(16, dtype=dtype),
        floats(16, dtype=dtype),
    )
    for bi in (0, 1):
        for nl in (1, 2):
            for bias in (0, 1):
                for bfst in (0, 1):
                    for o, gt in (("gru", 3), ("rnn_tanh", 1), ("rnn_relu", 1), ("lstm", 4)):
                        ps = []
                        for layer in range(nl):
                            for _ in range(1 + bi):
                                ps += [
                                    floats(4 * gt, 3 if layer == 0 else 4 * (1 + bi), dtype=dtype),
                                    floats(4 * gt, 4, dtype=dtype),
                                ] + ([floats(4 * gt, dtype=dtype), floats(4 * gt, dtype=dtype)] if bias else [])
                        h = floats(nl * (1 + bi), 2, 4, dtype=dtype)
                        hx = [h, floats(nl * (1 + bi), 2, 4, dtype=dtype)] if o == "lstm" else h
                        case(
                            o + ".input",
                            floats(*((2, 5, 3) if bfst else (5, 2, 3)), dtype=dtype),
                            hx,
                            ps,
                            bool(bias),
                            nl,
                            0.0,
                            False,
                            bool(bi),
                            bool(bfst),
                        )
case(
    "lstm.input",
    floats(5, 2, 3),
    [floats(1, 2, 2), floats(1, 2, 4)],
    [floats(16, 3), floats(16, 2), floats(16), floats(16), floats(2, 4)],
    True,
    1,
    0.0,
    False,
    False,
    False,
)
for a in (
    (floats(2, 3), floats(2, 4), floats(12, 4), floats(12, 4)),
    (floats(2, 3), floats(3, 4), floats(12, 3), floats(12, 4)),
    (floats(2, 3), floats(2, 5), floats(12, 3), floats(12, 4)),
):
    case("gru_cell", *a)
case("lstm_cell", floats(2, 3), [floats(2, 4)], floats(16, 3), floats(16, 4))
# upsample
for dtype in (np.float32, np.float64, np.float16, bfloat16):
    u = floats(2, 3, 5, 6, dtype=dtype)
    for sz in ([10, 12], [7, 4], [5, 6], [1, 1], [3, 11]):
        case("upsample_nearest2d", u, sz)
        case("_upsample_nearest_exact2d", u, sz)
        for al in (True, False):
            case("upsample_bilinear2d", u, sz, al)
            case("upsample_bicubic2d", u, sz, al)
    for sc in ([2.0, 2.0], [1.5, 0.7], [0.3, 3.3]):
        case("upsample_nearest2d.vec", u, None, sc)
        case("_upsample_nearest_exact2d.vec", u, None, sc)
        for al in (True, False):
            case("upsample_bilinear2d.vec", u, None, al, sc)
            case("upsample_bicubic2d.vec", u, None, al, sc)
    case("upsample_nearest1d", floats(2, 3, 5, dtype=dtype), [8])
    case("upsample_linear1d", floats(2, 3, 5, dtype=dtype), [8], False)
    case("upsample_linear1d.vec", floats(2, 3, 5, dtype=dtype), None, True, [1.7])
    case("upsample_nearest1d.vec", floats(2, 3, 5, dtype=dtype), None, [1.7])
    case("upsample_nearest3d", floats(1, 2, 3, 4, 5, dtype=dtype), [6, 5, 4])
    case("upsample_trilinear3d", floats(1, 2, 3, 4, 5, dtype=dtype), [6, 5, 4], False)
    case("upsample_nearest3d.vec", floats(1, 2, 3, 4, 5, dtype=dtype), None, [2.0, 2.0, 1.5])
for a in (
    (floats(1, 2, 3), [2, 2]),
    (floats(1, 2, 3, 3), [0, 2]),
    (floats(1, 2, 3, 3), [2]),
    (floats(1, 2, 0, 3), [2, 2]),
):
    case("upsample_nearest2d", *a)
    case("upsample_bilinear2d", *a, False)
case("upsample_bilinear2d.vec", floats(1, 2, 3, 3), None, False, None)
for channels in (2, 6):
    image = (np.arange(channels * 70) * 37 % 256).astype(np.uint8).reshape(1, channels, 7, 10)
    for name in ("upsample_bilinear2d", "upsample_bicubic2d", "_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa"):
        case(name, image, [5, 13], False)
        case(name, image, [9, 4], True)
case("upsample_nearest2d", floats(1, 2, 3, 3).transpose(0, 1, 3, 2), [6, 6])
# losses
for dtype in (np.float32, np.float64, np.float16, bfloat16):
    for r in (0, 1, 2):
        p = (samples.random.random((3, 4))).astype(dtype)
        q = (samples.random.random((3, 4))).astype(dtype)
        w = samples.random.random(4).astype(dtype)
        a = floats(3, 4, dtype=dtype)
        b = floats(3, 4, dtype=dtype)
        for o in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"):
            case(o, a, b, r)
        case("smooth_l1_loss", a, b, r, 0.3)
        case("smooth_l1_loss", a, b, r, 0.0)
        case("huber_loss", a, b, r, 0.3)
        case("binary_cross_entropy", p, q, None, r)
        case("binary_cross_entropy", p, q, w, r)
        case("binary_cross_entropy_with_logits", a, q, None, None, r)
        case("binary_cross_entropy_with_logits", a, q, w, w, r)
        if dtype is not np.float16:
            for o in ("nll_loss", "nll_loss_nd"):
                case(o, a, longs(0, 3, 1), None, r)
                case(o, a, longs(0, 3, 1), w, r)
                case(o, a, longs(0, 3, 1), w, r, 3)
            case("nll_loss_nd", floats(2, 4, 3, dtype=dtype), np.array([[0, 1, 2], [3, 0, 1]]), w, r, 1)
            case("nll_loss2d", floats(2, 4, 2, 3, dtype=dtype), samples.random.integers(0, 4, (2, 2, 3)), w, r)
            case("cross_entropy_loss", a, longs(0, 3, 1), None, r)
            case("cross_entropy_loss", a, longs(0, 3, 1), w, r, 3, 0.2)
            case("cross_entropy_loss", floats(2, 4, 3, dtype=dtype), np.array([[0, 1, 2], [3, 0, 1]]), w, r, 1, 0.1)
            case("cross_entropy_loss", floats(2, 4, 3, dtype=dtype), np.array([[0, 1, 2], [3, 0, 1]]), None, r, 1, 0.1)
            case("cross_entropy_loss", floats(4, dtype=dtype), np.array(1), None, r)
        case("cross_entropy_loss", a, q, None, r)
        case("cross_entropy_loss", a, q, w, r, -100, 0.1)
        case("kl_div", a, p, r)
        case("kl_div", a, b, r, log_target=True)
        case("kl_div", a, np.zeros((3, 4), dtype), r)
        if dtype in (np.float32, np.float64):
            y = np.sign(b)
            case("cosine_embedding_loss", a, b, y[:, 0], 0.1, r)
            case("margin_ranking_loss", a, b, y, 0.1, r)
            case("hinge_embedding_loss", a, y, 1.0, r)
            case("soft_margin_loss", a, y, r)
            case("triplet_margin_loss", a, b, p, 1.0, 2.0, 1e-6, False, r)
            case("triplet_margin_loss", a, b, p, 1.0, 1.0, 1e-6, True, r)
            case("poisson_nll_loss", a, np.abs(b) * 4, True, True, 1e-8, r)
            case("poisson_nll_loss", p, np.abs(b) * 4, False, False, 1e-8, r)
            case("multi_margin_loss", a, longs(0, 1, 2), 1, 1, None, r)
            case("multi_margin_loss", a, longs(0, 1, 2), 2, 0.5, w, r)
        case("cosine_similarity", a, b, 1) if dtype != np.float16 else None
        case("pairwise_distance", a, b)
# Integers wrap in their own type before the first float.
for few in (np.array([[5, 1, 6], [0, 255, 9]], np.uint8), np.array([[5, 1, 6], [0, -7, 9]], np.int64)):
    other = np.roll(few, 1, 0)
    case("margin_ranking_loss", few, other, few, 0.5, 2)
    case("triplet_margin_loss", few, other, np.roll(few, 1, 1), 1.0, 2.0, 1e-6, True, 1)
    case("pairwise_distance", few, other)
    case("cosine_embedding_loss", few, other, np.array([1, -1]), 0.1, 0)
case("cosine_similarity", floats(3), floats(3), 0)
case("cosine_similarity", floats(3, 2), floats(2), 1)
case("pairwise_distance", floats(3, 2), floats(3, 2), 1.0, 1e-6, True)
for norm in (0.0, 1.0, 2.0, 3.0, float("inf")):
    case("cdist", floats(3, 2), floats(4, 2), norm)
case("cdist", floats(2, 3, 2), floats(2, 4, 2))
case("cdist", floats(3), floats(3, 2))
case("cdist", floats(3, 2), floats(3, 3))
for a in ((floats(3), floats(4)), (longs(1, 2), longs(1, 3)), (floats(3), floats(3, dtype=np.float64))):
    case("mse_loss", *a)
    case("l1_loss", *a, any_message=True)
    case("smooth_l1_loss", *a)
case("smooth_l1_loss", floats(3), floats(3), 1, -1.0)
case("huber_loss", floats(3), floats(3), 1, 0.0)
for a in (
    (floats(3), floats(3)),
    (samples.random.random(3).astype(np.float32), floats(4)),
    (samples.random.random(3).astype(np.float32), longs(0, 1, 0)),
    (np.array([0.0, 1, 0.5], np.float32), np.array([1.0, 0, 1], np.float32), None, 0),
):
    case("binary_cross_entropy", *a)
    if len(a) == 2:
        case("binary_cross_entropy_with_logits", *a)
for a in (
    (floats(3, 4), longs(0, 1, 4)),
    (floats(3, 4), longs(0, 1)),
    (floats(3, 4), floats(3)),
    (floats(3, 4), longs(0, 1, 2), floats(3)),
    (floats(3), longs(0)),
    (floats(3), np.array(0)),
    (floats(0, 4), np.zeros(0, np.int64)),
    (floats(3, 4), longs(-100, -100, -100)),
    (floats(3, 4, 2), np.zeros((3, 3), np.int64)),
    (floats(3, 4, 2, 2), np.zeros((3, 3, 2), np.int64)),
    (np.array(3.0, np.float32), np.array(0)),
    (floats(3, 4), np.array([0, 1, 2], np.int32)),
    (floats(3, 4), floats(3, 3)),
):
    case("nll_loss_nd", *a)
    case("cross_entropy_loss", *a)
case("cross_entropy_loss", floats(3, 4), longs(0, 1, 2), None, 1, -100, 2.0)
case("kl_div", floats(3), floats(4))

# --- one and three spatial dimensions
case("_upsample_nearest_exact1d", floats(2, 3, 5), [8])
case("_upsample_nearest_exact1d.vec", floats(2, 3, 5), None, [1.7])
case("_upsample_nearest_exact3d", floats(1, 2, 3, 4, 5), [6, 5, 4])
case("_upsample_nearest_exact3d.vec", floats(1, 2, 3, 4, 5), None, [2.0, 1.5, 0.8])
case("upsample_trilinear3d.vec", floats(1, 2, 3, 4, 5), None, True, [2.0, 1.5, 0.8])
# --- reading at arbitrary places
for mode in (0, 1, 2):
    for padding in (0, 1, 2):
        for align in (False, True):
            case("grid_sampler", floats(2, 3, 4, 5), floats(2, 3, 6, 2), mode, padding, align)
            if mode < 2:
                case("grid_sampler_3d", floats(1, 2, 3, 4, 5), floats(1, 2, 3, 2, 3), mode, padding, align)
case("grid_sampler_2d", floats(2, 3, 4, 5, dtype=np.float64), floats(2, 3, 6, 2, dtype=np.float64), 0, 0, False)
case("grid_sampler", floats(2, 3, 4, 5), floats(1, 3, 6, 2), 0, 0, False)
case("grid_sampler", floats(2, 3, 4, 5), floats(2, 3, 6, 3), 0, 0, False)
for align in (False, True):
    case("affine_grid_generator", floats(2, 2, 3), [2, 3, 4, 5], align)
    case("affine_grid_generator", floats(1, 2, 3), [2, 3, 4, 5], align)
    case("affine_grid_generator", floats(2, 3, 4), [2, 3, 4, 5, 1], align)
    for name in ("_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa", "_upsample_lanczos2d_aa"):
        case(name, floats(2, 3, 9, 8), [4, 11], align)
        case(f"{name}.vec", floats(2, 3, 9, 8), None, align, [0.4, 1.3])
# --- labels
logs = np.log(samples.random.dirichlet(np.ones(5), (7, 3))).astype(np.float32)
for r in (0, 1, 2):
    case("ctc_loss.IntList", logs, np.array([[1, 2, 2], [3, 3, 3], [4, 1, 0]]), [7, 6, 2], [3, 3, 2], 0, r)
    case("ctc_loss.IntList", logs, np.array([[1, 2, 2], [3, 3, 3], [4, 1, 0]]), [7, 4, 2], [3, 3, 0], 0, r, True)
    case("ctc_loss.Tensor", logs, longs(1, 2, 2, 3, 4), longs(7, 6, 5), longs(3, 1, 1), 0, r)
    case("multilabel_margin_loss", floats(2, 4), np.array([[0, 3, -1, 1], [2, 1, 0, -1]]), r)
    case("multilabel_margin_loss", floats(4), longs(3, 0, -1, 1), r)
# --- sequences of different lengths
steps = floats(4, 3, 5)
for batch_first in (False, True):
    padded = steps.swapaxes(0, 1).copy() if batch_first else steps
    case("_pack_padded_sequence", padded, longs(4, 2, 1), batch_first)
    case("_pack_padded_sequence", padded, longs(2, 4, 1), batch_first)
    case("_pack_padded_sequence", padded, longs(4, 2, 0), batch_first)
    case("_pack_padded_sequence", padded, longs(4, 2), batch_first)
    for total in (-1, 6, 2):
        case("_pad_packed_sequence", floats(7, 5), longs(3, 2, 1, 1), batch_first, 1.5, total)
for kind, gates in (("gru", 3), ("rnn_tanh", 1), ("rnn_relu", 1), ("lstm", 4)):
    for ways in (1, 2):
        weights = []
        for layer in range(2):
            for _ in range(ways):
                weights += [floats(4 * gates, 4 * ways if layer else 5), floats(4 * gates, 4)]
                weights += [floats(4 * gates), floats(4 * gates)]
        hidden = floats(2 * ways, 3, 4)
        start = [hidden, floats(2 * ways, 3, 4)] if kind == "lstm" else hidden
        case(f"{kind}.data", floats(7, 5), longs(3, 2, 1, 1), start, weights, True, 2, 0.0, False, ways == 2)
