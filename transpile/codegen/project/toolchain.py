"""CMake and the compiler: configuring, building and running a generated project."""

from __future__ import annotations

import contextlib
import functools
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from transpile.core.errors import ToolError

OLDEST_CMAKE = (3, 18)


def tool_beside_python(name: str) -> str | None:
    """A tool that came as a wheel, in the folder of this Python's scripts."""
    for folder in (Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))):
        found = shutil.which(name, path=str(folder))
        if found is not None:
            return found
    return None


@functools.cache
def find_tool(name: str) -> str:
    """``cmake`` or ``ninja``: the system's if it works and is new enough, else the wheel's; ``ToolError`` if none is found."""
    for found in (shutil.which(name), tool_beside_python(name)):
        if found is not None and _works(found, OLDEST_CMAKE if name == "cmake" else (0,)):
            return found
    wanted = f" {'.'.join(map(str, OLDEST_CMAKE))} or newer" if name == "cmake" else ""
    raise ToolError(f"{name}{wanted} was not found; install it or `pip install {name}`", [name], "")


def _works(tool: str, oldest: tuple[int, ...]) -> bool:
    try:
        done = subprocess.run([tool, "--version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    version = re.search(r"(\d+)\.(\d+)", done.stdout)
    return done.returncode == 0 and version is not None and tuple(map(int, version.groups())) >= oldest


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
