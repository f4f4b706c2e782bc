"""Compiled C++ against PyTorch eager, side by side in one run.

    python benchmarks/compare_pytorch.py [--models resnet18,lenet] [--threads 1,2] [--rounds 5] [--baseline] [--json FILE]

Each example is exported, built for this machine (`-DNAME_NATIVE=ON`; with --baseline for the baseline instruction set) and
timed in turns with PyTorch.  A row gives the median call of the best round of each and their ratio (below 1: the compiled program
is faster), then the same for the fastest single calls, which a busy machine disturbs less.  Needs PyTorch and a C++17 compiler.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from projects import EXAMPLES, MODELS, build, conditions, export, run

REPEATS = {"resnet18": 15, "transformer_encoder": 100}
_LINE = re.compile(r"median_us=([\d.]+).*?min_us=([\d.]+)")


class Timing(NamedTuple):
    """One run: the median and the fastest call, in microseconds."""

    median: float
    fastest: float


def timed(command: list[str]) -> Timing:
    """Run a program that prints ``median_us=... min_us=...``."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    match = _LINE.search(done.stdout)
    if done.returncode or match is None:
        sys.exit(f"{' '.join(command)}\nfailed:\n{done.stderr}{done.stdout}")
    return Timing(float(match[1]), float(match[2]))


def best(timings: list[Timing]) -> Timing:
    """The quietest round by either measure."""
    return Timing(min(t.median for t in timings), min(t.fastest for t in timings))


def prepare(model: str, folder: Path, *, native: bool) -> Path:
    """Export and build an example and run its golden test; the project's folder."""
    out = folder / model
    export(model, out)
    build(model, out, out / "build", native=native)
    run(["ctest", "--test-dir", str(out / "build"), "--output-on-failure"])
    return out


def measure(model: str, out: Path, threads: str, rounds: int) -> dict[str, object]:
    """One row: both programs in turns, ``rounds`` times."""
    inputs = str(out / "golden" / "forward" / "inputs.npz")
    repeat = str(REPEATS.get(model, 300))
    ours = [str(out / "build" / f"{model}_run"), "--inputs", inputs, "--outputs", str(out / "out.npz"),
            "--threads", threads, "--repeat", repeat, "--warmup", "5"]  # fmt: skip
    theirs = [sys.executable, "-W", "ignore", "-m", "transpile.cli.time_peer", "pytorch",
              str(EXAMPLES / f"{model}.py"), threads, repeat, "5"]  # fmt: skip
    pairs = [(timed(ours), timed(theirs)) for _ in range(rounds)]
    mine, other = best([p[0] for p in pairs]), best([p[1] for p in pairs])
    return {
        "model": model,
        "threads": int(threads),
        "ts2cpp_us": {"median": mine.median, "fastest": mine.fastest},
        "pytorch_us": {"median": other.median, "fastest": other.fastest},
        "ratio": {"median": mine.median / other.median, "fastest": mine.fastest / other.fastest},
        **conditions(),
    }


def main() -> None:
    """Print the table, and write it to a file if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--baseline", action="store_true", help="build for the baseline instruction set")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows here")
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    head = f"{'model':22}{'threads':>8}{'ts2cpp us':>12}{'pytorch us':>12}{'ratio':>8}"
    print(f"{head}{'fastest':>12}{'fastest':>12}{'ratio':>8}{'load':>6}")
    with tempfile.TemporaryDirectory() as folder:
        for model in options.models.split(","):
            out = prepare(model, Path(folder), native=not options.baseline)
            for threads in options.threads.split(","):
                row = {**measure(model, out, threads, options.rounds), "native": not options.baseline}
                rows.append(row)
                text = f"{model:22}{threads:>8}"
                for key in ("median", "fastest"):
                    text += f"{row['ts2cpp_us'][key]:12.1f}{row['pytorch_us'][key]:12.1f}{row['ratio'][key]:8.2f}"  # type: ignore[index]
                print(f"{text}{row['load']:6}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
