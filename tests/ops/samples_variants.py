"""Samples for further names and overloads of operators that have samples elsewhere, and for small conversions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.ops.samples import FLOATS, INTS, REALS, Sample, layouts, make, samples
from transpile.core import dtype as D


@samples(
    "aten::subtract.Tensor", "aten::divide.Tensor", "aten::floor_divide_.Tensor", "aten::__ior__.Tensor",
    "aten::__ixor__.Tensor", "aten::arctan2", "aten::not_equal.Tensor", "aten::less.Tensor", "aten::less_equal.Tensor",
    "aten::greater.Tensor", "aten::greater_equal.Tensor", "aten::__ilshift__.Tensor", "aten::__irshift__.Tensor",
)  # fmt: skip
def two_tensors() -> Iterator[Sample]:
    for dtype in REALS:
        yield Sample(make((3, 4), dtype), make((4,), dtype, seed=1, low=1))
        yield Sample(make((4,), dtype), make((3, 4), dtype, seed=1, low=1))


@samples(
    "aten::subtract.Scalar", "aten::multiply.Scalar", "aten::divide.Scalar", "aten::true_divide.Scalar",
    "aten::not_equal.Scalar", "aten::less.Scalar", "aten::less_equal.Scalar", "aten::greater.Scalar",
    "aten::greater_equal.Scalar", "aten::bitwise_left_shift.Tensor_Scalar", "aten::bitwise_right_shift.Tensor_Scalar",
    "aten::__iand__.Scalar", "aten::__ior__.Scalar", "aten::__ixor__.Scalar", "aten::__lshift__.Scalar",
    "aten::__rshift__.Scalar",
)  # fmt: skip
def tensor_and_number() -> Iterator[Sample]:
    for dtype in REALS:
        for number in (1, 2):
            yield Sample(make((3, 4), dtype), number)


@samples(
    "aten::remainder.Scalar_Tensor", "aten::bitwise_and.Scalar_Tensor", "aten::bitwise_or.Scalar_Tensor",
    "aten::bitwise_xor.Scalar_Tensor", "aten::bitwise_left_shift.Scalar_Tensor", "aten::float_power.Scalar",
    "aten::bitwise_right_shift.Scalar_Tensor", "aten::xlogy.Scalar_Self",
)  # fmt: skip
def number_and_tensor() -> Iterator[Sample]:
    for dtype in (*INTS, *FLOATS[:2]):
        yield Sample(5, make((3, 4), dtype, low=1))


@samples(
    "aten::arccos", "aten::arcsinh", "aten::arctanh", "aten::special_exp2", "aten::special_expm1",
    "aten::special_log1p",
    "aten::special_erfc", "aten::special_erfinv", "aten::special_sinc",
)  # fmt: skip
def further_names() -> Iterator[Sample]:
    for dtype in REALS:
        yield Sample(make((3, 4), dtype, low=-0.9, high=0.9))


@samples(
    "aten::special_gammaln", "aten::special_digamma", "aten::special_psi", "aten::special_i0", "aten::arccosh",
    "prim::abs", "aten::cpu", "aten::zero_", "aten::_to_copy", "aten::special_logit",
    "aten::_cast_Half", "aten::_cast_Short", "aten::_cast_Long", "aten::_cast_Int", "aten::_cast_Float",
    "aten::_cast_Double", "aten::_cast_Char", "aten::_cast_Byte", "aten::data",
)  # fmt: skip
def further_functions() -> Iterator[Sample]:
    for dtype in REALS:
        yield Sample(make((3, 4), dtype, low=1.0, high=4.0))
    for x in layouts(low=1.0, high=4.0):
        if 0 not in x.strides:
            yield Sample(x)


@samples(
    "prim::dtype", "prim::is_cuda", "prim::is_sparse", "prim::is_quantized", "prim::is_meta", "prim::is_nested",
    "prim::requires_grad", "prim::itemsize", "prim::nbytes", "prim::layout", "aten::is_leaf", "aten::get_device",
    "aten::is_pinned", "aten::is_inference", "aten::is_neg", "aten::is_conj", "aten::retains_grad", "prim::is_cpu",
)  # fmt: skip
def properties() -> Iterator[Sample]:
    for dtype in REALS:
        yield Sample(make((2, 3), dtype))


@samples("aten::is_same_size")
def same_sizes() -> Iterator[Sample]:
    yield Sample(make((2, 3)), make((2, 3), np.int64))
    yield Sample(make((2, 3)), make((3, 2)))


@samples("aten::clip.Tensor")
def clips() -> Iterator[Sample]:
    yield Sample(make((3, 4)), make((4,), low=-1, high=0), make((4,), low=0, high=1))


@samples("aten::float_power.Tensor_Tensor")
def float_powers() -> Iterator[Sample]:
    for dtype in REALS:
        yield Sample(make((3, 4), dtype, low=1), make((4,), dtype, low=0))


@samples("aten::fill_.Tensor", "aten::fill.Tensor")
def fills() -> Iterator[Sample]:
    for dtype in REALS:
        yield Sample(make((3, 4), dtype), make((), np.float32))
    yield Sample(make((3,)), make((1,)))


@samples("aten::copy")
def copies() -> Iterator[Sample]:
    yield Sample(make((3, 4), np.int64), make((4,)))
    yield Sample(make((4,)), make((3, 4)))


@samples("aten::std_mean.dim", "aten::var_mean.dim")
def moments() -> Iterator[Sample]:
    for dtype in FLOATS:
        yield Sample(make((3, 4), dtype), [1], False, True)


@samples("aten::frobenius_norm.dim")
def frobenius() -> Iterator[Sample]:
    yield Sample(make((3, 4)), [0, 1])
    yield Sample(make((3, 4)), [1], True)


@samples("aten::to.dtype_layout")
def conversions() -> Iterator[Sample]:
    yield Sample(make((3, 4)), dtype=D.int64)


@samples("aten::to.prim_dtype")
def coded_conversions() -> Iterator[Sample]:
    yield Sample(make((3, 4)), D.int64.code)
    yield Sample(make((3, 4)), None)


@samples("prim::NumToTensor.Scalar")
def numbers_to_tensors() -> Iterator[Sample]:
    for value in (1, 1.5, -3):
        yield Sample(value)


def _scalars(values: tuple[Any, ...]) -> Iterator[Sample]:
    for value in values:
        for dtype in (None, D.float64, D.int32):
            yield Sample(value, dtype=dtype)


samples("aten::tensor.bool", "aten::as_tensor.bool")(lambda: _scalars((True, False)))
samples("aten::tensor.int", "aten::as_tensor.int")(lambda: _scalars((3, -1)))
samples("aten::tensor.float", "aten::as_tensor.float")(lambda: _scalars((1.5, -2.0)))


@samples("aten::linspace.Tensor_Scalar")
def spaced() -> Iterator[Sample]:
    yield Sample(make(()), 5, 4)


@samples("aten::range.step")
def ranges() -> Iterator[Sample]:
    yield Sample(0, 5, 2)
    yield Sample(0, 1, 0.25)


@samples("aten::randint_like", "aten::random_.to")
def below() -> Iterator[Sample]:
    yield Sample(make((3, 4), np.int64), 10)


@samples("aten::randint_like.low_dtype", "aten::random_.from")
def between() -> Iterator[Sample]:
    yield Sample(make((3, 4), np.int64), -5, 10)


@samples("aten::bernoulli.Tensor", "aten::bernoulli_.Tensor")
def coins() -> Iterator[Sample]:
    yield Sample(make((3, 4)), make((3, 4), low=0, high=1))
    yield Sample(make((3, 4)), make((4,), np.float64, low=0, high=1))


@samples("aten::normal.float_Tensor")
def normals() -> Iterator[Sample]:
    yield Sample(1.0, make((3, 4), low=0.5, high=1))


@samples("aten::geometric_", "aten::log_normal_", "aten::cauchy_")
def waits() -> Iterator[Sample]:
    for dtype in FLOATS[:2]:
        yield Sample(make((3, 5), dtype), 0.3)


@samples("aten::rrelu_with_noise")
def slopes() -> Iterator[Sample]:
    for training in (False, True):
        yield Sample(make((3, 4)), make((3, 4)), 0.1, 0.3, training)
