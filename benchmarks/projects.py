"""Exports and builds the examples for the benchmarks, and describes the machine they run on."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
MODELS = ("lenet", "gru_loop", "greedy_decode", "transformer_encoder", "resnet18")


def run(command: list[str]) -> float:
    """Run ``command`` and return its wall-clock seconds; exit with its output if it fails."""
    begin = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\nfailed:\n{done.stderr}{done.stdout}")
    return time.perf_counter() - begin


def export(model: str, out: Path) -> float:
    """Export an example with the bundled torch; the seconds it took."""
    program = [sys.executable, "-c", "from transpile.cli import main; main()"]
    return run([*program, "export", str(EXAMPLES / f"{model}.py"), "--out", str(out), "--torch", "bundled"])


def build(model: str, out: Path, tree: Path, *, native: bool = False, jobs: int = 2) -> float:
    """Configure and compile an exported project in Release mode; the seconds of the compilation."""
    switch = f"-D{model.upper()}_NATIVE={'ON' if native else 'OFF'}"
    run(["cmake", "-S", str(out), "-B", str(tree), "-DCMAKE_BUILD_TYPE=Release", switch])
    return run(["cmake", "--build", str(tree), "--parallel", str(jobs)])


def conditions() -> dict[str, object]:
    """What a figure depends on besides the code: the machine, and how busy it was."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return {"machine": platform.machine(), "cores": os.cpu_count(), "load": round(load, 2)}
