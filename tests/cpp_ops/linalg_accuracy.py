"""Residuals and orthogonality of factorizations, as multiples of LAPACK's (through NumPy) on the same matrices.

``python -m tests.cpp_ops.linalg_accuracy`` prints the whole table; ``--sizes 10,50,200`` chooses the sizes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.cpp_ops.functions import Plan, graph_of, plan, ready
from tests.cpp_ops.program import Program, build
from tests.ops.agreement import complete
from tests.ops.samples import Sample
from transpile.ops import registry

KINDS = ("random", "ill-conditioned", "rank-deficient")
DTYPES = (np.float32, np.float64, np.complex64, np.complex128)
MOST = 2.0
_REPEATS = 4


@dataclass(frozen=True)
class Ratio:
    """One line of the table: errors relative to the norm of the matrix, means over a few matrices."""

    measure: str
    kind: str
    dtype: str
    size: int
    ours: float
    lapack: float

    @property
    def times(self) -> float:
        """How often LAPACK's error; below half a rounding error both count as that."""
        floor = float(np.finfo(self.dtype).eps) / 2
        return max(self.ours, floor) / max(self.lapack, floor)

    def __str__(self) -> str:
        return f"{self.measure:24}{self.kind:17}{self.dtype:12}{self.size:5}{self.ours:12.2e}{self.lapack:12.2e}{self.times:8.2f}"


