"""The error of Fourier transforms in C++ against NumPy's own, length by length.

    python -m tests.cpp_ops.spectra_precision      # every length from 1 to 2048, and larger ones

A ratio is the error of C++ divided by that of NumPy (pocketfft), both of the same random rows and against a transform in
``np.longdouble`` (for float32 in float64), as root mean squares.  Errors below a rounding of the result count as one.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.cpp_ops.functions import Plan, plans
from tests.cpp_ops.program import Program, build

LARGE = (
    2187, 2401, 3125, 4093, 4096, 4410, 6561, 7919, 8191, 8192, 9973, 10007, 14641, 16384, 16807, 30030, 44100, 48000,
    65536, 65537,
)  # fmt: skip
MOST = 2.0
_ROWS = 9
_TRANSFORMS = ("fft", "rfft", "irfft")


@dataclass(frozen=True)
class Ratio:
    transform: str
    dtype: str
    length: int
    value: float


def spectra_plans() -> dict[str, Plan]:
    """The plans that the transforms need, a part of those of all operators."""
    return {f"aten::fft_{name}": plans()[f"aten::fft_{name}"] for name in _TRANSFORMS}


def ratios(program: Program, lengths: Sequence[int], folder: Path) -> Iterator[Ratio]:
    """The ratios of every transform in float32 and float64 for ``lengths``."""
    for name in _TRANSFORMS:
        calls: list[tuple[str, list[Any]]] = []
        about: list[tuple[str, int, Any]] = []
        for length in lengths:
            for dtype in (np.float32, np.float64):
                random = np.random.default_rng([length, 7])
                real = random.standard_normal((_ROWS, length)).astype(dtype)
                given = _given(name, real, random)
                values = [given, length] if name == "irfft" else [given]
                calls.append((_function(name, len(values)), values))
                about.append((np.dtype(dtype).name, length, given))
        for outcome, (dtype_name, length, given) in zip(program.run(calls, folder), about, strict=True):
            wide = np.longdouble if dtype_name == "float64" else np.float64
            exact = _transformed(name, given.astype(np.result_type(wide, given.dtype)), length)
            numpy = _error(_transformed(name, given, length), exact)
            assert outcome.result is not None, outcome
            ours = _error(outcome.result.value, exact)
            yield Ratio(name, dtype_name, length, ours / max(numpy, _rounding(dtype_name)))


def _given(name: str, real: Any, random: Any) -> Any:
    if name == "rfft":
        return real
    if name == "irfft":
        return np.fft.rfft(real).astype(np.result_type(real.dtype, np.complex64))
    return (real + 1j * random.standard_normal(real.shape)).astype(np.result_type(real.dtype, np.complex64))


def _transformed(name: str, given: Any, length: int) -> Any:
    return np.fft.irfft(given, length) if name == "irfft" else getattr(np.fft, name)(given)


def _error(found: Any, exact: Any) -> float:
    gap = found.astype(exact.dtype) - exact
    return float(np.sqrt(np.sum(np.abs(gap) ** 2) / np.sum(np.abs(exact) ** 2)))


def _rounding(dtype: str) -> float:
    """The error of a result that is exact but for its own rounding."""
    return float(np.finfo(dtype).eps) / 4


def _function(name: str, count: int) -> str:
    """The generated function whose parameters are the first ``count`` arguments, the others having their defaults."""
    found = plans()[f"aten::fft_{name}"]
    defaults = [a.default for a in found.operator.schema.arguments]
    for pattern, written in found.functions.items():
        varying = [i for i, _ in pattern.varying]
        if varying == list(range(count)) and all(c.value == defaults[i] for i, c in pattern.fixed):
            return written.name
    raise LookupError(f"no function of {count} parameters is generated for {name}")


def main() -> None:
    """Try all lengths, and show what is worst."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = build(spectra_plans(), folder / "program", ("-O2",))
        found = sorted(ratios(program, (*range(1, 2049), *LARGE), folder), key=lambda r: -r.value)
    for ratio in found[:10]:
        print(f"{ratio.transform:6}{ratio.dtype:9}{ratio.length:7}{ratio.value:7.2f}")
    over = sum(r.value > MOST for r in found)
    print(f"{len(found)} ratios, mean {np.mean([r.value for r in found]):.2f}, {over} over {MOST}")
    sys.exit(over != 0)


if __name__ == "__main__":
    main()
