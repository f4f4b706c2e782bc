"""Samples for conversions, properties, factories and random tensors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.ops.samples import ALL, BOOL, FLOATS, INTS, REALS, Sample, layouts, make, samples, specials
from transpile.core import dtype as D


@samples("aten::to.dtype")
def conversions() -> Iterator[Sample]:
    for source in ALL:
        for target in D.ALL_DTYPES:
            yield Sample(make((3, 4), source), target)
    for target in (D.int32, D.int64, D.uint8, D.int8, D.int16, D.bool_, D.float16, D.bfloat16, D.float64):
        yield Sample(specials(), target)
        yield Sample(np.array([300.7, -1.5, -129.0, 1e10, -1e10, 70000.0], np.float32), target)
        yield Sample(np.array([300, -1, 65536 + 7, 2**40 + 3]), target)
    for x in layouts():
        yield Sample(x, D.int64)
    yield Sample(make((3, 4)), D.float32, False, True)


@samples("aten::to.other", "aten::type_as")
def conversions_like() -> Iterator[Sample]:
    for source in REALS:
        yield Sample(make((3, 4), source), make((1,), np.float64))


@samples("aten::item", "aten::Float.Tensor", "aten::Int.Tensor", "aten::Bool.Tensor", "aten::is_nonzero")
def numbers() -> Iterator[Sample]:
    for dtype in REALS:
        yield Sample(make((), dtype))
        yield Sample(make((1, 1), dtype))
    yield Sample(make((2,)))
    yield Sample(make((0,)))


@samples("aten::IntImplicit", "aten::FloatImplicit", "aten::ScalarImplicit")
def implicit_numbers() -> Iterator[Sample]:
    yield Sample(make((), np.int64))
    yield Sample(make((1,), np.int64), any_message=True)


@samples("aten::Int.float", "aten::Bool.float", "aten::Float.Scalar")
def float_numbers() -> Iterator[Sample]:
    for value in (1.5, -1.5, 0.0, 1e30, float("inf")):
        yield Sample(value)


@samples("aten::Float.int", "aten::Bool.int", "aten::Int.Scalar")
def int_numbers() -> Iterator[Sample]:
    for value in (0, 1, -5, 2**62):
        yield Sample(value)


@samples("aten::result_type.Tensor")
def result_types() -> Iterator[Sample]:
    for first in ALL:
        for second in ALL if first != np.float16 else REALS:  # a half with a complex would be a complex of halves
            yield Sample(make((2,), first), make((2,), second))
            yield Sample(make((2,), first), make((), second))


@samples("aten::result_type.Scalar")
def result_types_of_numbers() -> Iterator[Sample]:
    for first in ALL:
        for number in (True, 1, 1.5):
            yield Sample(make((2,), first), number)
            yield Sample(make((), first), number)


@samples("aten::promote_types", "aten::can_cast")
def type_pairs() -> Iterator[Sample]:
    for first in D.ALL_DTYPES:
        for second in D.ALL_DTYPES:
            yield Sample(first, second)


@samples(
    "aten::is_floating_point", "aten::is_complex", "aten::is_signed", "aten::element_size", "aten::_shape_as_tensor"
)
def properties() -> Iterator[Sample]:
    for dtype in ALL:
        yield Sample(make((2, 3), dtype))


@samples("aten::_tensor_to_list")
def tensors_of_numbers() -> Iterator[Sample]:
    for dtype in (np.bool_, np.uint8, np.int32, np.int64, np.float32):
        yield Sample(make((2, 3), dtype))
    yield Sample(make((), np.int64))
    yield Sample(make((0, 2), np.int64))


@samples("aten::_list_to_tensor")
def lists_of_ints() -> Iterator[Sample]:
    yield Sample([1, -2, 2**31 - 1])
    yield Sample([])


@samples("aten::Complex.Tensor_Tensor")
def complex_of_tensors() -> Iterator[Sample]:
    for first in (np.bool_, np.int32, np.float16, np.float32, np.float64):
        yield Sample(make((), first), make((1,), np.float64))
    yield Sample(make((2,), np.float32), make((), np.float32))


@samples("aten::Complex.Tensor_float", "aten::Complex.Tensor_int", "aten::Complex.Tensor_bool")
def complex_of_a_tensor_and_a_number() -> Iterator[Sample]:
    yield Sample(make((), np.float32), True)
    yield Sample(make((), np.int64), True)


@samples("aten::Complex.float_Tensor", "aten::Complex.int_Tensor", "aten::Complex.bool_Tensor")
def complex_of_a_number_and_a_tensor() -> Iterator[Sample]:
    yield Sample(True, make((), np.float32))
    yield Sample(True, make((), np.int64))


@samples("aten::zeros", "aten::ones")
def constants() -> Iterator[Sample]:
    for dtype in (None, *D.ALL_DTYPES):
        yield Sample([2, 3], dtype=dtype)
    yield Sample([])
    yield Sample([0])
    yield Sample([-1])


@samples("aten::full")
def filled() -> Iterator[Sample]:
    for value in (1, 1.5, True, -1, 300, 1e40, float("nan"), float("inf")):
        for dtype in (None, *D.ALL_DTYPES):
            yield Sample([2, 2], value, dtype=dtype)


@samples("aten::zeros_like", "aten::ones_like")
def likes() -> Iterator[Sample]:
    for dtype in ALL:
        yield Sample(make((2, 3), dtype))
        yield Sample(make((2, 3), dtype), dtype=D.int64)
    for x in layouts():
        yield Sample(x)


@samples("aten::full_like")
def filled_like() -> Iterator[Sample]:
    for dtype in REALS:
        for value in (1, 1.5, True, 300):
            yield Sample(make((2, 3), dtype), value)


@samples("aten::new_zeros", "aten::new_ones")
def new() -> Iterator[Sample]:
    yield Sample(make((2, 3), np.int64), [4])
    yield Sample(make((2, 3), np.int64), [4], dtype=D.float32)


@samples("aten::new_full")
def new_filled() -> Iterator[Sample]:
    yield Sample(make((2, 3), np.int64), [4], 1.5)
    yield Sample(make((2, 3)), [4], 2)


@samples("aten::arange")
def ranges() -> Iterator[Sample]:
    for end in (5, 5.0, 2.5, 0, -1, True):
        for dtype in (None, D.int64, D.float32, D.int32):
            yield Sample(end, dtype=dtype)
    yield Sample(float("nan"))


@samples("aten::arange.start")
def started_ranges() -> Iterator[Sample]:
    yield Sample(1, 5)
    yield Sample(1.5, 5)
    yield Sample(5, 1)


@samples("aten::arange.start_step")
def stepped_ranges() -> Iterator[Sample]:
    for start, end, step in ((1, 10, 3), (0, 1, 0.3), (5, 0, -2), (0, 5, 0), (0, 5, 1.5), (0, 100, 0.1), (0, -1, 1)):
        for dtype in (None, D.int64, D.float64, D.float16):
            yield Sample(start, end, step, dtype=dtype)


@samples("aten::linspace", "aten::logspace")
def spaced() -> Iterator[Sample]:
    for start, end, steps in ((0, 1, 3), (0, 10, 4), (-1.5, 3.5, 11), (1, 1, 1), (0, 1, 0), (0, 1, -1), (2, -2, 7)):
        for dtype in (None, D.float64):
            yield Sample(start, end, steps, dtype=dtype)
    yield Sample(0, 3, 4, dtype=D.int64)


@samples("aten::eye.m")
def unit_matrices() -> Iterator[Sample]:
    yield Sample(2, 3)
    yield Sample(3, 2, dtype=D.int64)
    yield Sample(-1, 2)


@samples("aten::eye")
def square_unit_matrices() -> Iterator[Sample]:
    yield Sample(3)


@samples("aten::tril_indices", "aten::triu_indices")
def triangles() -> Iterator[Sample]:
    for offset in (-1, 0, 2):
        yield Sample(3, 4, offset)


@samples("aten::scalar_tensor")
def scalar_tensors() -> Iterator[Sample]:
    for value in (3, 1.5, True):
        for dtype in (None, D.int64, D.float64):
            yield Sample(value, dtype=dtype)


@samples("aten::one_hot")
def one_hots() -> Iterator[Sample]:
    yield Sample(np.array([0, 2]))
    yield Sample(np.array([[0, 2], [1, 1]]), 5)
    yield Sample(np.array([0, 2]), 2)
    yield Sample(np.array([-1]))
    yield Sample(np.array([1.5]))
    yield Sample(np.zeros(0, np.int64))
    yield Sample(np.zeros(0, np.int64), 3)


# --- random: torch and we start from the same seed -----------------------------------------------------------------


@samples("aten::rand", "aten::randn")
def random_tensors() -> Iterator[Sample]:
    for dtype in (None, D.float64, D.float16, D.bfloat16, D.int64):
        for size in ([3], [4, 5], [17], [2, 3, 7], [0], []):
            yield Sample(size, dtype=dtype)


@samples("aten::rand_like", "aten::randn_like")
def random_likes() -> Iterator[Sample]:
    for dtype in FLOATS:
        yield Sample(make((3, 4), dtype))
        yield Sample(make((5, 7), dtype))


@samples("aten::randint")
def random_integers() -> Iterator[Sample]:
    for high in (1, 10, 2**20, 2**40):
        yield Sample(high, [3, 5])
        yield Sample(high, [3], dtype=D.float64)
    yield Sample(0, [3])


@samples("aten::randint.low")
def random_integers_between() -> Iterator[Sample]:
    yield Sample(-5, 10, [3, 5])
    yield Sample(5, 5, [3])


@samples("aten::randperm")
def permutations() -> Iterator[Sample]:
    for n in (0, 1, 10, 100):
        yield Sample(n)


@samples("aten::normal_", "aten::uniform_")
def random_fills() -> Iterator[Sample]:
    for dtype in FLOATS:
        yield Sample(make((3, 4), dtype), 0.5, 2.0)
        yield Sample(make((5, 7), dtype), -1.0, 1.0)
        yield Sample(make((5, 7), dtype))
    yield Sample(make((3,), np.int64), any_message=True)


@samples("aten::random_")
def random_integer_fills() -> Iterator[Sample]:
    for dtype in (*INTS, *BOOL):
        yield Sample(make((3, 4), dtype))


@samples("aten::bernoulli.p", "aten::bernoulli_.float")
def coins() -> Iterator[Sample]:
    for p in (0.0, 0.3, 1.0, 1.5):
        for dtype in (np.float32, np.int64, np.bool_):
            yield Sample(make((3, 5), dtype), p)


@samples("aten::bernoulli")
def biased_coins() -> Iterator[Sample]:
    for dtype in FLOATS[:2]:
        yield Sample(make((3, 5), dtype, low=0, high=1))


@samples("aten::exponential_")
def waits() -> Iterator[Sample]:
    for dtype in FLOATS[:2]:
        yield Sample(make((3, 5), dtype), 1.5)


@samples(
    "aten::dropout", "aten::dropout_", "aten::alpha_dropout", "aten::feature_dropout", "aten::feature_alpha_dropout"
)
def dropouts() -> Iterator[Sample]:
    for dtype in FLOATS:
        for p in (0.0, 0.3, 1.0):
            for train in (True, False):
                yield Sample(make((3, 4, 5), dtype), p, train, rtol=1e-2 if np.dtype(dtype).itemsize == 2 else None)
    yield Sample(make((3, 4)), 1.5, True)


@samples("aten::native_dropout")
def native_dropouts() -> Iterator[Sample]:
    for p in (0.0, 0.3, 1.0):
        for train in (True, False, None):
            yield Sample(make((3, 4)), p, train)


@samples("aten::multinomial")
def draws() -> Iterator[Sample]:
    weights = make((2, 6), low=0.1, high=1)
    for count, replacement in ((1, False), (3, False), (8, True), (7, False), (0, True)):
        yield Sample(weights, count, replacement)
        yield Sample(weights[0], count, replacement)


@samples("aten::rrelu")
def noisy_slopes() -> Iterator[Sample]:
    for training in (False, True):
        yield Sample(make((3, 4)), 0.1, 0.3, training)


@samples("aten::normal.Tensor_float")
def normals_around() -> Iterator[Sample]:
    yield Sample(make((3, 4)), 2.0)


@samples("aten::normal.Tensor_Tensor")
def normals_around_both() -> Iterator[Sample]:
    yield Sample(make((3, 4)), make((4,), low=0.5, high=1, seed=1))


@samples("aten::normal.float_float")
def normals_of_size() -> Iterator[Sample]:
    yield Sample(1.0, 2.0, [3, 4])
    yield Sample(1.0, -2.0, [3, 4])
