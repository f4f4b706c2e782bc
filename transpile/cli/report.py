"""What the commands print: progress by phase, tables, errors.  All of it on stderr; plain when not a terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

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


def success(text: str) -> None:
    console.print(f"[green]{escape(printable(text))}[/green]")


def warning(text: str) -> None:
    _urgent.print(f"[yellow]warning:[/yellow] {escape(printable(text))}")


def error(text: str, label: str = "error") -> None:
    _urgent.print(f"[bold red]{label}:[/bold red] {escape(printable(text.lstrip()))}")


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    shown = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for position, column in enumerate(columns):
        shown.add_column(column, justify="right" if position in right else "left", no_wrap=position == 0)
    for row in rows:
        shown.add_row(*(escape(printable(cell)) for cell in row))
    console.print(shown)


def size_text(count: int) -> str:
    """A number of bytes for people."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return ""