def matrices(kind: str, dtype: Any, rows: int, cols: int) -> list[Any]:
    """A few matrices: normally distributed; singular values from 1 down to 1e-12 (1e-6 in single precision); of half rank."""
    random = np.random.default_rng([KINDS.index(kind), rows, cols])
    is_complex = np.dtype(dtype).kind == "c"

    def normal(*shape: int) -> Any:
        return random.standard_normal(shape) + (1j * random.standard_normal(shape) if is_complex else 0)

    made = []
    for _ in range(_REPEATS):
        count = min(rows, cols)
        if kind == "random":
            a = normal(rows, cols)
        elif kind == "ill-conditioned":
            u, v = np.linalg.qr(normal(rows, count))[0], np.linalg.qr(normal(cols, count))[0]
            a = u * np.logspace(0, -12 if np.finfo(dtype).eps < 1e-10 else -6, count) @ v.conj().T
        else:
            a = normal(rows, max(count // 2, 1)) @ normal(max(count // 2, 1), cols)
        made.append(a.astype(dtype))
    return made


def _wide(a: Any) -> Any:
    return a.astype(np.clongdouble if np.iscomplexobj(a) else np.longdouble)


def _size(a: Any) -> float:
    return float(np.sqrt((np.abs(_wide(a)) ** 2).sum()))


def _adjoint(a: Any) -> Any:
    return a.conj().T


def _unitary(q: Any) -> float:
    return _size(_adjoint(_wide(q)) @ _wide(q) - np.eye(q.shape[1]))


def _solve_error(given: Sequence[Any], found: Sequence[Any]) -> dict[str, float]:
    a, b = map(_wide, given)
    x = _wide(found[0])
    return {"solve residual": _size(b - a @ x) / (_size(a) * _size(x))}


def _inv_error(given: Sequence[Any], found: Sequence[Any]) -> dict[str, float]:
    a, x = _wide(given[0]), _wide(found[0])
    return {"inv residual": _size(a @ x - np.eye(len(a))) / (_size(a) * _size(x))}


def _cholesky_error(given: Sequence[Any], found: Sequence[Any]) -> dict[str, float]:
    a, factor = _wide(given[0]), _wide(found[0])
    return {"cholesky residual": _size(a - factor @ _adjoint(factor)) / _size(a)}


def _qr_error(given: Sequence[Any], found: Sequence[Any]) -> dict[str, float]:
    a, q, r = _wide(given[0]), *map(_wide, found)
    return {"qr residual": _size(a - q @ r) / _size(a), "qr orthogonality": _unitary(q)}


def _svd_error(given: Sequence[Any], found: Sequence[Any]) -> dict[str, float]:
    a, u, values, vh = _wide(given[0]), *map(_wide, found)
    return {
        "svd residual": _size(a - u * values @ vh) / _size(a),
        "svd orthogonality of U": _unitary(u),
        "svd orthogonality of V": _unitary(_adjoint(vh)),
    }


def _eigh_error(given: Sequence[Any], found: Sequence[Any]) -> dict[str, float]:
    a, values, v = _wide(given[0]), *map(_wide, found)
    return {"eigh residual": _size(a @ v - v * values) / _size(a), "eigh orthogonality": _unitary(v)}


def _eig_error(given: Sequence[Any], found: Sequence[Any]) -> dict[str, float]:
    a, values, v = _wide(given[0]), *map(_wide, found)
    return {"eig residual": _size(a @ v - v * values) / _size(a)}


def _lstsq_error(given: Sequence[Any], found: Sequence[Any]) -> dict[str, float]:
    a, b = map(_wide, given)
    x = _wide(found[0])
    rest = b - a @ x
    return {"lstsq residual": _size(_adjoint(a) @ rest) / (_size(a) * (_size(a) * _size(x) + _size(rest)))}


@dataclass(frozen=True)
class Subject:
    """An operator, LAPACK's counterpart and what is measured."""

    operator: str
    lapack: Callable[..., Any]
    errors: Callable[[Sequence[Any], Sequence[Any]], dict[str, float]]
    shape: str = "square"
    options: tuple[tuple[str, Any], ...] = ()
    kinds: tuple[str, ...] = KINDS

    def arguments(self, a: Any) -> list[Any]:
        """What the operator is called with for a matrix."""
        if self.shape == "definite":
            scaled = a / np.sqrt(np.float64(len(a)))
            least = 16 * len(a) * float(np.finfo(a.dtype).eps)
            return [(scaled @ _adjoint(scaled) + least * np.eye(len(a))).astype(a.dtype)]
        if self.shape == "symmetric":
            return [((a + _adjoint(a)) / 2).astype(a.dtype)]
        if self.shape in ("system", "tall system"):
            return [a, (np.cos(np.arange(2.0 * len(a))).reshape(-1, 2) + 0).astype(a.dtype)]
        return [a]

    def sample(self, a: Any) -> Sample:
        return Sample(*self.arguments(a), **dict(self.options))


SUBJECTS = (
    Subject("linalg_solve", np.linalg.solve, _solve_error, "system", kinds=KINDS[:2]),
    Subject("linalg_inv", np.linalg.inv, _inv_error, kinds=KINDS[:2]),
    Subject("linalg_cholesky", np.linalg.cholesky, _cholesky_error, "definite"),
    Subject("linalg_qr", np.linalg.qr, _qr_error, "tall"),
    Subject(
        "linalg_svd", lambda a: np.linalg.svd(a, full_matrices=False), _svd_error, "tall", (("full_matrices", False),)
    ),
    Subject("linalg_eigh", np.linalg.eigh, _eigh_error, "symmetric"),
    Subject("linalg_eig", np.linalg.eig, _eig_error),
    Subject("linalg_lstsq", lambda a, b: np.linalg.lstsq(a, b), _lstsq_error, "tall system", kinds=KINDS[:1]),
)


def samples(
    sizes: Sequence[int], subjects: Sequence[Subject] = SUBJECTS
) -> Iterator[tuple[Subject, str, Any, int, Any]]:
    """(subject, kind, dtype, size, matrix) for everything that is measured."""
    for subject in subjects:
        for kind in subject.kinds:
            for dtype in DTYPES:
                for n in sizes:
                    rows = n + n // 3 if subject.shape.startswith("tall") else n
                    for a in matrices(kind, dtype, rows, n):
                        yield subject, kind, dtype, n, a


def measured(
    sizes: Sequence[int],
    run: Callable[[list[tuple[Subject, Any]]], list[Any]],
    subjects: Sequence[Subject] = SUBJECTS,
) -> list[Ratio]:
    """The table for what ``run`` gives for a list of subjects and matrices."""
    made = list(samples(sizes, subjects))
    results = run([(subject, a) for subject, _, _, _, a in made])
    sums: dict[tuple[str, str, str, int], list[tuple[float, float]]] = {}
    for (subject, kind, dtype, n, a), result in zip(made, results, strict=True):
        given = subject.arguments(a)
        reference = subject.lapack(*given)
        theirs = subject.errors(given, reference if isinstance(reference, tuple) else (reference,))
        ours = subject.errors(given, result if isinstance(result, (tuple, list)) else (result,))
        for measure, error in ours.items():
            sums.setdefault((measure, kind, np.dtype(dtype).name, n), []).append((error, theirs[measure]))
    return [Ratio(*key, *np.mean(pairs, axis=0)) for key, pairs in sums.items()]


def run_eager(calls: list[tuple[Subject, Any]]) -> list[Any]:
    """What the NumPy kernels give."""
    results = []
    for subject, a in calls:
        operator = registry.get(f"aten::{subject.operator}")
        results.append(operator(*complete(operator, subject.sample(a))))
    return results


def plans_of_subjects() -> dict[str, Plan]:
    """The C++ functions that are measured, and no others."""
    found = {}
    for subject in SUBJECTS:
        operator = registry.get(f"aten::{subject.operator}")
        some = [
            subject.sample(matrices("random", dtype, 4, 3 if "tall" in subject.shape else 4)[0]) for dtype in DTYPES
        ]
        found[operator.schema.qualified_name] = plan(operator, some)
    return found


def run_cpp(program: Program, plans: dict[str, Plan], folder: Path) -> Callable[[list[tuple[Subject, Any]]], list[Any]]:
    """What the compiled functions give."""

    def run(calls: list[tuple[Subject, Any]]) -> list[Any]:
        wanted = []
        for subject, a in calls:
            operator = registry.get(f"aten::{subject.operator}")
            pattern, values = ready(operator, subject.sample(a))
            graph_of(pattern)
            wanted.append((plans[operator.schema.qualified_name].functions[pattern].name, values))
        outcomes = program.run(wanted, folder)
        failed = [o for o in outcomes if o.error or o.result is None]
        assert not failed, failed[0]
        return [o.result.value for o in outcomes if o.result is not None]

    return run


def main() -> int:
    """Print the table and the largest ratio; 1 if there is one above ``MOST``."""
    parser = argparse.ArgumentParser(prog="python -m tests.cpp_ops.linalg_accuracy", description=__doc__)
    parser.add_argument("--sizes", default="3,10,50,150", help="numbers of columns, separated by commas")
    sizes = [int(n) for n in parser.parse_args().sizes.split(",")]
    plans = plans_of_subjects()
    largest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        runs = {"eager": run_eager, "C++": run_cpp(build(plans), plans, Path(folder))}
        for name, run in runs.items():
            print(f"{name:53}{'size':>5}{'ours':>12}{'LAPACK':>12}{'ratio':>8}")
            rows = measured(sizes, run)
            for row in rows:
                print(row)
            print(f"largest ratio {max(r.times for r in rows):.2f} of {len(rows)}\n")
            largest = max(largest, *(r.times for r in rows))
    return 1 if largest > MOST else 0


if __name__ == "__main__":
    sys.exit(main())
