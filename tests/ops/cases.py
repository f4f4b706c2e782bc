"""Samples written one by one: a call of ``case`` each, for operators whose arguments do not vary along a pattern."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

from tests.ops.samples import Sample, add
from transpile.ops import registry

Array = npt.NDArray[Any]
# Sums and products of many terms differ in their order: what a result may be off by, relatively and absolutely.
_TOLERANCE: dict[np.dtype[Any], tuple[float, float]] = {
    np.dtype(np.float16): (1e-3, 1e-3), np.dtype(ml_dtypes.bfloat16): (1.6e-2, 1e-2),
    np.dtype(np.float32): (1e-5, 1e-5), np.dtype(np.complex64): (1e-5, 1e-5),
}  # fmt: skip


def _first_dtype(values: Any) -> np.dtype[Any] | None:
    for value in values:
        found = value.dtype if isinstance(value, np.ndarray) else None
        if isinstance(value, list):
            found = _first_dtype(value)
        if found is not None:
            return found
    return None


class Cases:
    """The samples of one module, and a seeded source of arrays for them."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.listed: dict[str, list[Sample]] = {}

    def case(self, name: str, *arguments: Any, any_message: bool = False, **keywords: Any) -> None:
        """Add a sample of ``aten::name``; an argument that no kernel looks at is passed on by name."""
        operator = registry.get(f"aten::{name}")
        given = []
        for argument, value in zip(operator.schema.arguments, arguments, strict=False):
            if argument.ignored:
                keywords[argument.name] = value
            else:
                given.append(value)
        rtol, atol = _TOLERANCE.get(_first_dtype(arguments) or np.dtype(bool), (None, None))
        if name not in self.listed:
            self.listed[name] = []
            add(f"aten::{name}", self.listed[name].copy)
        # Of that name are tolerances of samples, and arguments of a few operators.
        own: dict[str, Any] = {key: keywords.pop(key) for key in ("rtol", "atol") if key in keywords}
        sample = Sample(*given, rtol=rtol, atol=atol, any_message=any_message, **keywords)
        sample.kwargs.update(own)
        self.listed[name].append(sample)

    def floats(self, *shape: int, dtype: npt.DTypeLike = np.float32) -> Array:
        """Normally distributed numbers."""
        return np.asarray(self.random.standard_normal(shape)).astype(dtype)


def longs(*values: int) -> Array:
    return np.array(values, np.int64)


def bools(*values: int) -> Array:
    return np.array(values, np.bool_)
