"""The table of a model's modules that an export shows."""

from __future__ import annotations

from collections.abc import Sequence

from transpile.cli import report

MODULES_SHOWN = 30
_COLUMNS = ("module", "class", "output", "parameters", "bytes")


def show_modules(rows: Sequence[tuple[str, ...]]) -> None:
    """The modules with what they hold: of a large model the outer ones, each with all that is inside; then the sum.

    Where the terminal is too narrow for their full names they are written as a tree.
    """
    if not rows:
        return
    depth = max(row[0].count(".") for row in rows)
    while len(shown := _rows_to_depth(rows, depth)) > MODULES_SHOWN and depth > 0:
        depth -= 1
    table = [(*row[:3], f"{int(row[3]):,}", f"{int(row[4]):,}") for row in shown]
    total = [f"{sum(int(row[i]) for row in rows):,}" for i in (3, 4)]
    left = len({row[0] for row in _rows_to_depth(rows, len(rows))} - {row[0] for row in shown})
    title = "model" if left == 0 else f"model ({left} modules inside these are counted with them)"
    table.append(("total", "", "", *total))
    if not report.fits(_COLUMNS, table):
        names = tree_names([row[0] for row in table])
        table = [(name, *row[1:]) for name, row in zip(names, table, strict=True)]
    report.table(title, _COLUMNS, table, right=(3, 4), cut=(1, 0, 2))


def tree_names(names: Sequence[str]) -> list[str]:
    """Dotted names, each indented below the last one before it that it begins with, and without that beginning."""
    found: list[str] = []
    outer: list[str] = []
    for name in names:
        while outer and not name.startswith(f"{outer[-1]}."):
            outer.pop()
        found.append("  " * len(outer) + (name[len(outer[-1]) + 1 :] if outer else name))
        outer.append(name)
    return found


def _rows_to_depth(rows: Sequence[tuple[str, ...]], depth: int) -> list[tuple[str, ...]]:
    """The rows of modules at most ``depth`` inside others, each with what deeper ones hold; none for an empty module."""
    held = {row[0]: [0, 0] for row in rows if row[0].count(".") <= depth}
    for name, _, _, parameters, size in rows:
        outer = ".".join(name.split(".")[: depth + 1])
        held[outer][0] += int(parameters)
        held[outer][1] += int(size)
    found = [(*row[:3], *map(str, held[row[0]])) for row in rows if row[0] in held]
    return [row for row in found if row[2] or row[4] != "0" or row is found[0]]
