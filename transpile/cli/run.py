"""``ts2cpp run``."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from transpile.cli import report
from transpile.cli.export import compile_model
from transpile.cli.model_file import read_inputs
from transpile.cli.model_options import ModelOptions, model_options
from transpile.codegen.project.arrays import flatten_outputs
from transpile.codegen.project.request import select_methods


@click.command("run")
@click.argument("model")
@click.option("--inputs", type=click.Path(path_type=Path), required=True, help="Inputs as .npz.")
@click.option("--outputs", type=click.Path(path_type=Path), required=True, help="Where the outputs go.")
@click.option("--method", default=None)
@model_options
def command(model: str, inputs: Path, outputs: Path, method: str | None, options: ModelOptions) -> None:
    """Run a model on the graph interpreter."""
    loaded = options.load(model)
    compiled = compile_model(loaded, trace=options.trace)
    (name,) = select_methods(compiled, [method or compiled.exported[0]])
    arrays = read_inputs(inputs, [name for name, _ in compiled.parameters(name)])
    arguments = compiled.arguments_from_arrays(name, arrays)
    with loaded.program.runs(f"running {name} of {loaded.path.name}"):
        result = flatten_outputs(compiled.run_interpreter(name, arguments))
    with outputs.open("wb") as file:
        np.savez(file, **result)  # type: ignore[arg-type]
    report.say(f"wrote {outputs}: " + ", ".join(f"{k} {list(v.shape)}" for k, v in result.items()))
