"""``ts2cpp bench``."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import click

from transpile.cli import report
from transpile.codegen.project.project import Project
from transpile.core.errors import ToolError

_LINE = re.compile(r"median_us=([\d.]+) min_us=([\d.]+)")


@click.command("bench")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--threads", default="1,2", show_default=True, help="Numbers of threads, with commas.")
@click.option("--against", default="", help="Peers to run beside: pytorch (needs PyTorch and the model file).")
@click.option("--model", type=click.Path(path_type=Path), help="The model file, for --against pytorch.")
@click.option("--repeat", default=50, show_default=True)
@click.option("--warmup", default=5, show_default=True)
@click.option("--rounds", default=3, show_default=True, help="Turns that the programs take.")
@click.option("--json", "as_json", is_flag=True)
def command(
    folder: Path, threads: str, against: str, model: Path | None, repeat: int, warmup: int, rounds: int, as_json: bool
) -> None:
    """Time a built project; peers take turns with it in the same run, and ratios are what counts."""
    project = Project(folder)
    if not project.runner.exists():
        with report.phase("build"):
            project.build()
    peers = [p for p in against.split(",") if p]
    unknown = set(peers) - {"pytorch"}
    if unknown:
        raise click.UsageError(f"--against {', '.join(sorted(unknown))}: only pytorch can be measured so far")
    if peers and model is None:
        raise click.UsageError("--against pytorch needs --model MODEL.py")
    rows, data = [], []
    for count in (int(t) for t in threads.split(",")):
        ours: list[float] = []
        theirs: list[float] = []
        for _ in range(rounds):
            ours.append(_ours(project, count, repeat, warmup))
            if peers and model is not None:
                theirs.append(_pytorch(model, count, repeat, warmup))
        mine = min(ours)
        other = min(theirs) if theirs else None
        rows.append(
            (str(count), f"{mine:.1f}", f"{other:.1f}" if other else "-", f"{mine / other:.2f}" if other else "-")
        )
        data.append(
            {"threads": count, "ts2cpp_us": mine, "pytorch_us": other, "ratio": mine / other if other else None}
        )
    report.table(project.name, ("threads", "ts2cpp us", "pytorch us", "ratio"), rows, right=(0, 1, 2, 3))
    if as_json:
        click.echo(json.dumps(data))


def _ours(project: Project, threads: int, repeat: int, warmup: int) -> float:
    method = next(iter(project.manifest["methods"]))
    inputs = project.path / "golden" / method / "inputs.npz"
    command = [
        str(project.runner), "--inputs", str(inputs), "--threads", str(threads), "--repeat", str(repeat),
        "--warmup", str(warmup), "--method", method,
    ]  # fmt: skip
    return _median(command)


def _pytorch(model: Path, threads: int, repeat: int, warmup: int) -> float:
    return _median(
        [sys.executable, "-m", "transpile.cli.time_pytorch", str(model), str(threads), str(repeat), str(warmup)]
    )


def _median(command: list[str]) -> float:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    match = _LINE.search(done.stdout)
    if done.returncode != 0 or match is None:
        raise ToolError("a timed program failed", command, done.stderr + done.stdout)
    return float(match.group(1))
