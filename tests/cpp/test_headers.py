"""The runtime's headers: each compiles alone, without a warning, and all include each other in one way."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.compilers import CHOSEN, STANDARDS, compilers

ROOT = Path(__file__).parents[2]
INCLUDE = ROOT / "runtime_cpp" / "include"
HEADERS = sorted(p.relative_to(INCLUDE).as_posix() for p in INCLUDE.rglob("*.hpp"))
COMPILERS = compilers("clang++", "g++")
WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror")


def refusal(compiler: str, standard: str, *headers: str) -> str:
    """What the compiler says about a file that includes ``headers`` and nothing else; empty if it is content."""
    command = [compiler, f"-std={standard}", *WARNINGS, "-fsyntax-only", "-I", str(INCLUDE), "-x", "c++", "-"]
    text = "".join(f"#include <{header}>\n" for header in headers)
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"{headers[0]}: {done.stderr[:800]}"


@pytest.mark.parametrize("standard", STANDARDS if CHOSEN else STANDARDS[:1])
@pytest.mark.parametrize("compiler", CHOSEN or ["any"])
def test_every_header_compiles_alone(compiler: str, standard: str) -> None:
    """Always with C++17, whose standard headers bring fewest others along: what is missing is missed there."""
    found = next(filter(None, map(shutil.which, [compiler] if CHOSEN else COMPILERS)), None)
    if found is None:
        assert not CHOSEN, f"there is no {compiler}"
        pytest.skip("no C++ compiler")
    assert len(HEADERS) > 80
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        refusals = [r for r in pool.map(lambda h: refusal(found, standard, h), HEADERS) if r]
    assert not refusals, "\n".join(refusals)


@pytest.mark.parametrize("standard", STANDARDS)
@pytest.mark.parametrize("compiler", COMPILERS)
def test_all_headers_compile_together(compiler: str, standard: str) -> None:
    found = shutil.which(compiler)
    if found is None:
        pytest.skip(f"no {compiler}")
    refused = refusal(found, standard, *HEADERS)
    assert not refused, refused


@pytest.mark.parametrize("folder", ["runtime_cpp", "tests/cpp", "tests/cpp_ops"])
def test_the_runtime_is_included_by_its_full_name(folder: str) -> None:
    """``#include <ts2cpp/tensor.hpp>``: generated projects find the runtime on the include path, never beside a file.

    A source may take in another source, which lies beside it.
    """
    wrong = []
    seen = 0
    for path in sorted((ROOT / folder).rglob("*")):
        if path.suffix not in (".hpp", ".inc", ".cpp"):
            continue
        for name in re.findall(r"^\s*#\s*include\s+(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            seen += name.startswith("<ts2cpp/")
            source = path.suffix == ".cpp" and name.endswith('.cpp"') and (path.parent / name.strip('"')).exists()
            if '"' in name and not source and (folder == "runtime_cpp" or "ts2cpp/" in name):
                wrong.append(f"{path.relative_to(ROOT)}: {name}")
            if name.startswith("<ts2cpp/") and not (INCLUDE / name[1:-1]).exists():
                wrong.append(f"{path.relative_to(ROOT)}: there is no {name}")
    assert seen > 0
    assert not wrong, "\n".join(wrong)
