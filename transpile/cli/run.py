"""``ts2cpp run``."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from transpile.cli import report
from transpile.cli.export import compile_model
from transpile.cli.model_file import load_model, program_runs, read_inputs
from transpile.codegen.project.arrays import flatten_outputs
from transpile.codegen.project.request import select_methods


@click.command("run")
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--inputs", type=click.Path(path_type=Path), required=True, help="Inputs as .npz.")
@click.option("--outputs", type=click.Path(path_type=Path), required=True, help="Where the outputs go.")
@click.option("--method", default=None)
@click.option("--entry", default="model", show_default=True)
@click.option("--trace", is_flag=True, help="Trace with the example inputs instead of scripting.")
@click.option("--torch", "torch_", type=click.Choice(["auto", "bundled", "pytorch"]), default="auto", show_default=True)
def command(model: Path, inputs: Path, outputs: Path, method: str | None, entry: str, trace: bool, torch_: str) -> None:
    """Run a model on the graph interpreter."""
    compiled = compile_model(load_model(model, entry, torch_), trace=trace)
    (name,) = select_methods(compiled, [method or compiled.exported[0]])
    arrays = read_inputs(inputs, [name for name, _ in compiled.parameters(name)])
    arguments = compiled.arguments_from_arrays(name, arrays)
    with program_runs(model, f"running {name}"):
        result = flatten_outputs(compiled.run_interpreter(name, arguments))
    with outputs.open("wb") as file:
        np.savez(file, **result)  # type: ignore[arg-type]
    report.say(f"wrote {outputs}: " + ", ".join(f"{k} {list(v.shape)}" for k, v in result.items()))
