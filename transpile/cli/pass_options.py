"""``--print-after`` and ``--verify-passes``: for whoever debugs a pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from transpile.cli import report
from transpile.passes.observer import ALL, PassObserver
from transpile.passes.pipelines import export_pass_names

Command = TypeVar("Command", bound=Callable[..., Any])


def pass_options(command: Command) -> Command:
    """Add both options to a command; it gets ``print_after`` and ``verify_passes``."""
    printing = click.option(
        "--print-after", type=click.Choice([ALL, *export_pass_names()]), default=None, metavar="PASS|all",
        help="Print what a pass, or each of them, changes in the graphs.",
    )  # fmt: skip
    verifying = click.option("--verify-passes", is_flag=True, help="Check the graph after every pass.")
    return printing(verifying(command))


def observer_of(print_after: str | None, verify_passes: bool) -> PassObserver | None:
    """What watches the passes if one of the options was given; it speaks on stderr."""
    if print_after is None and not verify_passes:
        return None
    return PassObserver(print_after or "", verify_passes, report.say)
