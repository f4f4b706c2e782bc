"""torchvision's operators on boxes: which ones overlap, and by how much.

Whose operators these are is said in NOTICE.
"""

from __future__ import annotations

import math

import numpy as np

from transpile.core import dtype as D
from transpile.ops.families import Family, require_supported
from transpile.ops.promotion import Array, dtype_of, shape_text

FAMILY = Family("boxes", tags=("nofold",))
op = FAMILY.op

_DOUBLES = (D.float32, D.float64)


@op("torchvision::nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
def nms(dets: Array, scores: Array, iou_threshold: float) -> Array:
    """Which boxes ``(x1, y1, x2, y2)`` are left, best score first, once those that overlap a better one are dropped."""
    if dets.ndim != 2:
        raise RuntimeError(f"boxes should be a 2d tensor, got {dets.ndim}D")
    if dets.shape[1] != 4:
        raise RuntimeError(f"boxes should have 4 elements in dimension 1, got {dets.shape[1]}")
    if scores.ndim != 1:
        raise RuntimeError(f"scores should be a 1d tensor, got {scores.ndim}D")
    if dets.shape[0] != scores.shape[0]:
        raise RuntimeError(
            f"boxes and scores should have same number of elements in dimension 0, got {dets.shape[0]} and "
            f"{scores.shape[0]}"
        )
    if dets.dtype != scores.dtype:
        raise RuntimeError("dets should have the same type as scores")
    require_supported(dtype_of(dets) in _DOUBLES, "nms_kernel", dtype_of(dets))
    x1, y1, x2, y2 = (np.ascontiguousarray(c) for c in dets.T)
    areas = (x2 - x1) * (y2 - y1)
    # nan sorts as the largest score.
    order = np.lexsort((np.arange(len(scores)), np.where(np.isnan(scores), -math.inf, -scores), ~np.isnan(scores)))
    kept = []
    zero = dets.dtype.type(0)
    while len(order):
        best, order = order[0], order[1:]
        kept.append(best)

        # std::max and std::min give the first of the two where nan is compared.
        def later(ours: Array, others: Array) -> Array:
            return np.where(ours < others, others, ours)

        def sooner(ours: Array, others: Array) -> Array:
            return np.where(others < ours, others, ours)

        width = later(zero, sooner(x2[best], x2[order]) - later(x1[best], x1[order]))
        height = later(zero, sooner(y2[best], y2[order]) - later(y1[best], y1[order]))
        common = width * height
        overlap = common / (areas[best] + areas[order] - common)
        order = order[~(overlap.astype(np.float64) > iou_threshold)]
    return np.array(kept, np.int64)


def _corners(box: Array) -> list[tuple[float, float]]:
    """The corners of a box ``(x, y, width, height, angle in degrees)`` around the origin, in order."""
    angle = math.radians(box[4])
    cos, sin = math.cos(angle) / 2, math.sin(angle) / 2
    w, h = box[2], box[3]
    first = (box[0] + sin * h + cos * w, box[1] + cos * h - sin * w)  # y runs downwards
    second = (box[0] - sin * h + cos * w, box[1] - cos * h - sin * w)
    return [
        first,
        second,
        (2 * box[0] - first[0], 2 * box[1] - first[1]),
        (2 * box[0] - second[0], 2 * box[1] - second[1]),
    ]


def _area(corners: list[tuple[float, float]]) -> float:
    """Twice the area of a polygon, negative if it runs the other way round."""
    following = corners[1:] + corners[:1]
    return sum(a[0] * b[1] - a[1] * b[0] for a, b in zip(corners, following, strict=True))


def _clipped(polygon: list[tuple[float, float]], other: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """What of ``polygon`` lies inside the convex ``other``: edge by edge (Sutherland and Hodgman, 1974)."""
    for a, b in zip(other, other[1:] + other[:1], strict=True):
        found = []
        sides = [(b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]) for p in polygon]
        for i, p in enumerate(polygon):
            before, q = sides[i - 1], polygon[i - 1]
            if (before < 0) != (sides[i] < 0):
                t = before / (before - sides[i])
                found.append((q[0] + t * (p[0] - q[0]), q[1] + t * (p[1] - q[1])))
            if sides[i] >= 0:
                found.append(p)
        polygon = found
        if not polygon:
            break
    return polygon


def _overlap(one: Array, two: Array) -> float:
    """The common area of two rotated boxes over what both cover."""
    areas = one[2] * one[3], two[2] * two[3]
    if not (areas[0] >= 1e-14 and areas[1] >= 1e-14):
        return 0.0
    if not (np.isfinite(one).all() and np.isfinite(two).all()):
        return math.nan
    middle = (one[:2] + two[:2]) / 2  # near the origin less is lost
    shift = np.array([*middle, 0, 0, 0])
    polygons = [_corners(box - shift) for box in (one, two)]
    polygons = [p if _area(p) >= 0 else p[::-1] for p in polygons]
    common = abs(_area(_clipped(polygons[0], polygons[1]))) / 2
    return float(common / (areas[0] + areas[1] - common))


@op("torchvision::box_iou_rotated(Tensor boxes1, Tensor boxes2) -> Tensor")
def box_iou_rotated(boxes1: Array, boxes2: Array) -> Array:
    """The overlaps ``(N, M)`` of boxes ``(x, y, width, height, angle in degrees)``."""
    for name, count, boxes in (("boxes1", "N", boxes1), ("boxes2", "M", boxes2)):
        if boxes.ndim != 2 or boxes.shape[1] != 5:
            raise RuntimeError(f"{name} should have shape ({count}, 5), got {shape_text(boxes.shape)}")
    if boxes1.dtype != boxes2.dtype:
        raise RuntimeError("boxes1 and boxes2 must have the same dtype")
    result = np.zeros((len(boxes1), len(boxes2)), np.float32)
    require_supported(dtype_of(boxes1) in _DOUBLES, "box_iou_rotated_cpu", dtype_of(boxes1))
    for i, one in enumerate(boxes1.astype(np.float64)):
        for j, two in enumerate(boxes2.astype(np.float64)):
            result[i, j] = _overlap(one, two)
    return result
