"""Variables of random tensor programs: shapes in terms of the batch, storages, and how exact their values are."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

# A size is a factor and a power of the batch.
Size = tuple[int, int]
B: Size = (1, 1)
_EXACT_BITS = 20


def fixed(n: int) -> Size:
    """A size that does not depend on the batch."""
    return (n, 0)


@dataclass
class Var:
    """A tensor variable: values up to ``2 ** top`` in steps of ``2 ** step`` (``None`` if they are rounded)."""

    name: str
    shape: tuple[Size, ...]
    dtype: str
    top: float
    step: float | None
    base: int
    writable: bool = True

    @property
    def exact(self) -> bool:
        return self.step is not None and self.top - self.step <= _EXACT_BITS

    @property
    def floating(self) -> bool:
        return self.dtype.startswith("float")


INPUTS = (
    ("x", (B, fixed(4)), "float32"),
    ("y", (B, fixed(3), fixed(4)), "float32"),
    ("w", (fixed(4), fixed(3)), "float32"),
    ("n", (B, fixed(4)), "int64"),
)
ONE: Size = (1, 0)


def broadcast(a: tuple[Size, ...], b: tuple[Size, ...]) -> tuple[Size, ...] | None:
    rank = max(len(a), len(b))
    wide_a, wide_b = (ONE,) * (rank - len(a)) + a, (ONE,) * (rank - len(b)) + b
    result = []
    for p, q in zip(wide_a, wide_b, strict=True):
        if p != q and ONE not in (p, q):
            return None
        result.append(q if p == ONE else p)
    return tuple(result)


def sum_top(size: Size) -> float:
    return math.log2(max(1, size[0])) + 2.4 * size[1]  # batches of at most five


def count(sizes: tuple[Size, ...]) -> Size:
    return math.prod(s[0] for s in sizes), sum(s[1] for s in sizes)


class Variables:
    """The lines of a program so far, and what is known of each variable."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.bases = 0
        self.vars = [
            Var(name, shape, dtype, 2, -2 if dtype == "float32" else 0, self.base()) for name, shape, dtype in INPUTS
        ]

    def base(self) -> int:
        self.bases += 1
        return self.bases

    # ---- choosing and making variables
    def pick(self, wanted: Callable[[Var], bool] = lambda v: True) -> Var | None:
        found = [v for v in self.vars if wanted(v)]
        # Recent variables more often: programs are chains rather than stars.
        return found[max(self.random.randrange(len(found)), self.random.randrange(len(found)))] if found else None

    def new(
        self, text: str, shape: tuple[Size, ...], dtype: str, top: float, step: float | None, view_of: Var | None = None,
        writable: bool = True,
    ) -> Var:  # fmt: skip
        name = f"v{len(self.lines)}"
        self.lines.append(f"{name} = {text}")
        base = view_of.base if view_of is not None else self.base()
        if view_of is not None:
            writable = writable and view_of.writable
        if step is not None and top - step > _EXACT_BITS:
            step = None
        made = Var(name, shape, dtype, top, step, base, writable)
        if top > 8:
            return self._calmed(made)
        self.vars.append(made)
        return made

    def _calmed(self, large: Var) -> Var:
        if large.floating:
            return self.new(f"{large.name} * {2.0 ** -int(large.top - 2)}", large.shape, large.dtype, 2, _moved(large))
        return self.new(f"{large.name} % 7", large.shape, large.dtype, 3, 0)

    def size(self, var: Var, axis: int) -> str:
        """The size of an axis as a number, or asked of the tensor if it depends on the batch."""
        if var.shape[axis][1]:
            return self.random.choice((f"{var.name}.size({axis})", f"{var.name}.shape[{axis}]"))
        return str(var.shape[axis][0])

    def axis(self, var: Var, wanted: Callable[[Size], bool] = lambda s: True) -> int | None:
        found = [i for i, s in enumerate(var.shape) if wanted(s)]
        return self.random.choice(found) if found else None

    def alias(self, text: str, shape: tuple[Size, ...], u: Var, writable: bool = True) -> None:
        self.new(text, shape, u.dtype, u.top, u.step, view_of=u, writable=writable)

    def changed(self, u: Var, line: str, top: float, step: float | None) -> None:
        """All views of the storage have new values."""
        self.lines.append(line)
        for v in self.vars:
            if v.base == u.base:
                v.top = max(v.top, top)
                v.step = None if step is None or v.step is None else min(v.step, step)
                if v.step is not None and v.top - v.step > _EXACT_BITS:
                    v.step = None


def _moved(large: Var) -> float | None:
    return None if large.step is None else large.step - int(large.top - 2)
