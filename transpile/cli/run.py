"""``ts2cpp run``."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from transpile.cli import report
from transpile.cli.model_file import load_model
from transpile.codegen.arrays import flatten_outputs, read_npz


@click.command("run")
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--inputs", type=click.Path(path_type=Path), required=True, help="Inputs as .npz.")
@click.option("--outputs", type=click.Path(path_type=Path), required=True, help="Where the outputs go.")
@click.option("--method", default=None)
@click.option("--entry", default="model", show_default=True)
@click.option("--torch", "torch_", type=click.Choice(["auto", "bundled", "pytorch"]), default="auto", show_default=True)
def command(model: Path, inputs: Path, outputs: Path, method: str | None, entry: str, torch_: str) -> None:
    """Run a model on the graph interpreter."""
    from transpile.jit.entry import compile_entry

    compiled = compile_entry(load_model(model, entry, torch_).entry)
    name = method or compiled.exported[0]
    arguments = compiled.arguments_from_arrays(name, read_npz(inputs))
    result = flatten_outputs(compiled.run_interpreter(name, arguments))
    np.savez(outputs, **result)  # type: ignore[arg-type]
    report.say(f"wrote {outputs}: " + ", ".join(f"{k} {list(v.shape)}" for k, v in result.items()))
