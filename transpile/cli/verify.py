"""``ts2cpp verify``."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from transpile.cli import report
from transpile.cli.export import prepare, show_differences, warn_of_training
from transpile.cli.model_options import ModelOptions, model_options
from transpile.codegen.project.arrays import read_npz
from transpile.codegen.project.compare import ATOL, TOLERANCE_HELP, compare
from transpile.codegen.project.exporter import export
from transpile.codegen.project.project import Project


@click.command("verify")
@click.argument("target", metavar="MODEL|DIR")
@click.option("--method", default=None, help="Compare this method alone.")
@click.option("--inputs", type=click.Path(path_type=Path), help="Inputs as .npz, instead of the recorded examples.")
@click.option("--expected", type=click.Path(path_type=Path), help="Expected outputs as .npz.")
@click.option("--rtol", type=float, default=None, show_default=TOLERANCE_HELP)
@click.option("--atol", type=float, default=ATOL, show_default=True)
@click.option("--training", is_flag=True, help="Training mode is meant: do not warn of dropout and batch norms.")
@model_options
def command(
    target: str,
    method: str | None,
    inputs: Path | None,
    expected: Path | None,
    rtol: float | None,
    atol: float,
    training: bool,
    options: ModelOptions,
) -> int:
    """Build a project, or the project of a model, run it and compare with eager Python."""
    if (expected is None) != (inputs is None) and Path(target).is_dir():
        raise click.UsageError("--inputs and --expected go together for a project folder")
    if Path(target).is_dir():
        return _verify(Project(target), method, inputs, expected, rtol, atol)
    with tempfile.TemporaryDirectory() as folder:
        request, _ = prepare(target, () if method is None else (method,), options, inputs)
        with report.phase("optimise and write C++"):
            project = export(request, Path(folder) / "project")
        warn_of_training(project, training)
        return _verify(project, method, inputs if expected is not None else None, expected, rtol, atol)


def _verify(
    project: Project, method: str | None, inputs: Path | None, expected: Path | None, rtol: float | None, atol: float
) -> int:
    given = read_npz(inputs) if inputs is not None else None
    wanted = read_npz(expected) if expected is not None else None
    project.check_method(method)
    with report.phase("build"):
        project.build()
    with report.phase("run and compare"):
        if given is not None and wanted is not None:
            actual = project.run_arrays(given, method=method or next(iter(project.manifest["methods"])))
            differences = compare(wanted, actual, rtol, atol)
        else:
            differences = project.verify(method=method, rtol=rtol, atol=atol)
    return show_differences(differences, atol)
