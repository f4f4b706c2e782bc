"""``ts2cpp verify``."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from transpile.cli import report
from transpile.cli.export import prepare, show_differences
from transpile.codegen.project.arrays import read_npz
from transpile.codegen.project.compare import ATOL, TOLERANCE_HELP, compare
from transpile.codegen.project.exporter import export
from transpile.codegen.project.project import Project


@click.command("verify")
@click.argument("target", metavar="MODEL|DIR", type=click.Path(path_type=Path))
@click.option("--inputs", type=click.Path(path_type=Path), help="Inputs as .npz, instead of the recorded examples.")
@click.option("--expected", type=click.Path(path_type=Path), help="Expected outputs as .npz.")
@click.option("--rtol", type=float, default=None, show_default=TOLERANCE_HELP)
@click.option("--atol", type=float, default=ATOL, show_default=True)
@click.option("--entry", default="model", show_default=True)
@click.option("--trace", is_flag=True, help="Trace with the example inputs instead of scripting.")
@click.option("--torch", "torch_", type=click.Choice(["auto", "bundled", "pytorch"]), default="auto", show_default=True)
def command(
    target: Path,
    inputs: Path | None,
    expected: Path | None,
    rtol: float | None,
    atol: float,
    entry: str,
    trace: bool,
    torch_: str,
) -> int:
    """Build a project, or the project of a model, run it and compare with eager Python."""
    if (expected is None) != (inputs is None) and target.is_dir():
        raise click.UsageError("--inputs and --expected go together for a project folder")
    if target.is_dir():
        return _verify(Project(target), inputs, expected, rtol, atol)
    with tempfile.TemporaryDirectory() as folder:
        request, _ = prepare(target, entry, (), trace=trace, inputs=inputs, torch=torch_)
        with report.phase("optimise and write C++"):
            project = export(request, Path(folder) / "project")
        return _verify(project, inputs if expected is not None else None, expected, rtol, atol)


def _verify(project: Project, inputs: Path | None, expected: Path | None, rtol: float | None, atol: float) -> int:
    given = read_npz(inputs) if inputs is not None else None
    wanted = read_npz(expected) if expected is not None else None
    with report.phase("build"):
        project.build()
    with report.phase("run and compare"):
        if given is not None and wanted is not None:
            method = next(iter(project.manifest["methods"]))
            differences = compare(wanted, project.run_arrays(given, method=method), rtol, atol)
        else:
            differences = project.verify(rtol=rtol, atol=atol)
    return show_differences(differences, atol)
