"""``ts2cpp run``."""

from __future__ import annotations

import json
from pathlib import Path

import click
import numpy as np

from transpile.cli import report
from transpile.cli.export import compile_model
from transpile.cli.model_file import read_inputs
from transpile.cli.model_options import ModelOptions, model_options
from transpile.codegen.project.arrays import Array, flatten_outputs, read_npy
from transpile.codegen.project.project import Project
from transpile.codegen.project.request import select_methods


@click.command("run")
@click.argument("target", metavar="MODEL|DIR")
@click.option(
    "--inputs",
    type=click.Path(path_type=Path),
    required=True,
    help="Inputs as .npz; .npy for a method with one tensor.",
)
@click.option("--outputs", type=click.Path(path_type=Path), required=True, help="Where the outputs go, as .npz.")
@click.option("--method", default=None, help="The method to call; the first one unless given.")
@click.option("--threads", type=click.IntRange(min=1), default=None, help="Threads of the program of a project.")
@click.option("--json", "as_json", is_flag=True, help="Names, types and sizes of the outputs as JSON on stdout.")
@model_options
def command(
    target: str, inputs: Path, outputs: Path, method: str | None, threads: int | None, as_json: bool, options: ModelOptions
) -> None:  # fmt: skip
    """Run a model, or the program of a project.  A model on the graph interpreter; a project is built if it is not."""
    if Path(target).is_dir():
        result = _run_project(Project(target), inputs, method, threads)
    elif threads is not None:
        raise click.UsageError("--threads is for the folder of a project; the interpreter has one")
    else:
        result = _run_model(target, inputs, method, options)
    with outputs.open("wb") as file:
        np.savez(file, **result)  # type: ignore[arg-type]
    report.say(f"wrote {outputs}: " + ", ".join(f"{k} {list(v.shape)}" for k, v in result.items()))
    if as_json:
        click.echo(json.dumps({k: {"dtype": str(v.dtype), "shape": list(v.shape)} for k, v in result.items()}))


def _run_project(project: Project, inputs: Path, method: str | None, threads: int | None) -> dict[str, Array]:
    project.check_method(method)
    chosen = method or next(iter(project.manifest["methods"]))
    if not project.runner.exists():
        with report.phase("build"):
            project.build()
    return project.run_arrays(_given(inputs, project.parameters(chosen)), method=chosen, threads=threads)


def _run_model(model: str, inputs: Path, method: str | None, options: ModelOptions) -> dict[str, Array]:
    loaded = options.load(model)
    compiled = compile_model(loaded, trace=options.trace, methods=(method,) if method else ())
    (name,) = select_methods(compiled, [method or compiled.exported[0]])
    arguments = compiled.arguments_from_arrays(name, _given(inputs, [name for name, _ in compiled.parameters(name)]))
    with loaded.program.runs(f"running {name} of {loaded.path.name}"):
        return flatten_outputs(compiled.run_interpreter(name, arguments))


def _given(path: Path, parameters: list[str]) -> dict[str, Array]:
    """The inputs of a file: ``.npz`` by name or position, or one array."""
    if path.suffix == ".npy":
        if not parameters:
            raise click.UsageError(f"{path}: the method takes no inputs")
        return {parameters[0]: read_npy(path)}
    return read_inputs(path, parameters)
