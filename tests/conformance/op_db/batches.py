"""Compiling exported functions many at a time, and running their cases."""

from __future__ import annotations

import hashlib
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.build_tree import compiler
from tests.conformance.op_db.compiled import Case, Prepared, Written, conclude, record
from tests.conformance.op_db.eager import Verdict
from tests.cpp_ops.program import FOLDER, Outcome, Program

_ROOT = Path(__file__).parents[3]
_DRIVER = _ROOT / "tests" / "cpp_ops"
_FLAGS = ("-std=c++17", "-O0", "-pipe", "-w", f"-I{_ROOT / 'runtime_cpp' / 'include'}", f"-I{_DRIVER}")
SIZE = 120  # functions that are compiled together
_UNIT = "functions"


def run(prepared: Sequence[Prepared], functions: Mapping[str, Any]) -> list[Verdict]:
    """Compile and run the functions of entries."""
    batch = Batch([w for made in prepared for w in made.functions])
    cases = [case for made in prepared for case in made.cases]
    outcomes = dict(batch.outcomes(cases))
    verdicts = []
    first = 0
    for made in prepared:
        own = {i - first: o for i, o in outcomes.items() if first <= i < first + len(made.cases)}
        first += len(made.cases)
        verdicts.append(conclude(functions.get(made.formatted_name), made, own, batch.broken))
    return verdicts


class Batch:
    """Functions in one program; those that do not compile are left out of it and are in ``broken``."""

    def __init__(self, functions: Sequence[Written]) -> None:
        self.functions = list(functions)
        self.broken: dict[str, str] = {}

    def outcomes(self, cases: Sequence[Case]) -> Iterator[tuple[int, Outcome]]:
        """Outcomes by the number of the case; cases of broken functions have none."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            program = self._build(folder)
            runnable = [i for i, case in enumerate(cases) if case.function not in self.broken]
            if program is not None and runnable:
                yield from zip(runnable, program.run_records([record(cases[i]) for i in runnable], folder), strict=True)

    def _build(self, folder: Path) -> Program | None:
        left = self.functions
        while left:
            source = folder / "functions.cpp"
            source.write_text(_source(left), encoding="utf-8")
            target = folder / "functions.o"
            done = _run(*_FLAGS, "-c", str(source), "-o", str(target))
            if done.returncode == 0:
                program = folder / "program"
                done = _run("-o", str(program), str(target), str(_driver()), "-pthread")
                if done.returncode:
                    raise AssertionError(f"the program does not link:\n{done.stderr[:4000]}")
                return Program(program)
            faults = _faults(done.stderr)
            if not faults:
                raise AssertionError(f"the functions do not compile:\n{done.stderr[:4000]}")
            self.broken |= faults
            left = [w for w in left if w.name not in faults]
        return None


def _source(functions: Sequence[Written]) -> str:
    headers = sorted({h for w in functions for h in w.headers})
    lines = ['#include "driver.hpp"', *(f"#include <{h}>" for h in headers)]
    for written in functions:
        lines += [f'#line 1 "function {written.name}"', written.text]
    entries = ",\n".join(f'      entry("{w.name}", &{w.name}::{w.function})' for w in functions)
    lines += [
        f'#line 1 "{_UNIT}"', "namespace operator_test {", "std::vector<std::vector<Function>> tables();",
        "std::vector<std::vector<Function>> tables() {", "  return {{", entries, "  }};", "}", "}", "",
    ]  # fmt: skip
    return "\n".join(lines)


def _faults(message: str) -> dict[str, str]:
    """The functions that the compiler complains of, with its first complaint."""
    found: dict[str, str] = {}
    lines = message.splitlines()
    for position, line in enumerate(lines):
        match = re.match(r"function (\w+):\d+", line)
        if match and (" error: " in line or "required from" in line):
            found.setdefault(match.group(1), " / ".join(lines[position : position + 3])[:500])
    return found


def _driver() -> Path:
    """The driver's object file, kept as long as its sources and the headers are the same."""
    digest = hashlib.sha256(str(compiler()).encode())
    for path in (_DRIVER / "driver.cpp", _DRIVER / "driver.hpp", *sorted((_ROOT / "runtime_cpp").rglob("*.hpp"))):
        digest.update(path.read_bytes())
    target = FOLDER / f"driver_{digest.hexdigest()[:16]}.o"
    if not target.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        for old in FOLDER.glob("driver_*.o"):
            old.unlink()
        done = _run(*_FLAGS, "-c", str(_DRIVER / "driver.cpp"), "-o", str(target))
        if done.returncode:
            raise AssertionError(f"the driver does not compile:\n{done.stderr[:4000]}")
    return target


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(compiler()), *arguments], capture_output=True, text=True, check=False)
