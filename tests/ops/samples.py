"""Sample arguments for operators: what every implementation of an operator is tried on.

A sample file registers generators under qualified operator names::

    @samples("aten::relu", "aten::sigmoid")
    def unary() -> Iterator[Sample]:
        for x in layouts(np.float32):
            yield Sample(x)

Arguments are what kernels take: NumPy arrays for tensors (bfloat16 through ml_dtypes), numbers, strings, lists, tuples
and ``DType`` objects, one positional value per positional argument of the schema.  Generators are deterministic.
In-place operators without samples of their own are tried on those of the plain operator.  Files called
``tests/ops/samples_*.py`` are found by ``load``.
"""

from __future__ import annotations

import importlib
import pathlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

import ml_dtypes
import numpy as np

bfloat16 = np.dtype(ml_dtypes.bfloat16)
FLOATS = (np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.float16), bfloat16)
INTS = tuple(np.dtype(t) for t in (np.int64, np.int32, np.int16, np.int8, np.uint8))
BOOL = (np.dtype(np.bool_),)
COMPLEX = (np.dtype(np.complex64), np.dtype(np.complex128))
REALS = (*FLOATS, *INTS, *BOOL)
ALL = (*REALS, *COMPLEX)


class Sample:
    """One call: positional and keyword arguments.

    ``rtol`` and ``atol`` widen the comparison where an operator legitimately differs in the last digits.
    ``any_message`` says that the wording of the error may differ.
    """

    def __init__(
        self, *args: Any, rtol: float | None = None, atol: float | None = None, any_message: bool = False, **kwargs: Any
    ) -> None:
        self.args = args
        self.kwargs = kwargs
        self.rtol = rtol
        self.atol = atol
        self.any_message = any_message

    def __repr__(self) -> str:
        shown = [describe(a) for a in self.args] + [f"{k}={describe(v)}" for k, v in self.kwargs.items()]
        return f"Sample({', '.join(shown)})"


SAMPLES: dict[str, Callable[[], Iterable[Sample]]] = {}


def samples(*names: str) -> Callable[[Callable[[], Iterable[Sample]]], Callable[[], Iterable[Sample]]]:
    """Decorator: use a generator for the operators called ``names``."""

    def decorate(generator: Callable[[], Iterable[Sample]]) -> Callable[[], Iterable[Sample]]:
        for name in names:
            add(name, generator)
        return generator

    return decorate


def add(name: str, generator: Callable[[], Iterable[Sample]]) -> None:
    """Use ``generator`` for the operator called ``name``, after those that it has already."""
    earlier = SAMPLES.get(name)
    SAMPLES[name] = generator if earlier is None else lambda: chain(earlier(), generator())


def load() -> dict[str, Callable[[], Iterable[Sample]]]:
    """All samples, after importing every sample file."""
    for path in sorted(pathlib.Path(__file__).parent.glob("samples_*.py")):
        importlib.import_module(f"tests.ops.{path.stem}")
    return SAMPLES


def samples_for(name: str) -> list[Sample]:
    """The samples of an operator; an in-place one may borrow those of ``aten::relu`` for ``aten::relu_``."""
    known = load()
    if name not in known:
        base, dot, overload = name.partition(".")
        name = base.removesuffix("_") + dot + overload
    return list(known[name]()) if name in known else []


# --- arrays --------------------------------------------------------------------------------------------------------


def describe(value: Any) -> str:
    if isinstance(value, np.ndarray):
        strides = "" if value.flags.c_contiguous else f", strides={value.strides}"
        values = f" {value.tolist()}" if value.size <= 4 else ""
        return f"{value.dtype}{list(value.shape)}{strides}{values}"
    return repr(value)


def make(
    shape: tuple[int, ...], dtype: Any = np.float32, *, low: float = -3.0, high: float = 3.0, seed: int = 0
) -> Any:
    """A contiguous array of deterministic values in [low, high]; integers have their whole values there."""
    target = np.dtype(dtype)
    random = np.random.default_rng([seed, *shape])
    if target.kind == "b":
        return np.asarray(random.random(shape) < 0.5)
    if target.kind in "iu":
        lowest = max(int(low), 0) if target.kind == "u" else int(low)
        return np.asarray(random.integers(lowest, int(high), shape, endpoint=True)).astype(target)
    values = np.asarray(random.uniform(low, high, shape))
    if target.kind == "c":
        values = values + 1j * np.asarray(random.uniform(low, high, shape))
    return np.asarray(values).astype(target)


def layouts(dtype: Any = np.float32, *, low: float = -3.0, high: float = 3.0, rank: int | None = None) -> Iterator[Any]:
    """Arrays that cover contiguous, transposed, sliced, expanded, 0-d, one-element and empty memory layouts.

    With ``rank`` only arrays of that many dimensions.
    """

    def of(shape: tuple[int, ...], seed: int) -> Any:
        return make(shape, dtype, low=low, high=high, seed=seed)

    found = [
        of((3, 4), 1),
        of((4, 3), 2).T,
        of((5, 8), 3)[1::2, ::3],
        of((2, 3, 4), 4),
        of((2, 3, 4), 5).transpose(2, 0, 1),
        np.broadcast_to(of((3, 1), 6), (3, 4)),
        of((19,), 7),
        of((), 8),
        of((1,), 9),
        of((1, 1), 10),
        of((0,), 11),
        of((2, 0, 3), 12),
    ]
    yield from (x for x in found if rank is None or x.ndim == rank)


def specials(dtype: Any = np.float32) -> Any:
    """Zeros, infinities, NaN, tiny and huge values."""
    values = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-30, -1e-30, 1e30, 88.0, -88.0, 20.5, -20.5]
    values += [float("inf"), -float("inf"), float("nan"), 3.0, -3.0, 6.0, 1e-5, 100.0]
    with np.errstate(over="ignore"):
        return np.array(values).astype(dtype)


def pairs(dtype: Any, other: Any = None, *, low: float = -3.0, high: float = 3.0) -> Iterator[tuple[Any, Any]]:
    """Two arrays that broadcast against each other in many ways."""
    second = dtype if other is None else other
    shapes = [
        ((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 1), (1, 4)), ((2, 3, 4), (3, 1)), ((), (3,)), ((3,), ()), ((), ()),
        ((1,), (1, 1)), ((0,), (1,)), ((2, 0), (2, 1)), ((17,), (17,)),
    ]  # fmt: skip
    for i, (a, b) in enumerate(shapes):
        yield make(a, dtype, low=low, high=high, seed=i), make(b, second, low=low, high=high, seed=i + 100)
    yield make((4, 3), dtype, low=low, high=high, seed=50).T, make((3, 8), second, low=low, high=high, seed=51)[:, ::2]
    yield make((2,), dtype, low=low, high=high), make((3,), second, low=low, high=high)  # does not broadcast


def copied(value: Any) -> Any:
    """A deep copy that keeps the strides of arrays."""
    if isinstance(value, np.ndarray):
        if value.flags.c_contiguous:
            return value.copy()
        extent = sum((n - 1) * s for n, s in zip(value.shape, value.strides, strict=True)) + value.itemsize
        buffer = np.zeros(extent if value.size else 0, np.uint8)
        target = np.ndarray(value.shape, value.dtype, buffer, 0, value.strides)
        target[...] = value
        return target
    if isinstance(value, (list, tuple)):
        return type(value)(copied(v) for v in value)
    if isinstance(value, dict):
        return {k: copied(v) for k, v in value.items()}
    return value
