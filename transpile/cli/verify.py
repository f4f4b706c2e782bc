"""``ts2cpp verify``."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from transpile.cli import report
from transpile.cli.export import prepare, show_differences, warn_of_training
from transpile.cli.model_options import ModelOptions, model_options
from transpile.codegen.project.arrays import read_npz
from transpile.codegen.project.compare import ATOL, TOLERANCE_HELP, Difference, compare
from transpile.codegen.project.exporter import export
from transpile.codegen.project.project import Project


@click.command("verify")
@click.argument("target", metavar="MODEL|DIR")
@click.option("--method", default=None, help="Compare this method alone.")
@click.option("--inputs", type=click.Path(path_type=Path), help="Inputs as .npz, instead of the recorded examples.")
@click.option("--expected", type=click.Path(path_type=Path), help="Expected outputs as .npz.")
@click.option("--rtol", type=float, default=None, show_default=TOLERANCE_HELP, help="Relative difference allowed.")
@click.option("--atol", type=float, default=ATOL, show_default=True, help="Absolute difference allowed.")
@click.option("--training", is_flag=True, help="Training mode is meant: do not warn of dropout and batch norms.")
@click.option("--json", "as_json", is_flag=True, help="The differences as JSON on stdout.")
@model_options
def command(
    target: str,
    method: str | None,
    inputs: Path | None,
    expected: Path | None,
    rtol: float | None,
    atol: float,
    training: bool,
    as_json: bool,
    options: ModelOptions,
) -> int:
    """Build and run a project, and compare with eager Python.  For a MODEL, its project."""
    if (expected is None) != (inputs is None) and Path(target).is_dir():
        raise click.UsageError("--inputs and --expected go together for a project folder")
    if Path(target).is_dir():
        return _shown(_verify(Project(target), method, inputs, expected, rtol, atol), atol, as_json)
    with tempfile.TemporaryDirectory() as folder:
        request, _ = prepare(target, () if method is None else (method,), options, inputs)
        with report.phase("optimise and write C++"):
            project = export(request, Path(folder) / "project")
        warn_of_training(project, training)
        given = inputs if expected is not None else None
        return _shown(_verify(project, method, given, expected, rtol, atol), atol, as_json)


def _verify(
    project: Project, method: str | None, inputs: Path | None, expected: Path | None, rtol: float | None, atol: float
) -> list[Difference]:
    given = read_npz(inputs) if inputs is not None else None
    wanted = read_npz(expected) if expected is not None else None
    project.check_method(method)
    with report.phase("build"):
        project.build()
    with report.phase("run and compare"):
        if given is not None and wanted is not None:
            actual = project.run_arrays(given, method=method or next(iter(project.manifest["methods"])))
            return compare(wanted, actual, rtol, atol)
        return project.verify(method=method, rtol=rtol, atol=atol)


def _shown(differences: list[Difference], atol: float, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps([vars(d) for d in differences], default=str))
    return show_differences(differences, atol)
