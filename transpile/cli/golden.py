"""``ts2cpp golden``: recorded outputs in a user's own repository."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from transpile.cli import report
from transpile.cli.export import prepare, show_differences
from transpile.cli.model_options import ModelOptions
from transpile.codegen.project.arrays import read_npz
from transpile.codegen.project.compare import ATOL, TOLERANCE_HELP, compare
from transpile.codegen.project.exporter import export
from transpile.core.errors import Ts2cppError


@click.group("golden")
def command() -> None:
    """Record what eager Python computes, and check that compiled C++ still does."""


def _recorded(model: Path, method: str, methods: Sequence[str]) -> tuple[Path, Path]:
    """The files of a method; those of the first have the name of the model alone."""
    part = "" if method == methods[0] else f".{method}"
    return model.with_suffix(f"{part}.inputs.npz"), model.with_suffix(f"{part}.expected.npz")


@command.command("record")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--torch", "torch_", type=click.Choice(["auto", "bundled", "pytorch"]), default="auto", show_default=True)
def record(paths: tuple[Path, ...], torch_: str) -> None:
    """Write MODEL.inputs.npz and MODEL.expected.npz beside each model file, MODEL.METHOD.inputs.npz for more methods."""
    for model in paths:
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
@click.option("--rtol", type=float, default=None, show_default=TOLERANCE_HELP)
@click.option("--atol", type=float, default=ATOL, show_default=True)
@click.option("--torch", "torch_", type=click.Choice(["auto", "bundled", "pytorch"]), default="auto", show_default=True)
def check(paths: tuple[Path, ...], rtol: float | None, atol: float, torch_: str) -> int:
    """Export, build and run each model, and compare with what was recorded."""
    status = 0
    for model in paths:
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
                status = max(status, show_differences(compare(read_npz(expected), actual, rtol, atol), atol))
    return status
