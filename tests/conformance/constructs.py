"""Programs that each show one construct of TorchScript; they are run as a user runs them.

    python -m tests.conformance.constructs [STEM]...

records what they print under PyTorch, where it is installed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.conformance import cases
from tests.conformance.graph_text import comparable

PROGRAMS = sorted((cases.HERE / "programs" / "constructs").glob("*.py"))
RECORDED = cases.HERE.parent / "data" / "constructs"
BUNDLED = (sys.executable, "-c", "from transpile.cli import main; main()", "python")


def printed(path: Path, python: Sequence[str]) -> str:
    """What a program prints, values of graphs renumbered; ``AssertionError`` if it fails."""
    env = {**os.environ, "PYTHONPATH": str(path.parents[4]), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([*python, str(path)], env=env, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return cases.comparable(comparable(done.stdout)) + "\n"


if __name__ == "__main__":
    RECORDED.mkdir(parents=True, exist_ok=True)
    for program in PROGRAMS:
        if len(sys.argv) == 1 or program.stem in sys.argv[1:]:
            (RECORDED / f"{program.stem}.txt").write_text(printed(program, (sys.executable,)), encoding="utf-8")
