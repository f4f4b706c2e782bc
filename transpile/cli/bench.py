"""``ts2cpp bench``."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from transpile.cli import report
from transpile.cli.time_peer import PEERS
from transpile.codegen.project.profile import Profile, PythonLine, profile
from transpile.codegen.project.project import Project
from transpile.core.errors import ExportError, ToolError

_LINE = re.compile(r"median_us=([\d.]+) min_us=([\d.]+)")
_SHOWN = 15  # rows of a table of the profile
_TEXT = 60  # characters of a Python line


def _counts(context: click.Context, parameter: click.Parameter, text: str) -> list[int]:
    try:
        counts = [int(word) for word in text.split(",")]
    except ValueError:
        counts = [0]
    if min(counts) < 1:
        raise click.BadParameter(f"{text!r} is not a list of whole numbers from 1 on, such as 1,2")
    return counts


@click.command("bench")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--threads", default="1,2", show_default=True, callback=_counts, help="Numbers of threads, with commas.")
@click.option(
    "--against", default="", help="Peers to run beside: pytorch, onnxruntime (both need PyTorch and --model)."
)
@click.option("--model", type=click.Path(path_type=Path), help="The model file, for --against.")
@click.option("--method", default=None, help="The method to call; the first one unless given.")
@click.option("--repeat", default=50, show_default=True, help="Calls that are timed in a turn.")
@click.option("--warmup", default=5, show_default=True, help="Calls before them.")
@click.option("--rounds", default=3, show_default=True, help="Turns that the programs take.")
@click.option(
    "--profile", "profiled", is_flag=True, help="Where the time goes, by operator and by Python line (Linux)."
)
@click.option(
    "--trace", type=click.Path(path_type=Path), help="With --profile: the same over time, for chrome://tracing."
)
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON on stdout.")
def command(
    folder: Path, threads: list[int], against: str, model: Path | None, method: str | None, repeat: int, warmup: int,
    rounds: int, profiled: bool, trace: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Time a built project.  Peers take turns with it in the same run, and ratios are what counts."""
    peers = [p for p in against.split(",") if p]
    unknown = sorted(set(peers) - set(PEERS))
    if unknown:
        raise click.UsageError(f"--against {', '.join(unknown)}: there are {', '.join(PEERS)}")
    if peers and model is None:
        raise click.UsageError(f"--against {against} needs --model MODEL.py")
    if trace is not None and not profiled:
        raise click.UsageError("--trace needs --profile")
    project = Project(folder)
    project.check_method(method)
    name = method or next(iter(project.manifest["methods"]))
    if not (folder / "golden" / name / "inputs.npz").exists():
        raise ExportError(
            f"the project has no example inputs of {name}; give example_inputs in the model file and export again"
        )
    if profiled:
        found = _profile(project, name, threads[0], trace)
        if as_json:
            click.echo(json.dumps(found))
        return
    if not project.runner.exists():
        with report.phase("build"):
            project.build()
    data = [_measure(project, name, count, peers, model, repeat, warmup, rounds) for count in threads]
    rows = [
        (str(row["threads"]), f"{row['ts2cpp_us']:.1f}")
        + tuple(f"{row[f'{peer}_us']:.1f}" for peer in peers)
        + tuple(f"{row['ts2cpp_us'] / row[f'{peer}_us']:.2f}" for peer in peers)
        for row in data
    ]
    columns = ("threads", "ts2cpp us", *(f"{peer} us" for peer in peers), *(f"ratio to {peer}" for peer in peers))
    report.table(f"{project.name}: the median call in microseconds (us)", columns, rows, right=range(len(columns)))
    if as_json:
        click.echo(json.dumps(data))


def _measure(
    project: Project,
    method: str,
    threads: int,
    peers: list[str],
    model: Path | None,
    repeat: int,
    warmup: int,
    rounds: int,
) -> dict[str, Any]:
    """The median call of the quietest turn of each, in microseconds."""
    numbers = [str(threads), str(repeat), str(warmup)]
    commands = {"ts2cpp": [
        str(project.runner), "--inputs", str(project.path / "golden" / method / "inputs.npz"), "--threads", numbers[0],
        "--repeat", numbers[1], "--warmup", numbers[2], "--method", method,
    ]}  # fmt: skip
    for peer in peers:
        commands[peer] = [sys.executable, "-W", "ignore", "-m", "transpile.cli.time_peer", peer, str(model), *numbers]
    turns = [{who: _median(line) for who, line in commands.items()} for _ in range(rounds)]
    row: dict[str, Any] = {"threads": threads}
    row |= {f"{who}_us": min(turn[who] for turn in turns) for who in commands}
    if "pytorch" in peers:
        row["ratio"] = row["ts2cpp_us"] / row["pytorch_us"]
    return row


def _median(line: list[str]) -> float:
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    match = _LINE.search(done.stdout)
    if done.returncode != 0 or match is None:
        raise ToolError("a timed program failed", line, done.stderr + done.stdout)
    return float(match.group(1))


def _profile(project: Project, method: str, threads: int, trace: Path | None) -> dict[str, Any]:
    with report.phase("build and sample"):
        found = profile(project, method, threads)
    operators, lines = found.by_operator(), found.by_line()
    report.table(
        f"{project.name}: {found.microseconds:.1f} us a call, {len(found.samples)} samples",
        ("operator", "us", "%"),
        [(what, f"{share * found.microseconds:.1f}", f"{100 * share:.1f}") for what, share in operators[:_SHOWN]],
        right=(1, 2),
    )
    report.table(
        "Python lines",
        ("line", "us", "%", "text"),
        [
            (f"{what.file}:{what.line}", f"{share * found.microseconds:.1f}", f"{100 * share:.1f}", _text(found, what))
            for what, share in lines[:_SHOWN]
        ],
        right=(1, 2),
    )
    if trace is not None:
        trace.write_text(found.trace(), encoding="utf-8")
        report.say(f"wrote {trace}")
    return {
        "threads": threads,
        "us": found.microseconds,
        "operators": {what: share * found.microseconds for what, share in operators},
        "lines": [
            {"file": what.file, "line": what.line, "function": what.function, "us": share * found.microseconds}
            for what, share in lines
        ],
    }


def _text(found: Profile, place: PythonLine) -> str:
    text = found.texts.get((place.file, place.line), place.function)
    return text if len(text) <= _TEXT else text[: _TEXT - 1] + "…"
