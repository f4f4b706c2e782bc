"""``PYTORCH_JIT=0``: scripted functions are plain Python, and a debugger goes into them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "greedy_decode.py"
STEPPED = """\
import pdb

import torch


@torch.jit.script
def cooled(x: torch.Tensor, rate: float) -> torch.Tensor:
    for _ in range(3):
        x = x * rate
    return x


start = torch.ones(2)
pdb.set_trace()
end = cooled(start, 0.5)
print("cooled to", end.tolist())
"""


def debug(*words: object, commands: list[str], **environment: str) -> str:
    """What ``ts2cpp python WORDS`` prints when pdb reads ``commands``."""
    done = subprocess.run(
        [sys.executable, "-c", "from transpile.cli import main; main()", "python", *map(str, words)],
        input="\n".join([*commands, ""]),
        env={**os.environ, "TERM": "dumb", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done.stdout


def line_of(text: str) -> int:
    """The line of the example that is ``text``."""
    return [line.strip() for line in EXAMPLE.read_text().splitlines()].index(text) + 1


def test_breakpoint_in_a_scripted_function() -> None:
    inside, after = line_of("for token in banned:"), line_of("if token == self.end:")
    commands = [
        f"b {inside}",
        "c",
        "p banned",
        "s",
        "n",
        "p token",
        "w",
        "cl 1",
        f"b {after}",
        "c",
        "p tokens",
        "cl 2",
        "c",
        "q",
    ]
    shown = debug("-m", "pdb", EXAMPLE, commands=commands, PYTORCH_JIT="0")
    assert f"greedy_decode.py({inside})pick()\n-> for token in banned:" in shown
    assert "(Pdb) [11, 12]" in shown
    assert "-> scores[token] = -1e9" in shown
    assert "(Pdb) 11" in shown
    assert "forward()\n-> token = pick(logits, banned)" in shown
    assert f"greedy_decode.py({after})forward()" in shown
    assert "(Pdb) [3]" in shown
    assert "[3, 7, 26, 15, 35, 29, 29, 44, 26]" in shown


def test_compiled_functions_run_outside_of_the_debugger() -> None:
    shown = debug("-m", "pdb", EXAMPLE, commands=[f"b {line_of('for token in banned:')}", "c", "q"])
    assert "pick()" not in shown
    assert "[3, 7, 26, 15, 35, 29, 29, 44, 26]" in shown


def test_step_from_a_breakpoint_of_the_program(tmp_path: Path) -> None:
    (tmp_path / "cool.py").write_text(STEPPED)
    shown = debug(tmp_path / "cool.py", commands=["s", "s", "n", "p rate", "n", "r", "c"], PYTORCH_JIT="0")
    assert "-> def cooled(x: torch.Tensor, rate: float) -> torch.Tensor:" in shown or "-> @torch.jit.script" in shown
    assert "-> for _ in range(3):" in shown
    assert "-> x = x * rate" in shown
    assert "(Pdb) 0.5" in shown
    assert "cooled to [0.125, 0.125]" in shown
