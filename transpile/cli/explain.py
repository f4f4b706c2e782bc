"""``ts2cpp explain``."""

from __future__ import annotations

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
    click.echo(f"{code}: {found.title}\n{found.text.rstrip()}")
