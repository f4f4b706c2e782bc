"""``ts2cpp wheel``."""

from __future__ import annotations

from pathlib import Path

import click

from transpile.cli import report
from transpile.codegen.project.project import Project
from transpile.codegen.project.wheel import write_wheel


@click.command("wheel")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=Path(), help="Where the wheel goes; here unless given.")
@click.option("--version", default="0.1.0", show_default=True, help="The version of the wheel.")
@click.option("--cmake", "options", multiple=True, metavar="OPTION", help="An option for CMake; may be given again.")
def command(folder: Path, out: Path, version: str, options: tuple[str, ...]) -> None:
    """Build a Python wheel of a project.  NumPy in and out, without ts2cpp or PyTorch."""
    with report.phase("build"):
        path = write_wheel(Project(folder), out, version=version, options=options)
    click.echo(path)
