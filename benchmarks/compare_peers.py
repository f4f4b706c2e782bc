"""The compiled program and the other ways to run a model on this machine, in one interleaved run.

    python benchmarks/compare_peers.py [--workloads resnet18,lstm] [--peers pytorch,openvino] [--builds default,native]
                                       [--threads 1,2] [--rounds 5] [--folder DIR] [--json FILE] [--chart FILE.svg]

Every workload is exported and built, and converted for each peer that is installed (kept in --folder for the next time).  Then
all of them are loaded at the same time and take turns of a fifth of a second, ``--rounds`` times, in a rotating order.  A figure
is the median call of the quietest turn; ``spread`` says how far the turns of our program lie apart.  Ratios below 1: the
compiled program is faster.  An answer that differs from PyTorch's is no figure.
Needs PyTorch and a C++17 compiler; ONNX Runtime, OpenVINO and ncnn (with pnnx) where they are installed.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from chart import bars
from peers.artifacts import NEEDS, ready
from peers.processes import PeerError, Program, Timing, Worker, cpp_workers, installed, start
from peers.worker import differences, read_list
from projects import conditions, run

HERE = Path(__file__).resolve().parent
WORKLOADS = sorted(f.stem for f in (HERE / "workloads").glob("*.py") if not f.stem.startswith("_"))
SLICE = 0.2  # seconds of a turn


def program(name: str, build: str, folder: Path) -> Path:
    """Export and build a workload; its runner."""
    out = folder / name / "project"
    if not out.exists():
        command = [sys.executable, "-c", "from transpile.cli import main; main()", "export", f"workloads.{name}:build"]
        done = subprocess.run(
            [*command, "--out", str(out), "--name", name], cwd=HERE, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise PeerError(f"export: {done.stderr.strip()[-300:]}")
    tree = folder / name / build
    switch = f"-D{name.upper()}_NATIVE={'ON' if build == 'native' else 'OFF'}"
    run(["cmake", "-S", str(out), "-B", str(tree), "-DCMAKE_BUILD_TYPE=Release", switch])
    run(["cmake", "--build", str(tree), "--parallel", "2"])
    return tree / f"{name}_run"


def check(runner: Path, folder: Path, threads: int) -> None:
    """``PeerError`` unless the program's answer is PyTorch's."""
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "out.npz"
        run([str(runner), "--inputs", str(folder / "inputs.npz"), "--outputs", str(out), "--threads", str(threads)])
        with np.load(out) as found:
            names = sorted(found, key=lambda k: [(not p.isdigit(), p.zfill(4)) for p in k.split(".")])
            error, scale = differences([found[k] for k in names], read_list(folder, "expected"))
    if not error <= 2e-3 * max(1.0, scale):
        raise PeerError(f"differs from PyTorch by {error:.3g}")


def measure(name: str, threads: int, options: argparse.Namespace, cpp: dict[str, Path]) -> dict[str, Any]:
    """All runs of one workload, in turns."""
    folder = options.folder / name
    running: dict[str, Worker | Program] = {}
    failures: dict[str, str] = {}
    for build in options.builds:
        try:
            runner = program(name, build, options.folder)
            check(runner, folder, threads)
            running[f"ts2cpp ({build})"] = Program(
                [str(runner), "--inputs", str(folder / "inputs.npz"), "--threads", str(threads)]
            )
        except PeerError as failure:
            failures[f"ts2cpp ({build})"] = str(failure)
    for peer in options.peers:
        reason = ready(name, NEEDS[peer], folder)
        try:
            if reason is not None:
                raise PeerError(reason)
            running[peer] = start(peer, name, folder, threads, cpp)
        except PeerError as failure:
            failures[peer] = str(failure)
    names = list(running)
    for turn in range(options.rounds):
        shift = turn % max(1, len(names))
        for who in names[shift:] + names[:shift]:
            if who in failures:
                continue
            try:
                running[who].turn(SLICE)
            except PeerError as failure:
                failures[who] = str(failure)
    for one in running.values():
        if isinstance(one, Worker):
            one.end()
    timings = {who: one.turns for who, one in running.items() if who not in failures and one.turns}
    return {"workload": name, "threads": threads, **summary(timings), "failures": failures, **conditions()}


def summary(timings: dict[str, list[Timing]]) -> dict[str, Any]:
    """Microseconds of everybody, the best peer, and our ratios to it and to PyTorch."""
    best = {who: min(t.median for t in turns) for who, turns in timings.items()}
    peers = {who: value for who, value in best.items() if not who.startswith("ts2cpp")}
    ours = {who: value for who, value in best.items() if who.startswith("ts2cpp")}
    fastest = min(peers, key=lambda who: peers[who], default=None)
    spread = {who: max(t.median for t in turns) / best[who] - 1 for who, turns in timings.items()}
    return {
        "microseconds": {who: round(value, 3) for who, value in best.items()},
        "spread": {who: round(value, 3) for who, value in spread.items()},
        "best_peer": fastest,
        "ratio": {who: round(value / peers[fastest], 3) for who, value in ours.items()} if fastest else {},
        "ratio_to_pytorch": {who: round(v / peers["pytorch"], 3) for who, v in ours.items()}
        if "pytorch" in peers
        else {},
    }


def line(row: dict[str, Any]) -> str:
    """A row of the table."""
    text = f"{row['workload']:16}{row['threads']:>3}"
    for build, value in row["microseconds"].items():
        if build.startswith("ts2cpp"):
            ratio, eager = row["ratio"].get(build), row["ratio_to_pytorch"].get(build)
            text += f"  {build[8:-1]:>8}{value:12.1f} us"
            text += f"{ratio:7.2f}" if ratio else f"{'-':>7}"
            text += f"{eager:7.2f}" if eager else f"{'-':>7}"
            text += f" ±{100 * row['spread'][build]:.0f}%"
    best = row["best_peer"]
    return text + (f"   {best} {row['microseconds'][best]:.1f} us" if best else "") + f"   load {row['load']}"


def geometric_mean(values: list[float]) -> float:
    return math.exp(sum(math.log(value) for value in values) / len(values)) if values else float("nan")


def main() -> None:
    """Measure, print rows as they are ready, write JSON and the chart."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    comma = lambda text: [word for word in text.split(",") if word]
    parser.add_argument("--workloads", type=comma, default=WORKLOADS)
    parser.add_argument("--peers", type=comma, default=list(NEEDS))
    parser.add_argument("--builds", type=comma, default=["default", "native"])
    parser.add_argument("--threads", type=lambda text: [int(word) for word in comma(text)], default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--folder", type=Path, default=Path("benchmark-runs"), help="where projects and conversions stay"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows here")
    parser.add_argument("--chart", type=Path, metavar="FILE.svg", help="draw the ratios")
    options = parser.parse_args()
    options.folder = options.folder.resolve()
    options.peers = installed(options.peers)
    unknown = sorted(set(options.workloads) - set(WORKLOADS))
    if unknown:
        parser.error(f"unknown workloads {', '.join(unknown)}; there are {', '.join(WORKLOADS)}")
    cpp = cpp_workers(options.folder / "workers")
    print("ours: build, median call, ratio to the best peer, ratio to PyTorch eager; peers:", ", ".join(options.peers))
    rows = []
    for name in options.workloads:
        reason = ready(name, "base", options.folder / name)
        if reason is not None:
            print(f"{name:16} {reason}")
            continue
        for threads in options.threads:
            row = measure(name, threads, options, cpp)
            rows.append(row)
            print(line(row), flush=True)
            for who, why in row["failures"].items():
                print(f"{'':19}  {who}: {why[:150]}")
    for threads in options.threads:
        for build in options.builds:
            key = f"ts2cpp ({build})"
            found = [r["ratio"][key] for r in rows if r["threads"] == threads and key in r["ratio"]]
            print(f"geometric mean of {len(found)} ratios, {threads} thread(s), {build}: {geometric_mean(found):.2f}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    if options.chart:
        options.chart.write_text(bars(rows))


if __name__ == "__main__":
    main()
