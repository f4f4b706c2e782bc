"""Hostile calls of an operator: a sample that works, with one argument replaced by a value that nobody expects.

Replaced are sizes, indices and numbers by their extremes, tensors by empty, scalar, taller and flatter ones, of other
types and with values that are no numbers or no indices.  The static types stay, so that one compiled function serves all calls.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.cpp_ops.functions import Constant, NoCounterpartError, Pattern, fitting, type_of
from tests.cpp_ops.wire import encode
from tests.ops.agreement import complete
from tests.ops.samples import Sample, copied, samples_for
from transpile.core import types as T
from transpile.ops.registry import Operator

_LOWEST, _HIGHEST = -(2**63), 2**63 - 1
INTS = (-1, 0, 1, 2, 256, 2**31 - 1, 2**31, 2**32, 2**62, _LOWEST, _HIGHEST, -(2**31) - 1)
FLOATS = (float("nan"), float("inf"), -float("inf"), 0.0, -1.0, 1e300, 5e-324)
STRINGS = ("", "bogus", "\x00", "none")
_OTHER_TYPES = (np.float32, np.float64, np.int64, np.uint8, np.bool_, np.complex64)
_MOST = 90  # calls of an operator
_LARGEST = 4096  # elements of a sample


@dataclass(frozen=True)
class Call:
    """A function and the values of its parameters; ``what`` says which argument was replaced by what."""

    pattern: Pattern
    values: list[Any]
    what: str

    @property
    def key(self) -> str:
        """A name that changes with the arguments."""
        data = b"".join(map(encode, self.values))
        return hashlib.sha256(repr(self.pattern).encode() + data).hexdigest()[:8]


def hostile_calls(operator: Operator) -> list[Call]:
    """The calls of one overload, always the same; none if it has no samples or cannot be called from a program."""
    base = _base(operator)
    if base is None:
        return []
    pattern, values = base
    found: dict[str, Call] = {}
    replacements = [list(_replacements(value)) for value in values]
    # Round by round, so that each argument has its turn before the limit is reached.
    for turn in range(max(map(len, replacements), default=0)):
        for at, options in enumerate(replacements):
            if turn < len(options) and len(found) < _MOST:
                what, value = options[turn]
                changed = copied(values)
                changed[at] = value
                call = Call(pattern, changed, f"{_name(operator, pattern, at)} = {what}")
                found.setdefault(call.key, call)
    return list(found.values())


def _base(operator: Operator) -> tuple[Pattern, list[Any]] | None:
    """The sample with the most arguments that works, every argument of it a parameter of the function."""
    best: tuple[Pattern, list[Any]] | None = None
    for sample in samples_for(operator.schema.qualified_name):
        if any(isinstance(a, np.ndarray) and a.size > _LARGEST for a in sample.args):
            continue
        try:
            found = _all_varying(operator, sample)
        except NoCounterpartError:
            continue
        better = best is None or len(found[1]) > len(best[1])
        if better and _works(operator, sample):
            best = found
    return best


def _all_varying(operator: Operator, sample: Sample) -> tuple[Pattern, list[Any]]:
    values = complete(operator, sample)
    formals = operator.schema.arguments
    if operator.schema.is_vararg or len(values) != len(formals):
        raise NoCounterpartError("arguments without a type")
    bound: dict[str, T.Type] = {}
    fixed: list[tuple[int, Constant]] = []
    varying: list[tuple[int, T.Type]] = []
    given: list[Any] = []
    for position, (formal, value) in enumerate(zip(formals, values, strict=True)):
        value = None if formal.ignored or formal.type == T.GENERATOR else fitting(value, formal)
        if value is None or formal.special:
            fixed.append((position, Constant.of(value)))
        else:
            varying.append((position, type_of(value, formal.type, bound, scalar="scalar" in operator.tags)))
            given.append(value)
    return Pattern(operator.schema.qualified_name, tuple(fixed), tuple(varying)), given


def _works(operator: Operator, sample: Sample) -> bool:
    try:
        operator(*copied(complete(operator, sample)))  # samples are shared, and an in-place operator writes into them
    except Exception:
        return False
    return True


def _name(operator: Operator, pattern: Pattern, at: int) -> str:
    return operator.schema.arguments[pattern.varying[at][0]].name


def _replacements(value: Any) -> Iterator[tuple[str, Any]]:
    """What stands instead of a value, with a description; of the same static type."""
    if isinstance(value, bool):
        yield str(not value), not value
    elif isinstance(value, int):
        yield from ((str(v), v) for v in INTS if v != value)
    elif isinstance(value, float):
        yield from ((str(v), v) for v in FLOATS if v != value)
    elif isinstance(value, str):
        yield from ((repr(v), v) for v in STRINGS if v != value)
    elif isinstance(value, np.ndarray):
        yield from _arrays(value)
    elif isinstance(value, list):
        yield from _lists(value)


def _lists(items: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    yield "[]", []
    if items:
        yield "one too few", copied(items[:-1])
        yield "one too many", copied([*items, items[-1]])
        for what, value in _replacements(items[0]):
            yield f"first {what}", [value, *copied(items[1:])]
        if isinstance(items[0], int) and len(items) > 1:
            for extreme in (2**31, 2**62, _LOWEST):
                yield f"all {extreme}", [extreme] * len(items)


def _arrays(array: Any) -> Iterator[tuple[str, Any]]:
    kind = array.dtype.kind
    if array.ndim > 0:
        yield "empty", array[:0].copy()
        if array.size:
            yield "flatter", np.array(array[0])
            yield "0-d", np.array(array.reshape(-1)[0])
            yield "longer", np.concatenate([array, array[:1]])
        if array.ndim > 1:
            yield "empty inside", array[..., :0].copy()
    yield "taller", array[None].copy()
    if kind in "fcV":
        for number in (np.nan, np.inf, 0.0, -1.0):
            yield f"all {number}", np.full(array.shape, number).astype(array.dtype)
    elif kind in "iu":
        bounds = np.iinfo(array.dtype)
        for number in sorted({-1, 0, int(bounds.min), int(bounds.max), 2**31, 1}):
            if bounds.min <= number <= bounds.max:
                yield f"all {number}", np.full(array.shape, number, array.dtype)
    for other in _OTHER_TYPES:
        if array.dtype != other:
            with np.errstate(all="ignore"):
                yield f"of {np.dtype(other)}", (array.real if array.dtype.kind == "c" else array).astype(other)
