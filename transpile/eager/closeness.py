"""Comparing tensors within tolerances: ``torch.testing.assert_close``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.eager.creation import as_tensor
from transpile.eager.tensor import Tensor

Array = np.ndarray[Any, Any]
# (rtol, atol) by element type; everything else compares exactly.
TOLERANCES: dict[D.DType, tuple[float, float]] = {
    D.float16: (1e-3, 1e-5),
    D.bfloat16: (1.6e-2, 1e-5),
    D.float32: (1.3e-6, 1e-5),
    D.float64: (1e-7, 1e-7),
    D.complex64: (1.3e-6, 1e-5),
    D.complex128: (1e-7, 1e-7),
}


def assert_close(
    actual: Any,
    expected: Any,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_dtype: bool = True,
    check_stride: bool = False,
    msg: Any = None,
    **_: Any,
) -> None:
    """``AssertionError`` unless both are equal within the tolerances of their types; containers are compared inside."""
    options: Any = {
        "rtol": rtol, "atol": atol, "equal_nan": equal_nan, "check_dtype": check_dtype, "check_stride": check_stride
    }  # fmt: skip
    problem = _difference(actual, expected, "", options)
    if problem:
        raise AssertionError(msg(problem) if callable(msg) else msg or problem)


def _difference(actual: Any, expected: Any, where: str, options: Any) -> str:
    """What is different, or an empty string."""
    if isinstance(actual, Mapping) and isinstance(expected, Mapping):
        if actual.keys() != expected.keys():
            return f"The keys of the mappings do not match:\n{list(actual)} != {list(expected)}"
        return _first(_difference(actual[k], expected[k], f"{where}[{k!r}]", options) for k in expected)
    if _is_sequence(actual) and _is_sequence(expected):
        if len(actual) != len(expected):
            return f"The length of the sequences mismatch: {len(actual)} != {len(expected)}"
        return _first(_difference(actual[i], expected[i], f"{where}[{i}]", options) for i in range(len(expected)))
    if actual is None and expected is None:
        return ""
    if isinstance(actual, Tensor) != isinstance(expected, Tensor):
        return f"None of the pairs could handle the types {type(actual)} and {type(expected)}{_at(where)}"
    return _tensor_difference(as_tensor(actual), as_tensor(expected), where, options)


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _first(problems: Any) -> str:
    return next((p for p in problems if p), "")


def _at(where: str) -> str:
    return f"\n\nThe failure occurred for item {where}" if where else ""


def _tensor_difference(actual: Tensor, expected: Tensor, where: str, options: Any) -> str:
    a, b = actual._array, expected._array
    if a.shape != b.shape:
        return f"The values for attribute 'shape' do not match: {actual.shape} != {expected.shape}.{_at(where)}"
    if options["check_dtype"] and actual.dtype is not expected.dtype:
        return f"The values for attribute 'dtype' do not match: {actual.dtype} != {expected.dtype}.{_at(where)}"
    if options["check_stride"] and actual.stride() != expected.stride():
        return (
            f"The values for attribute 'stride()' do not match: {actual.stride()} != {expected.stride()}.{_at(where)}"
        )
    known = [TOLERANCES.get(t.dtype, (0.0, 0.0)) for t in (actual, expected)]
    rtol = max(k[0] for k in known) if options["rtol"] is None else options["rtol"]
    atol = max(k[1] for k in known) if options["atol"] is None else options["atol"]
    wide: Any = np.complex128 if a.dtype.kind == "c" or b.dtype.kind == "c" else np.float64
    if a.dtype.kind in "iub" and b.dtype.kind in "iub" and rtol == atol == 0:
        close = a == b
    else:
        close = np.isclose(a.astype(wide), b.astype(wide), rtol=rtol, atol=atol, equal_nan=options["equal_nan"])
    if close.all():
        return ""
    exact = rtol == atol == 0
    allowed = ("", "") if exact else (f" (up to {atol} allowed)", f" (up to {rtol} allowed)")
    word = "equal" if exact else "close"
    if a.ndim == 0:
        ours, theirs = a.item(), b.item()
        gap = abs(ours - theirs)
        relative = gap / abs(theirs) if theirs else math.inf
        return (
            f"Scalars are not {word}!\n\nExpected {theirs} but got {ours}.\n"
            f"Absolute difference: {gap}{allowed[0]}\n"
            f"Relative difference: {relative}{allowed[1]}{_at(where)}"
        )
    gaps, relatives = _gaps(a, b, close)
    wrong = int((~close).sum())
    return (
        f"Tensor-likes are not {word}!\n\n"
        f"Mismatched elements: {wrong} / {a.size} ({100 * wrong / a.size:.1f}%)\n"
        f"Greatest absolute difference: {gaps.max().item()} at index {_index_of(gaps)}{allowed[0]}\n"
        f"Greatest relative difference: {relatives.max().item()} at index {_index_of(relatives)}{allowed[1]}{_at(where)}"
    )


def _gaps(a: Array, b: Array, close: Array) -> tuple[Array, Array]:
    """Absolute and relative differences where two arrays are not close, in the arithmetic of their type."""
    if a.dtype.kind in "iub" and b.dtype.kind in "iub":
        a, b = a.astype(np.int64), b.astype(np.int64)
    with np.errstate(all="ignore"):
        gaps = np.abs(a - b)
        relatives = gaps / np.abs(b)
        if a.dtype.kind == "i":
            relatives = relatives.astype(np.float32)
    return np.where(close, np.zeros_like(gaps), gaps), np.where(close, np.zeros_like(relatives), relatives)


def _index_of(values: Array) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(values)), values.shape))
