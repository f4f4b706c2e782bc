"""CMake and the compiler: configuring, building and running a generated project."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from transpile.core.errors import ToolError


def find_tool(name: str) -> str:
    """``cmake`` or ``ninja``: the system's, or the wheel's beside this Python; ``ToolError`` if there is none."""
    beside = Path(sys.executable).parent / name
    found = shutil.which(name) or (str(beside) if beside.exists() else None)
    if found is None:
        raise ToolError(f"{name} was not found; install it or `pip install {name}`", [name], "")
    return found


def run(command: Sequence[str], what: str, *, timeout: float | None = None) -> str:
    """Run a command; ``ToolError`` with its output if it fails."""
    try:
        done = subprocess.run(
            list(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=timeout,
            check=False,
        )  # fmt: skip
    except OSError as error:
        raise ToolError(f"{what} could not be started: {error}", command, "") from None
    if done.returncode != 0:
        raise ToolError(f"{what} failed with exit code {done.returncode}", command, done.stdout)
    return done.stdout


def configure(project: Path, build: Path, options: Sequence[str] = (), *, build_type: str = "Release") -> None:
    """``cmake -S project -B build``, with ninja when it can be found."""
    command = [find_tool("cmake"), "-S", str(project), "-B", str(build), f"-DCMAKE_BUILD_TYPE={build_type}", *options]
    if not (build / "CMakeCache.txt").exists():
        with contextlib.suppress(ToolError):
            command += ["-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={find_tool('ninja')}"]
    run(command, "configuring the project")


def build(build_folder: Path, *, jobs: int | None = None) -> None:
    """``cmake --build``."""
    command = [find_tool("cmake"), "--build", str(build_folder)]
    command += ["--parallel", str(jobs)] if jobs else ["--parallel"]
    run(command, "building the project")
