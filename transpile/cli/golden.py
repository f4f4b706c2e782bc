"""``ts2cpp golden``: recorded outputs in a user's own repository."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from transpile.cli import report
from transpile.cli.export import prepare, show_differences
from transpile.cli.model_options import ModelOptions
from transpile.codegen.project.arrays import read_npz
from transpile.codegen.project.compare import ATOL, TOLERANCE_HELP, compare
from transpile.codegen.project.exporter import export
from transpile.core.errors import Ts2cppError

torch_option = click.option(
    "--torch", "torch_", type=click.Choice(["auto", "bundled", "pytorch"]), default="auto", show_default=True,
    help="What `import torch` gives to the model files.",
)  # fmt: skip


@click.group("golden")
def command() -> None:
    """Record what eager Python computes; check that C++ still does."""


def _recorded(model: Path, method: str, methods: Sequence[str]) -> tuple[Path, Path]:
    """The files of a method; those of the first have the name of the model alone."""
    part = "" if method == methods[0] else f".{method}"
    return model.with_suffix(f"{part}.inputs.npz"), model.with_suffix(f"{part}.expected.npz")


def _models(paths: Sequence[Path]) -> list[Path]:
    """The model files that ``paths`` name; a folder stands for those in it that have recorded outputs."""
    models: list[Path] = []
    for path in paths:
        if not path.is_dir():
            models.append(path)
            continue
        recorded = {file.name.split(".")[0] for file in path.glob("*.expected.npz")}
        found = sorted(file for file in path.iterdir() if file.suffix in (".py", ".pt") and file.stem in recorded)
        if not found:
            raise Ts2cppError(
                f"no model file in {path} has recorded outputs; name the files, or run `ts2cpp golden record FILE` first"
            )
        models += found
    return models


@command.command("record")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@torch_option
def record(paths: tuple[Path, ...], torch_: str) -> None:
    """Write MODEL.inputs.npz and MODEL.expected.npz beside each model file, MODEL.METHOD.inputs.npz for more methods.

    A folder stands for the model files in it that have been recorded before.
    """
    for model in _models(paths):
        request, _ = prepare(str(model), (), ModelOptions(torch=torch_))
        if not request.examples:
            raise Ts2cppError(f"{model.name} has no example_inputs to record")
        for method, example in request.examples.items():
            inputs, expected = _recorded(model, method, request.methods)
            np.savez(inputs, **example.inputs)  # type: ignore[arg-type]
            np.savez(expected, **example.outputs)  # type: ignore[arg-type]
            report.success(f"recorded {expected}")


@command.command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--rtol", type=float, default=None, show_default=TOLERANCE_HELP, help="Relative difference allowed.")
@click.option("--atol", type=float, default=ATOL, show_default=True, help="Absolute difference allowed.")
@torch_option
@click.option("--json", "as_json", is_flag=True, help="The differences by file as JSON on stdout.")
def check(paths: tuple[Path, ...], rtol: float | None, atol: float, torch_: str, as_json: bool) -> int:
    """Export, build and run each model, and compare with what was recorded.

    A folder stands for the model files in it that have recorded outputs.
    """
    status = 0
    found: dict[str, list[dict[str, Any]]] = {}
    for model in _models(paths):
        request, _ = prepare(str(model), (), ModelOptions(torch=torch_))
        files = {method: _recorded(model, method, request.methods) for method in request.methods}
        recorded = {method: pair for method, pair in files.items() if pair[1].exists()}
        if not recorded:
            first = files[request.methods[0]][1]
            raise Ts2cppError(f"{first} does not exist; run `ts2cpp golden record {model}` first")
        report.say(str(model))
        with tempfile.TemporaryDirectory() as folder:
            project = export(request, Path(folder) / "project").build()
            for method, (inputs, expected) in recorded.items():
                actual = project.run_arrays(read_npz(inputs), method=method)
                differences = compare(read_npz(expected), actual, rtol, atol)
                found[str(expected)] = [vars(difference) for difference in differences]
                status = max(status, show_differences(differences, atol))
    if as_json:
        click.echo(json.dumps(found, default=str))
    return status
