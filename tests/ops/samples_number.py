"""Samples for operators on numbers, strings, lists and dicts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from tests.ops.samples import Sample, samples

_INTS = (0, 1, -1, 2, 7, -7, 63, 2**62)
_FLOATS = (0.0, -0.0, 1.0, -1.0, 2.5, -7.5, 1e30, float("inf"), float("nan"), 0.5, 3.5)
_STRINGS = ("", "a", "abc", "a b", " Hello wORLD\n", "aXbX", "12", "tab\there", "a.b.c", "xx")


def _pairs(first: tuple[Any, ...], second: tuple[Any, ...]) -> Callable[[], Iterator[Sample]]:
    return lambda: (Sample(a, b) for a, b in itertools.product(first, second))


def _each(values: tuple[Any, ...]) -> Callable[[], Iterator[Sample]]:
    return lambda: (Sample(v) for v in values)


_KINDS = (
    ("int", _INTS, _INTS),
    ("float", _FLOATS, _FLOATS),
    ("int_float", _INTS, _FLOATS),
    ("float_int", _FLOATS, _INTS),
)
for _kind, _first, _second in _KINDS:
    for _name in (
        "add",
        "sub",
        "mul",
        "lt",
        "gt",
        "le",
        "ge",
        "eq",
        "ne",
        "mathremainder",
        "fmod",
        "copysign",
        "atan2",
    ):
        samples(f"aten::{_name}.{_kind}")(_pairs(_first, _second))
    for _name in ("max", "min"):
        samples(f"prim::{_name}.{_kind}")(_pairs(_first, _second))
    _nonzero = tuple(v for v in _second if v != 0)
    samples(f"aten::floordiv.{_kind}")(_pairs(_first, _nonzero))
    if _first is _second:  # the mixed forms are broken in torch
        samples(f"aten::divmod.{_kind}")(_pairs(_first, _nonzero))
    samples(f"aten::pow.{_kind}")(_pairs(_first, (0, 1, 2) if _kind.endswith("int") else (0.0, 0.5, 2.0, -1.0)))
    # a zero divisor of ints ends the process in torch
    samples(f"aten::remainder.{_kind}")(_pairs(_first, _nonzero))
samples("aten::div.int")(_pairs(_INTS, _INTS))
samples("aten::div.float")(_pairs(_FLOATS, _FLOATS))
samples("aten::gcd.int", "aten::__and__.int", "aten::__or__.int", "aten::__xor__.int")(_pairs(_INTS, _INTS))
samples("aten::__lshift__.int", "aten::__rshift__.int")(_pairs(_INTS, (0, 1, 5, 63)))
samples("aten::__and__.bool", "aten::__or__.bool", "aten::__xor__.bool", "aten::eq.bool")(
    _pairs((True, False), (True, False))
)
for _name in (
    "sqrt", "exp", "log", "log10", "log1p", "expm1", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos",
    "atan", "asinh", "acosh", "atanh", "fabs", "erf", "erfc", "lgamma", "gamma", "degrees", "radians", "neg", "round",
):  # fmt: skip
    samples(f"aten::{_name}.int")(_each((0, 1, -1, 2, 7)))
    samples(f"aten::{_name}.float")(_each(_FLOATS))
samples("aten::floor.float", "aten::ceil.float", "aten::isnan.float", "aten::isinf.float", "aten::isfinite.float")(
    _each(_FLOATS)
)
samples("aten::modf", "aten::frexp")(_each((0.0, 2.5, -7.5, 1e30)))
samples("aten::factorial.int")(_each((0, 1, 5, 20, -1)))
samples("aten::__not__")(_each((True, False)))


@samples("aten::__range_length")
def range_lengths() -> Iterator[Sample]:
    for lo, hi, step in ((0, 5, 1), (0, 5, 2), (5, 0, -1), (0, 5, -1), (5, 5, 1), (0, 5, 0), (10, 0, -3)):
        yield Sample(lo, hi, step)


@samples("aten::__derive_index")
def range_values() -> Iterator[Sample]:
    yield Sample(3, 10, -2)


# --- strings -------------------------------------------------------------------------------------------------------

for _name in (
    "upper", "lower", "capitalize", "swapcase", "title", "isalnum", "isalpha", "isdigit", "isspace", "isupper",
    "islower", "istitle", "isdecimal", "isnumeric", "isprintable", "strip", "lstrip", "rstrip", "expandtabs",
    "splitlines",
):  # fmt: skip
    samples(f"aten::{_name}")(_each(_STRINGS))
samples("aten::len.str", "aten::split.str")(_each(_STRINGS))
samples("aten::lt.str", "aten::eq.str", "aten::add.str")(_pairs(_STRINGS[:4], _STRINGS[:4]))
samples(
    "aten::find", "aten::rfind", "aten::count", "aten::startswith", "aten::endswith", "aten::partition",
    "aten::rpartition", "aten::index.str", "aten::rindex",
)(_pairs(_STRINGS, ("a", "b", "X", "bc")))  # fmt: skip


@samples("aten::replace")
def replacements() -> Iterator[Sample]:
    for text in _STRINGS:
        yield Sample(text, "a", "ZZ")
        yield Sample(text, "X", "", 1)


@samples("aten::rsplit")
def right_splits() -> Iterator[Sample]:
    for text in _STRINGS:
        yield Sample(text, "X", 1)


@samples("aten::center", "aten::ljust", "aten::rjust")
def justified() -> Iterator[Sample]:
    for width in (0, 4, 7):
        yield Sample("abc", width)
        yield Sample("abc", width, "*")
    yield Sample("abc", 5, "**", any_message=True)


@samples("aten::zfill")
def zero_filled() -> Iterator[Sample]:
    yield Sample("12", 5)
    yield Sample("-12", 5)


@samples("aten::join")
def joined() -> Iterator[Sample]:
    yield Sample("-", ["a", "b", "c"])
    yield Sample(", ", [])


@samples("aten::slice.str")
def substrings() -> Iterator[Sample]:
    for start, end, step in ((None, None, 1), (1, 3, 1), (-2, None, 1), (None, None, -1), (0, 9, 2)):
        yield Sample("abcdef", start, end, step)


samples("aten::ord")(_each(("a", "ab", "")))
samples("aten::hex", "aten::oct", "aten::bin")(_each((0, 5, -8, 255)))

# --- lists ---------------------------------------------------------------------------------------------------------

_LISTS: tuple[list[int], ...] = ([], [1], [3, 1, 2], [1, 2, 3, 4, 5])


@samples(
    "aten::sum.int", "prim::max.self_int", "prim::min.self_int", "aten::all.int", "aten::any.int", "aten::sorted.int"
)
def int_lists() -> Iterator[Sample]:
    for values in _LISTS:
        yield Sample(values)


@samples("aten::eq.int_list", "aten::ne.int_list")
def list_pairs() -> Iterator[Sample]:
    for a, b in itertools.product(_LISTS, _LISTS):
        yield Sample(a, b)


@samples("aten::__contains__.int_list", "aten::index.list_int", "aten::count.int")
def searches() -> Iterator[Sample]:
    for values in _LISTS:
        yield Sample(values, 2)
