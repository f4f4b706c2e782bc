"""The header of the drivers, compiled once for all test programs of a compiler, below ``build/driver``."""

from __future__ import annotations

import functools
import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.build_tree import BUILD, ROOT, locked
from transpile._resources import resource

FLAGS = (
    "-std=c++17", "-O0", "-fwrapv", "-pthread", "-DTS2CPP_COMPILED_PARTS", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow",
    "-Wconversion",
)  # fmt: skip
_DRIVER = ROOT / "tests" / "cpp" / "driver.hpp"


@dataclass(frozen=True)
class DriverHeader:
    """What a program is compiled with and linked with; ``stamp`` says what all of it depends on."""

    options: Sequence[str]
    objects: Sequence[str]
    stamp: str


@functools.cache
def driver_header(compiler: str) -> DriverHeader:
    """The precompiled header.  clang++ puts its functions into an object file, so that no program compiles them again."""
    include = resource("runtime_cpp") / "include"
    flags = (*FLAGS, f"-isystem{include}")
    digest = hashlib.sha256(" ".join([compiler, *flags]).encode())
    for path in (_DRIVER, Path(__file__), *sorted(include.rglob("*.hpp"))):
        digest.update(path.read_bytes())
    stamp = digest.hexdigest()
    # A folder for each state: a precompiled header that changes while a compiler reads it leads the compiler astray.
    every = BUILD / "driver" / Path(compiler).name
    folder = every / stamp[:16]
    header, marker = folder / "driver.hpp", folder / "made"
    is_clang = "clang" in compiler
    precompiled, compiled = header.with_suffix(".hpp.pch" if is_clang else ".hpp.gch"), header.with_suffix(".o")
    with locked(every.with_suffix(".lock")):
        if not marker.exists():
            shutil.rmtree(every, ignore_errors=True)
            folder.mkdir(parents=True)
            shutil.copyfile(_DRIVER, header)
            own = ("-fpch-instantiate-templates", "-fpch-codegen") if is_clang else ()
            made = [compiler, *flags, *own, "-x", "c++-header", str(header), "-o", str(precompiled)]
            subprocess.run(made, check=True, capture_output=True)
            if is_clang:
                subprocess.run([compiler, *FLAGS, "-c", str(precompiled), "-o", str(compiled)], check=True)
            marker.touch()
    # g++ finds the precompiled header by its name, clang++ is told.
    told = ("-include-pch", str(precompiled), "-ferror-limit=0") if is_clang else ("-fmax-errors=0",)
    return DriverHeader((*flags, f"-I{folder}", *told), (str(compiled),) if is_clang else (), stamp)
