"""Calling an operator with a sample, and comparing two answers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tests.ops.samples import Sample, copied
from transpile.core import dtype as D
from transpile.ops import registry

# (rtol, atol) by dtype, as torch.testing has them; other types must agree exactly.
TOLERANCE = {
    "float16": (1e-3, 1e-5), "bfloat16": (1.6e-2, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7),
    "complex64": (1.3e-6, 1e-5), "complex128": (1e-7, 1e-7),
}  # fmt: skip
ERRORS = (RuntimeError, IndexError, ValueError, TypeError, KeyError, NotImplementedError, ArithmeticError)


def complete(operator: registry.Operator, sample: Sample) -> list[Any]:
    """One value per argument of the schema: given ones in order, defaults for the rest."""
    given = iter(copied(list(sample.args)))
    values = []
    for argument in operator.schema.arguments:
        if argument.name in sample.kwargs:
            values.append(copied(sample.kwargs[argument.name]))
        elif argument.kwarg_only or argument.ignored:
            values.append(argument.default if argument.has_default else None)
        else:
            values.append(next(given, argument.default if argument.has_default else None))
    return [*values, *given]


def assert_same(ours: Any, theirs: Any, sample: Sample, where: str = "result") -> None:
    """Equal kinds, dtypes and shapes; values within the tolerance of the dtype, which the sample may widen."""
    if isinstance(theirs, np.ndarray):
        assert isinstance(ours, np.ndarray), f"{where}: {type(ours).__name__} instead of a tensor"
        assert ours.dtype == theirs.dtype, f"{where}: {ours.dtype} instead of {theirs.dtype}"
        assert ours.shape == theirs.shape, f"{where}: shape {ours.shape} instead of {theirs.shape}"
        name = D.from_numpy(ours.dtype).name
        if name not in TOLERANCE:
            np.testing.assert_array_equal(ours, theirs, err_msg=where)
            return
        rtol, atol = TOLERANCE[name]
        wide = np.complex128 if name.startswith("complex") else np.float64
        np.testing.assert_allclose(
            ours.astype(wide), theirs.astype(wide), rtol=sample.rtol or rtol, atol=sample.atol or atol, equal_nan=True,
            err_msg=where,
        )  # fmt: skip
    elif isinstance(theirs, (list, tuple)):
        assert isinstance(ours, (list, tuple)) and len(ours) == len(theirs), f"{where}: {ours!r} instead of {theirs!r}"
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            assert_same(a, b, sample, f"{where}[{i}]")
    elif isinstance(theirs, dict):
        assert isinstance(ours, dict) and list(ours) == list(theirs), f"{where}: {ours!r} instead of {theirs!r}"
        for key in theirs:
            assert_same(ours[key], theirs[key], sample, f"{where}[{key!r}]")
    elif isinstance(theirs, (float, complex)):
        assert type(ours) is type(theirs), f"{where}: {ours!r} instead of {theirs!r}"
        pairs = [(complex(ours).real, complex(theirs).real), (complex(ours).imag, complex(theirs).imag)]
        assert all(math.isclose(a, b, rel_tol=1e-14) or (a != a and b != b) for a, b in pairs), f"{ours} != {theirs}"
    else:
        assert type(ours) is type(theirs) and ours == theirs, f"{where}: {ours!r} instead of {theirs!r}"
