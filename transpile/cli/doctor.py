"""``ts2cpp doctor``."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

import click

from transpile import __version__
from transpile.cli import report
from transpile.codegen.project import toolchain
from transpile.core.errors import ToolError

# The packages that ts2cpp uses, and those that it uses where they are installed.
_PACKAGES = ("numpy", "jinja2", "clang-format", "ml_dtypes", "safetensors")
_OPTIONAL = ("torch", "onnxruntime")
_COMPILERS = ("c++", "g++", "clang++")
_SETS = ("sse2", "avx2", "fma", "avx512f", "asimd", "neon")
_PROGRAM = "#include <optional>\n#include <string_view>\n#include <thread>\nint main() { std::thread([] {}).join(); }\n"


class Finding(NamedTuple):
    """Something that was looked for."""

    name: str
    found: str  # version, or why not
    good: bool
    needed_for: str


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON on stdout.")
def command(as_json: bool) -> int:
    """Tell which tools are here, and whether projects can be built.  Exit code 5 if they cannot."""
    findings = [
        Finding("ts2cpp", __version__, True, ""),
        Finding("Python", platform.python_version(), True, ""),
        *(_package(name, "export") for name in _PACKAGES),
        *(_package(name, "optional: the judge of comparisons") for name in _OPTIONAL),
        *_tools(),
        *_compilers(),
        Finding("processor", f"{platform.machine()}, {os.cpu_count()} cores {_instruction_sets()}".rstrip(), True, ""),
    ]
    rows = [(f.name, "yes" if f.good else "no", f.found, f.needed_for) for f in findings]
    report.table("what is here", ("tool", "", "version", "needed for"), rows)
    if as_json:
        click.echo(json.dumps([f._asdict() for f in findings]))
    missing = [f.name for f in findings if not f.good and f.needed_for in ("export", "build")]
    if missing:
        report.error(f"missing: {', '.join(missing)}")
        return 2 if all(f.needed_for == "export" for f in findings if f.name in missing) else 5
    report.success("projects can be exported and built here")
    return 0


def _package(name: str, needed_for: str) -> Finding:
    try:
        return Finding(name, importlib.metadata.version(name), True, needed_for)
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, f"not installed: pip install {name}", False, needed_for)


def _tools() -> list[Finding]:
    found = []
    for name, needed_for in (("cmake", "build"), ("ninja", "optional: faster builds")):
        try:
            found.append(Finding(name, _version(toolchain.find_tool(name)), True, needed_for))
        except ToolError as error:
            found.append(Finding(name, str(error), False, needed_for))
    path = shutil.which("addr2line")
    text = _version(path) if path else "not found: install binutils"
    return [*found, Finding("addr2line", text, path is not None, "optional: bench --profile")]


def _compilers() -> list[Finding]:
    """Every compiler that is here, and whether it makes C++17 programs with threads."""
    found = []
    for name in _COMPILERS:
        path = shutil.which(name)
        if path is not None:
            trouble = _trial(path)
            found.append(Finding(name, _version(path) + trouble, not trouble, "build"))
    if any(f.good for f in found):
        return [f if f.good else f._replace(needed_for="optional: another compiler") for f in found]
    return found or [Finding("C++ compiler", "not found: install g++ 11 or clang++ 14, or newer", False, "build")]


def _trial(compiler: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "trial.cpp"
        source.write_text(_PROGRAM)
        command = [compiler, "-std=c++17", str(source), "-o", str(source.with_suffix("")), "-pthread"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return "" if done.returncode == 0 else " (does not compile C++17 with threads)"


def _version(tool: str) -> str:
    done = subprocess.run([tool, "--version"], capture_output=True, text=True, check=False)
    return next(iter((done.stdout or done.stderr).splitlines()), "").strip()


def _instruction_sets() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    words = set(text.split())
    known = [name for name in _SETS if name in words]
    return f"({', '.join(known)})" if known else ""
