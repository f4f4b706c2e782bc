"""What the tests build, below the repository's ignored ``build/`` folder: generated projects, together in one CMake tree, and
the parts of the runtime (``runtime_cpp/src``), once for all test programs.

A tree is kept between runs, so that only what changed is compiled again, and locked while it is brought up to date, so that
several test processes can use it.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from transpile.codegen.project import toolchain
from transpile.codegen.project.arrays import read_npz
from transpile.codegen.project.exporter import ExportRequest, export
from transpile.core.errors import ToolError
from transpile.core.names import upper

Array = np.ndarray[Any, Any]
ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
_failed: dict[str, str] = {}


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file at ``path``; other processes wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


# What a project gives its own sources, and enough optimisation for kernels to run in a test.
_PARTS_FLAGS = ("-std=c++17", "-O1", "-fwrapv", "-DTS2CPP_COMPILED_PARTS", f"-I{ROOT / 'runtime_cpp' / 'include'}")


def compiler() -> str | None:
    """The C++ compiler of programs that are built for what they compute: ``$CXX``, or the one that compiles fastest.

    clang++ takes some 60 % of g++'s time.  What g++ says about the same code is asked where that is the question: the
    headers, single calls of every operator, random programs, the C++ unit tests and the consumers of a project.
    """
    chosen = os.environ.get("CXX")
    return shutil.which(chosen) if chosen else shutil.which("clang++") or shutil.which("g++") or shutil.which("c++")


@functools.cache
def parts_library(tool: str) -> Path:
    """The static library of the runtime's parts, made by the compiler ``tool``; one process at a time brings it up to date."""
    folder, runtime = BUILD / "runtime_parts" / Path(tool).name, ROOT / "runtime_cpp"
    archive, marker = folder / "libparts.a", folder / "stamp"
    with locked(folder / "lock"):
        digest = hashlib.sha256(" ".join([tool, *_PARTS_FLAGS]).encode())
        for path in sorted(p for p in runtime.rglob("*") if p.is_file()):
            digest.update(path.read_bytes())
        if not (archive.exists() and marker.exists() and marker.read_text() == digest.hexdigest()):
            marker.unlink(missing_ok=True)
            archive.unlink(missing_ok=True)
            with ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
                sources = sorted((runtime / "src").glob("*.cpp"))
                objects = list(pool.map(functools.partial(_compile_part, tool, folder), sources))
            toolchain.run(["ar", "rcs", str(archive), *map(str, objects)], "joining the runtime's parts")
            marker.write_text(digest.hexdigest())
    return archive


def _compile_part(tool: str, folder: Path, source: Path) -> Path:
    target = folder / f"{source.stem}.o"
    toolchain.run([tool, *_PARTS_FLAGS, "-c", str(source), "-o", str(target)], "compiling a part of the runtime")
    return target


class BuildTree:
    """Projects by name in ``build/<name>``, compiled without optimisations unless ``options`` say otherwise."""

    def __init__(self, name: str, options: Sequence[str] = ("-DCMAKE_CXX_FLAGS_RELEASE=-O0",)) -> None:
        self.folder = BUILD / name
        self._options = options

    def sync(self, requests: Mapping[str, ExportRequest]) -> BuildTree:
        """Write and build the projects, those that are up to date excepted; a failed build is not tried again."""
        if self.folder.name in _failed:
            pytest.fail(_failed[self.folder.name], pytrace=False)
        try:
            self._sync(requests)
        except ToolError as error:
            _failed[self.folder.name] = f"{error}\n{error.output[-5000:]}"
            pytest.fail(_failed[self.folder.name], pytrace=False)
        return self

    def _sync(self, requests: Mapping[str, ExportRequest]) -> None:
        with locked(self.folder / "lock"):
            for name, request in requests.items():
                export(request, self.source(name), force=True)
            self._build(sorted(requests))

    def build(self, names: Sequence[str]) -> BuildTree:
        """Build projects that have been written to ``source(name)``."""
        with locked(self.folder / "lock"):
            self._build(sorted(names))
        return self

    def _build(self, names: Sequence[str]) -> None:
        self._write_super_project(names)
        binary = self.folder / "binary"
        tool = compiler()
        shared = [f"-DCMAKE_CXX_COMPILER={tool}", f"-DTS2CPP_PARTS_LIBRARY={parts_library(tool)}"] if tool else []
        # The sources of a library are one translation unit: each would read the same headers.
        toolchain.configure(self.folder, binary, ["-DCMAKE_UNITY_BUILD=ON", *self._options, *shared])
        toolchain.build(binary)

    def _write_super_project(self, names: Sequence[str]) -> None:
        lines = ["cmake_minimum_required(VERSION 3.18...3.31)", "project(generated_projects LANGUAGES CXX)"]
        for name in names:
            lines += [f"set({upper(name)}_BUILD_RUNNER ON)", f"add_subdirectory(projects/{name})"]
        text = "\n".join(lines) + "\n"
        path = self.folder / "CMakeLists.txt"
        if not path.exists() or path.read_text() != text:
            path.write_text(text)

    def source(self, name: str) -> Path:
        """The folder of a project's sources."""
        return self.folder / "projects" / name

    def runner(self, name: str) -> Path:
        """The command-line program of a project."""
        return self.folder / "binary" / "projects" / name / f"{name}_run"

    def start(
        self, name: str, inputs: Mapping[str, Array], *options: str
    ) -> tuple[subprocess.CompletedProcess[str], dict[str, Array]]:
        """Run a project's program: how it ended, and its outputs (none if it failed)."""
        with tempfile.TemporaryDirectory() as folder:
            given, result = Path(folder) / "in.npz", Path(folder) / "out.npz"
            np.savez(given, **inputs)  # type: ignore[arg-type]
            command = [str(self.runner(name)), "--inputs", str(given), "--outputs", str(result), *options]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
            return done, read_npz(result) if done.returncode == 0 else {}
