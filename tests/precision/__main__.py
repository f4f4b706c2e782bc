"""Measures all float operators beside PyTorch: ``python -m tests.precision [--cpp] [--points N] [--only NAME]``.

Each is computed by its NumPy kernel (with ``--cpp`` by the compiled runtime) and by PyTorch; errors are in units in the last
place, against mpmath for float64 and PyTorch's float64 for float32.  Shown are the five worst, and all whose error is more than
twice PyTorch's (of at least half a unit, that of correct rounding).
"""

from __future__ import annotations

import argparse
from typing import Any

import mpmath as mp
import numpy as np
import torch

from tests.precision.compiled import compiled_results
from tests.precision.functions import MEASURED, Measured
from transpile.ops import registry

Array = np.ndarray[Any, Any]


def inputs(measured: Measured, dtype: Any, points: int) -> list[Array]:
    """Numbers in the ranges: some of all, as many of their magnitudes."""
    random = np.random.default_rng(sum(map(ord, measured.name)))
    shape = (max(points // measured.row, 2), measured.row) if measured.row else (points,)
    return [random.uniform(low, high, shape).astype(dtype) for low, high in measured.ranges]


def kernel_result(measured: Measured, given: list[Array]) -> Array:
    operator = registry.get(f"aten::{measured.name}")
    values: list[Any] = [*given, *measured.arguments]
    for argument in operator.schema.arguments[len(values) :]:
        values.append(argument.default if argument.has_default else None)
    return np.asarray(operator(*values))


def pytorch_result(measured: Measured, given: list[Array]) -> Array:
    name, _, overload = measured.name.partition(".")
    function = getattr(getattr(torch.ops.aten, name), overload or "default")
    options = {"dim": measured.arguments[1]} if name == "norm" else {}
    arguments = measured.arguments[:1] if name == "norm" else measured.arguments
    return np.asarray(function(*map(torch.from_numpy, given), *arguments, **options).numpy())


def errors(computed: Array, exact: Array | list[Any]) -> Array:
    """Distances from the exact values in units in the last place of the type."""
    if isinstance(exact, list):
        nearest = np.array([float(e) for e in exact])
        distance = np.array([float(abs(mp.mpf(float(c)) - e)) for c, e in zip(computed.ravel(), exact, strict=True)])
    else:
        nearest, distance = exact, np.abs(computed.astype(np.float64) - exact)
    return np.asarray(distance / np.spacing(np.abs(nearest).astype(computed.dtype)).astype(np.float64))


def measure(measured: Measured, dtype: Any, points: int, ours: Any) -> tuple[float, float] | None:
    """The largest errors, ours and PyTorch's; ``None`` if there is no reference."""
    given = inputs(measured, dtype, points)
    if dtype is np.float32:
        exact: Any = pytorch_result(measured, [g.astype(np.float64) for g in given])
    elif measured.reference is None:
        return None
    else:
        exact = [mp.re(measured.reference(*map(mp.mpf, map(float, row)))) for row in zip(*given, strict=True)]
    computed = ours(measured, given)
    return float(errors(computed, exact).max()), float(errors(pytorch_result(measured, given), exact).max())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.precision", description=__doc__)
    parser.add_argument("--cpp", action="store_true", help="the compiled runtime instead of the NumPy kernels")
    parser.add_argument("--points", type=int, default=2000)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    mp.mp.dps = 40
    chosen = [m for m in MEASURED if given.only in m.name]
    ours = compiled_results(chosen) if given.cpp else kernel_result
    found = []
    for measured in chosen:
        for dtype in (np.float32, np.float64):
            result = measure(measured, dtype, given.points if dtype is np.float32 else given.points // 4, ours)
            if result is not None:
                found.append((result[0] / max(result[1], 0.5), measured.name, dtype.__name__, *result))
    found.sort(reverse=True)
    worse = [f for f in found if f[0] > 2]
    print(f"{len(found)} measured, {len(worse)} with more than twice PyTorch's error; the worst:")
    for ratio, name, dtype_name, own, theirs in found[: max(5, len(worse))]:
        print(f"  {name:28} {dtype_name:8} {own:10.3g} units, PyTorch {theirs:10.3g}: {ratio:.2f}")
    return 1 if worse else 0


if __name__ == "__main__":
    raise SystemExit(main())
