"""``ts2cpp explain``."""

from __future__ import annotations

import shutil
import sys
import textwrap

import click

from transpile.cli.explanations import EXPLANATIONS


@click.command("explain")
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Say more about an error: what it means, and what helps.  Without CODE the codes are listed."""
    if code is None:
        for name, explanation in EXPLANATIONS.items():
            click.echo(f"{name:20} {explanation.title}")
        return
    found = EXPLANATIONS.get(code)
    if found is None:
        raise click.UsageError(f"there is no code {code!r}; there are {', '.join(EXPLANATIONS)}")
    text = f"{code}: {found.title}\n{found.text.rstrip()}"
    click.echo(fitted(text, shutil.get_terminal_size().columns) if sys.stdout.isatty() else text)


def fitted(text: str, columns: int) -> str:
    """``text`` with its paragraphs and items broken anew where a line is longer than ``columns``."""
    if max(map(len, text.splitlines())) <= columns:
        return text
    parts: list[str] = []
    for line in text.splitlines():
        goes_on = bool(parts) and bool(parts[-1].strip()) and bool(line.strip())
        starts = line.startswith("  - ") or parts[-1:] == ["What helps"]
        if goes_on and not starts:
            parts[-1] += " " + line.strip()
        else:
            parts.append(line)
    return "\n".join(
        textwrap.fill(part, columns, subsequent_indent="    " * part.startswith("  - "), break_on_hyphens=False)
        for part in parts
    )
