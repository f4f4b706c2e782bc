"""What the commands print: progress by phase, tables, errors.  All of it on stderr; plain when not a terminal."""

from __future__ import annotations

import re
import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

console = Console(stderr=True, highlight=False, soft_wrap=True)
_urgent = Console(stderr=True, highlight=False, soft_wrap=True)


def be_quiet(quiet: bool) -> None:
    """Say nothing from now on but warnings and errors."""
    console.quiet = quiet


def printable(text: str) -> str:
    """``text`` without control characters: names from a file must not drive the terminal."""
    return "".join(c if c in "\n\t" or c.isprintable() else "?" for c in text)


@contextmanager
def phase(title: str) -> Iterator[None]:
    """One step of the work: a spinner while it runs, then a line with its time."""
    begin = time.perf_counter()
    if console.is_terminal:
        with console.status(escape(title)):
            yield
    else:
        yield
    console.print(f"  {escape(title)} [dim]{time.perf_counter() - begin:.1f} s[/dim]")


def say(text: str) -> None:
    console.print(escape(printable(text)))


def wrapped(text: str, before: int = 0) -> str:
    """A message as a terminal shows it: prose breaks between words, the first line after ``before`` columns.

    Prose is what comes before the first source line, and hints.  Source lines, tables and commands stay as they are; so does
    everything that goes into a file or a pipe.
    """
    if not _urgent.is_terminal:
        return text
    lines: list[str] = []
    is_prose, room = True, _urgent.width - before
    for line in text.split("\n"):
        is_prose = not _SOURCE.match(line) and (is_prose or line.startswith("Hint: "))
        if is_prose and len(line) > room:
            margin = 6 if line.startswith("Hint: ") else len(line) - len(line.lstrip())
            parts = textwrap.wrap(
                line, room, subsequent_indent=" " * margin, break_long_words=False, break_on_hyphens=False
            )
            lines += parts
        else:
            lines.append(line)
        room = _urgent.width
    return "\n".join(lines)


_SOURCE = re.compile(r'  File "')


def success(text: str) -> None:
    console.print(f"[green]{escape(printable(wrapped(text)))}[/green]")


def warning(text: str) -> None:
    _urgent.print(f"[yellow]warning:[/yellow] {escape(printable(wrapped(text, len('warning: '))))}")


def error(text: str, label: str = "error") -> None:
    _urgent.print(f"[bold red]{label}:[/bold red] {escape(printable(wrapped(text.lstrip(), len(label) + 2)))}")


def fits(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a table can be shown whole; where it goes into a file or a pipe it always is."""
    return not console.is_terminal or _width(_widths(columns, rows)) <= console.width


def table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: Sequence[int] = (),
    cut: Sequence[int] | None = None,
) -> None:
    """A table under its title; columns ``right`` are flush right.

    If it is wider than the terminal, cells of the columns ``cut`` end in an ellipsis, those of the first one first; without
    ``cut`` all columns but the first have their cells wrapped between words.
    """
    shown = Table(title=title, title_justify="left", box=None, pad_edge=False)
    widths = _widths(columns, rows)
    excess = _width(widths) - console.width if console.is_terminal else 0
    for position in cut or ():
        taken = max(0, min(excess, widths[position] - _NARROWEST))
        widths[position], excess = widths[position] - taken, excess - taken
    for position, column in enumerate(columns):
        shown.add_column(
            column,
            justify="right" if position in right else "left",
            no_wrap=position == 0 or cut is not None,
            max_width=widths[position] if cut is not None else None,
        )
    for row in rows:
        shown.add_row(*(escape(printable(cell)) for cell in row))
    if console.is_terminal:
        console.print(shown)
    elif not console.quiet:
        Console(file=console.file, highlight=False, soft_wrap=True, width=max(_width(widths), len(title))).print(shown)


_NARROWEST = 10  # what is left of a column that is cut


def _widths(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(cell_len, cells)) for cells in zip(columns, *rows, strict=True)]


def _width(widths: Sequence[int]) -> int:
    """Of a table, whose columns stand two spaces apart."""
    return sum(widths) + 2 * (len(widths) - 1)


def size_text(count: int) -> str:
    """A number of bytes for people."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return ""
