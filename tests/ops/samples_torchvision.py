"""Samples of torchvision's operators: the families boxes, regions and deformable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.ops.samples import FLOATS, Sample, make, samples

F32 = np.dtype(np.float32)
NAN, INF = float("nan"), float("inf")
# What torchvision computes in float16 throughout, we compute in float32.
_HALF = 2e-2
_OTHERS = (*FLOATS, np.dtype(np.int64), np.dtype(np.complex64))


def _call(dtype: Any, *args: Any) -> Sample:
    return Sample(*args, rtol=_HALF, atol=_HALF) if dtype == np.float16 else Sample(*args)


def _boxes(count: int, dtype: Any = F32, seed: int = 0) -> Any:
    corner = make((count, 2), np.float64, low=0, high=10, seed=seed)
    size = make((count, 2), np.float64, low=1, high=8, seed=seed + 1)
    return np.concatenate([corner, corner + size], 1).astype(dtype)


@samples("torchvision::nms")
def suppressed() -> Iterator[Sample]:
    for dtype in _OTHERS:
        yield Sample(_boxes(12, dtype), make((12,), dtype, low=0, high=1), 0.3)
    scores = make((30,), F32, low=0, high=1)
    for threshold in (0.0, 0.2, 0.5, 1.0, -1.0, NAN, INF):
        yield Sample(_boxes(30), scores, threshold)
    yield Sample(_boxes(60)[::2], scores, 0.2)
    yield Sample(_boxes(30), np.round(scores * 4), 0.2)  # equal scores keep their order
    yield Sample(_boxes(30)[:, [2, 3, 0, 1]], scores, 0.2)
    odd = _boxes(6)
    odd[1, 0], odd[2, 2], odd[4] = NAN, INF, odd[3]
    yield Sample(odd, np.array([0.5, 0.2, NAN, 0.9, 0.9, INF], F32), 0.1)
    yield Sample(_boxes(0), scores[:0], 0.5)
    yield Sample(np.zeros(0, F32), scores[:0], 0.5)
    yield Sample(_boxes(3)[:, :3], scores[:3], 0.5)
    yield Sample(_boxes(3), scores[:3, None], 0.5)
    yield Sample(_boxes(3), scores[:2], 0.5)
    yield Sample(_boxes(3), scores[:3].astype(np.float64), 0.5)
    yield Sample(_boxes(3), np.ones((), F32), 0.5)


@samples("torchvision::box_iou_rotated")
def rotated() -> Iterator[Sample]:
    def boxes(count: int, dtype: Any, seed: int) -> Any:
        sides = [
            make((count, 2), np.float64, low=0, high=5, seed=seed),
            make((count, 2), np.float64, low=1, high=6, seed=seed + 1),
        ]
        return np.concatenate([*sides, make((count, 1), np.float64, low=-200, high=200, seed=seed)], 1).astype(dtype)

    for dtype in _OTHERS:
        yield Sample(boxes(7, dtype, 1), boxes(5, dtype, 3), rtol=1e-4, atol=1e-5)
    plain = np.array([[2, 2, 4, 2, 0], [3, 2, 4, 2, 90], [10, 10, 1, 1, 45], [2, 2, 0, 2, 0], [2, 2, 4, 2, 180]], F32)
    yield Sample(plain, plain, rtol=1e-4, atol=1e-5)
    yield Sample(
        plain + np.array([1e5, -1e5, 0, 0, 0], F32), plain + np.array([1e5, -1e5, 0, 0, 30], F32), rtol=1e-3, atol=1e-4
    )
    yield Sample(boxes(6, F32, 5)[::2], boxes(8, F32, 6)[::2], rtol=1e-4, atol=1e-5)
    for first, second in ((boxes(0, F32, 1), plain), (plain, boxes(0, F32, 1)), (plain[:, :4], plain), (plain, plain[0]),
                          (plain, plain.astype(np.float64)), (plain[..., None], plain)):  # fmt: skip
        yield Sample(first, second)


def _image(dtype: Any = F32, shape: tuple[int, ...] = (2, 8, 7, 6)) -> Any:
    return make(shape, dtype, low=-2, high=2)


def _rois(dtype: Any = F32) -> Any:
    rois = [
        [0, 0, 0, 5, 6],
        [1, 1.3, 2.2, 4.9, 3.1],
        [0, -3, -2, 9, 12],
        [1, 4, 4, 4, 4],
        [1, 5, 5, 2, 1],
        [0, 20, 20, 30, 30],
    ]
    return np.array(rois).astype(dtype)


def _regions(*extra: Any) -> Callable[[], Iterator[Sample]]:
    def generate() -> Iterator[Sample]:
        for dtype in _OTHERS:
            yield _call(dtype, _image(dtype), _rois(dtype), 0.75, 2, 2, *extra)
        image, rois = _image(), _rois()
        for scale in (1.0, 0.25, 3.0, 0.0, -1.0):
            yield Sample(image, rois, scale, 2, 2, *extra)
        yield Sample(image, rois, 1.0, 4, 2, *extra)
        yield Sample(image, rois, 1.0, 1, 1, *extra)
        yield Sample(image.transpose(0, 1, 3, 2), rois, 1.0, 2, 1, *extra)
        yield Sample(_image(shape=(4, 8, 7, 6))[::2], _rois().repeat(2, 0)[::2], 1.0, 2, 2, *extra)
        odd = image.copy()
        odd[0, :, 2, 3], odd[1, 1], odd[1, 2, 4, 4] = NAN, NAN, INF
        yield Sample(odd, rois, 1.0, 2, 2, *extra)
        for wrong in (
            rois[:, :4],
            rois[0],
            np.zeros((), F32),
            rois[None],
            rois.astype(np.float64),
            rois[:0],
        ):
            yield Sample(image, wrong, 1.0, 2, 2, *extra)
        for other in (image[0], image[None], image[:0], image[:, :0], image[:, :, :0], image[:, :6]):
            yield Sample(other, rois, 1.0, 2, 2, *extra)
        for height, width in ((3, 2), (0, 2), (-1, 2), (2**40, 2**40), (2**62, 4), (2, -(2**62))):
            yield Sample(image, rois, 1.0, height, width, *extra)
        for first in (2.0, -1.0, NAN, INF, 1e30, -0.5):
            yield Sample(image, np.array([[first, 0, 0, 3, 3]], F32), 1.0, 2, 2, *extra)
        for value in (NAN, INF, -INF, 1e30, -1e30, 3e9):
            yield Sample(image, np.array([[0, 0, 0, value, 3], [0, value, 1, 3, 3]], F32), 1.0, 2, 2, *extra)

    return generate


def _align() -> Iterator[Sample]:
    yield from _regions(2, True)()
    yield from (s for s in _regions(0, False)() if s.args[0].dtype == np.float32)
    for ratio in (-1, 1, 3, 2**31, 2**62, -(2**63)):
        for aligned in (False, True):
            yield Sample(_image(), _rois(), 1.0, 2, 3, ratio, aligned)


def _position_sensitive() -> Iterator[Sample]:
    yield from _regions(2)()
    for ratio in (-1, 0, 1, 3, 2**31, 2**62, -(2**63)):
        yield Sample(_image(), _rois(), 1.0, 2, 2, ratio)


samples("torchvision::roi_align")(_align)
samples("torchvision::ps_roi_align")(_position_sensitive)
samples("torchvision::roi_pool")(_regions())
samples("torchvision::ps_roi_pool")(_regions())


@samples("torchvision::deform_conv2d")
def deformed() -> Iterator[Sample]:
    def call(dtype: Any = F32, **changed: Any) -> Sample:
        given = {
            "input": make((2, 4, 6, 5), dtype, seed=1), "weight": make((4, 2, 3, 3), dtype, low=-1, high=1, seed=2),
            "offset": make((2, 18, 6, 5), dtype, low=-2, high=2, seed=3),
            "mask": make((2, 9, 6, 5), dtype, low=0, high=1, seed=4),
            "bias": make((4,), dtype, seed=5), "stride_h": 1, "stride_w": 1, "pad_h": 1, "pad_w": 1, "dilation_h": 1,
            "dilation_w": 1, "groups": 2, "offset_groups": 1, "use_mask": True,
        }  # fmt: skip
        close = 1e-4 if dtype == F32 else 5e-2 if dtype == np.float16 else None
        huge = any(
            isinstance(v, int) and v == 2**62 for v in changed.values()
        )  # torchvision computes sizes that overflow
        return Sample(*{**given, **changed}.values(), rtol=close, atol=close, any_message=huge)

    for dtype in _OTHERS:
        yield call(dtype)
    yield call(mask=np.zeros((2, 1), F32), use_mask=False)
    yield call(offset=make((2, 36, 6, 5), F32, seed=3), mask=make((2, 18, 6, 5), F32, seed=4), offset_groups=2)
    yield call(
        offset=make((2, 18, 3, 2), F32, seed=3), mask=make((2, 9, 3, 2), F32, seed=4), stride_h=2, stride_w=2, pad_w=0
    )
    yield call(offset=make((2, 18, 4, 5), F32, seed=3), mask=make((2, 9, 4, 5), F32, seed=4), dilation_h=2)
    yield call(weight=make((4, 4, 3, 3), F32, low=-1, high=1, seed=2), groups=1)
    yield call(
        input=make((2, 4, 5, 6), F32, seed=1).swapaxes(2, 3), weight=make((4, 2, 3, 3), F32, seed=2).swapaxes(2, 3)
    )
    yield call(offset=np.full((2, 18, 6, 5), NAN, F32))
    yield call(offset=np.full((2, 18, 6, 5), 1e30, F32))
    for name, value in (
        ("input", make((4, 6, 5))), ("weight", make((2, 3, 3))), ("offset", make((18, 6, 5))), ("mask", make((9, 6, 5))),
        ("input", make((2, 6, 6, 5))), ("groups", 3), ("groups", -1), ("groups", 0), ("groups", 2**62), ("pad_h", -1),
        ("dilation_h", 0), ("dilation_w", 2**62), ("pad_w", 2**62), ("offset", make((2, 10, 6, 5))),
        ("offset", make((1, 18, 6, 5))), ("offset", make((2, 18, 5, 5))), ("mask", make((2, 8, 6, 5))),
        ("mask", make((1, 9, 6, 5))), ("mask", make((2, 9, 6, 4))), ("offset_groups", 2), ("offset_groups", 0),
        ("offset_groups", -1), ("offset_groups", 2**62), ("stride_h", 0), ("stride_w", -1), ("stride_h", 2**62),
        ("bias", make((3,))), ("weight", make((3, 2, 3, 3))), ("weight", make((4, 2, 0, 3))),
        ("offset", make((2, 18, 6, 5), np.float64)), ("bias", make((4,), np.float64)), ("weight", make((4, 2, 3, 3), np.float64)),
    ):  # fmt: skip
        yield call(**{name: value})
    yield call(input=make((0, 4, 6, 5)), offset=make((0, 18, 6, 5)), mask=make((0, 9, 6, 5)))
    yield call(weight=make((4, 2, 9, 3)), offset=make((2, 54, 1, 5)), mask=make((2, 27, 1, 5)))
