"""Sets of the runtime's headers: all that a header includes, and which sets are worth being precompiled."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable
from pathlib import Path

INCLUDE = Path(__file__).parents[2] / "runtime_cpp" / "include"
Headers = frozenset[str]


@functools.cache
def _included(header: str) -> tuple[int, tuple[str, ...]]:
    """The number of lines of a header, and those of the runtime's headers that it includes itself."""
    text = (INCLUDE / header).read_text(encoding="utf-8")
    named = re.findall(r'^\s*#\s*include\s*["<]([^">]+)[">]', text, re.MULTILINE)
    beside = [((INCLUDE / header).parent / name).resolve() for name in named]
    found = [path if path.exists() else INCLUDE / name for name, path in zip(named, beside, strict=True)]
    return text.count("\n"), tuple(str(path.relative_to(INCLUDE)) for path in found if path.exists())


def closure(headers: Iterable[str]) -> Headers:
    """The headers and everything of the runtime that they include."""
    found: set[str] = set()
    left = list(headers)
    while left:
        header = left.pop()
        if header not in found:
            found.add(header)
            left += _included(header)[1]
    return frozenset(found)


def lines(headers: Headers) -> int:
    """How much a compiler has to read."""
    return sum(_included(header)[0] for header in headers)


def worth_precompiling(wanted: Collection[Headers]) -> list[Headers]:
    """Sets that save more than they cost where each of ``wanted`` may use the largest set that it contains."""
    candidates = {a & b for a in wanted for b in wanted}
    size = {headers: lines(headers) for headers in candidates}
    left = {headers: size[headers] for headers in wanted}  # to be read after the best precompiled set

    def saved(candidate: Headers) -> int:
        return sum(max(0, left[w] - size[w] + size[candidate]) for w in wanted if candidate <= w) - 2 * size[candidate]

    chosen: list[Headers] = []
    while candidates and saved(best := max(candidates, key=lambda c: (saved(c), sorted(c)))) > 0:
        candidates.remove(best)
        chosen.append(best)
        for w in wanted:
            if best <= w:
                left[w] = min(left[w], size[w] - size[best])
    return chosen
