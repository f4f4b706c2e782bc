"""Bitwise logic and shifts on integers and bools."""

from __future__ import annotations

import numpy as np

from transpile.ops.families import Family
from transpile.ops.promotion import Array

FAMILY = Family("bitwise", header="arithmetic")
pointwise = FAMILY.pointwise


def _shift_left(a: Array, b: Array) -> Array:
    width = a.dtype.itemsize * 8
    inside = (b >= 0) & (b < width)
    return np.where(inside, np.left_shift(a, np.where(inside, b, 0).astype(a.dtype)), 0).astype(a.dtype)


def _shift_right(a: Array, b: Array) -> Array:
    width = a.dtype.itemsize * 8
    inside = (b >= 0) & (b < width)
    last = np.asarray(width - 1).astype(a.dtype)
    shifted = np.right_shift(a, np.where(inside, b, last).astype(a.dtype))
    return shifted if a.dtype.kind == "i" else np.where(inside, shifted, 0).astype(a.dtype)


_ANDS = ("bitwise_and_cpu", "bi")
_ORS = ("bitwise_or_cpu", "bi")
_XORS = ("bitwise_xor_cpu", "bi")
_LEFTS = ("lshift_cpu", "i")
_RIGHTS = ("rshift_cpu", "i")

pointwise("aten::bitwise_and.Tensor(Tensor self, Tensor other) -> Tensor", np.bitwise_and, supports=_ANDS, scalar=True)
pointwise(
    "aten::bitwise_and.Scalar_Tensor(Scalar self, Tensor other) -> Tensor", np.bitwise_and, supports=_ANDS, twin=False
)
pointwise("aten::bitwise_or.Tensor(Tensor self, Tensor other) -> Tensor", np.bitwise_or, supports=_ORS, scalar=True)
pointwise(
    "aten::bitwise_or.Scalar_Tensor(Scalar self, Tensor other) -> Tensor", np.bitwise_or, supports=_ORS, twin=False
)
pointwise("aten::bitwise_xor.Tensor(Tensor self, Tensor other) -> Tensor", np.bitwise_xor, supports=_XORS, scalar=True)
pointwise(
    "aten::bitwise_xor.Scalar_Tensor(Scalar self, Tensor other) -> Tensor", np.bitwise_xor, supports=_XORS, twin=False
)
pointwise(
    "aten::bitwise_left_shift.Tensor(Tensor self, Tensor other) -> Tensor",
    _shift_left,
    supports=_LEFTS,
    scalar="aten::bitwise_left_shift.Tensor_Scalar(Tensor self, Scalar other) -> Tensor",
)
pointwise(
    "aten::bitwise_left_shift.Scalar_Tensor(Scalar self, Tensor other) -> Tensor",
    _shift_left,
    supports=_LEFTS,
    twin=False,
)
pointwise(
    "aten::bitwise_right_shift.Tensor(Tensor self, Tensor other) -> Tensor",
    _shift_right,
    supports=_RIGHTS,
    scalar="aten::bitwise_right_shift.Tensor_Scalar(Tensor self, Scalar other) -> Tensor",
)
pointwise(
    "aten::bitwise_right_shift.Scalar_Tensor(Scalar self, Tensor other) -> Tensor",
    _shift_right,
    supports=_RIGHTS,
    twin=False,
)
bitwise_not = pointwise(
    "aten::bitwise_not(Tensor self) -> Tensor",
    np.invert,
    supports=("bitwise_not_cpu", "bi"),
    header="arithmetic_functions",
)

pointwise(
    "aten::__and__.Tensor(Tensor self, Tensor other) -> Tensor",
    np.bitwise_and,
    supports=_ANDS,
    scalar=True,
    twin="aten::__iand__.Tensor",
    cpp="ops::bitwise_and({0}, {1})",
)
pointwise(
    "aten::__or__.Tensor(Tensor self, Tensor other) -> Tensor",
    np.bitwise_or,
    supports=_ORS,
    scalar=True,
    twin="aten::__ior__.Tensor",
    cpp="ops::bitwise_or({0}, {1})",
)
pointwise(
    "aten::__xor__.Tensor(Tensor self, Tensor other) -> Tensor",
    np.bitwise_xor,
    supports=_XORS,
    scalar=True,
    twin="aten::__ixor__.Tensor",
    cpp="ops::bitwise_xor({0}, {1})",
)
pointwise(
    "aten::__lshift__.Tensor(Tensor self, Tensor other) -> Tensor",
    _shift_left,
    supports=_LEFTS,
    scalar=True,
    twin="aten::__ilshift__.Tensor",
    cpp="ops::lshift({0}, {1})",
)
pointwise(
    "aten::__rshift__.Tensor(Tensor self, Tensor other) -> Tensor",
    _shift_right,
    supports=_RIGHTS,
    scalar=True,
    twin="aten::__irshift__.Tensor",
    cpp="ops::rshift({0}, {1})",
)
