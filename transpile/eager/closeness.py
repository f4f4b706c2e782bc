"""Comparing tensors within tolerances: ``torch.testing.assert_close``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.eager.creation import as_tensor
from transpile.eager.tensor import Tensor

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
        wide = np.int64
    else:
        close = np.isclose(a.astype(wide), b.astype(wide), rtol=rtol, atol=atol, equal_nan=options["equal_nan"])
    if close.all():
        return ""
    with np.errstate(all="ignore"):
        gap = np.where(close, 0.0, np.abs(a.astype(wide) - b.astype(wide)))
        relative = np.where(close, 0.0, gap / np.abs(b.astype(wide)))
    if a.ndim == 0:
        return (
            f"Scalars are not close!\n\nExpected {b.item()} but got {a.item()}.\n"
            f"Absolute difference: {float(gap)} (up to {atol} allowed)\n"
            f"Relative difference: {float(relative)} (up to {rtol} allowed){_at(where)}"
        )
    wrong = int((~close).sum())
    return (
        f"Tensor-likes are not {'close' if rtol or atol else 'equal'}!\n\n"
        f"Mismatched elements: {wrong} / {a.size} ({100 * wrong / a.size:.1f}%)\n"
        f"Greatest absolute difference: {float(gap.max())} at index {_index_of(gap)} (up to {atol} allowed)\n"
        f"Greatest relative difference: {float(relative.max())} at index {_index_of(relative)} "
        f"(up to {rtol} allowed){_at(where)}"
    )


def _index_of(values: np.ndarray[Any, Any]) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(values)), values.shape))
