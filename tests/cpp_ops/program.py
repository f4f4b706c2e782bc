"""Building the program that holds all functions, and running cases in it.

The sources are a translation unit per family of operators.  They, their object files and the program are kept in
``build/cpp_ops`` of the repository; what has not changed is not compiled again.  A function that does not compile is
taken out and its operator fails, the others go on.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import struct
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.build_tree import compiler, parts_library
from tests.cpp_ops.functions import Plan, Written
from tests.cpp_ops.wire import Answer, Decoder, encode
from transpile.cpp.library import headers

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "cpp_ops"
_HERE = Path(__file__).parent
_INCLUDE = ROOT / "runtime_cpp" / "include"
_LARGEST_UNIT = 160  # functions
_FLAGS = ("-std=c++17", "-O0", "-pipe", f"-I{_INCLUDE}", f"-I{_HERE}")
_ERROR = re.compile(
    r"^[^\n:]*\.cpp:(\d+):(?:\d+:)? (?:error|  required from here|required from here)[^\n]*", re.MULTILINE
)


@dataclass
class Program:
    """The built program; ``broken`` has the compiler's message for functions that do not compile."""

    path: Path
    broken: dict[str, str] = field(default_factory=dict)

    def run(self, cases: Sequence[tuple[str, Sequence[Any]]], folder: Path) -> list[Outcome]:
        """Call functions by name; a call that ends the program is an outcome of its own."""
        records = []
        for name, values in cases:
            text = name.encode()
            record = struct.pack("<q", len(text)) + text + b"".join(map(encode, values))
            records.append(struct.pack("<q", len(record)) + record)
        return self.run_records(records, folder)

    def run_records(self, records: Sequence[bytes], folder: Path) -> list[Outcome]:
        """The same for calls in the form that the driver reads."""
        given, answers = folder / "cases.bin", folder / "answers.bin"
        given.write_bytes(b"".join(records))
        answers.unlink(missing_ok=True)
        outcomes: list[Outcome] = []
        while len(outcomes) < len(records):
            command = [str(self.path), str(given), str(answers), str(len(outcomes))]
            done = subprocess.run(command, capture_output=True, timeout=240, check=False)
            outcomes += read_outcomes(answers)[: len(records) - len(outcomes)]
            answers.unlink(missing_ok=True)
            if done.returncode != 0:
                outcomes.append(Outcome("crash", f"the program ended with code {done.returncode}"))
            elif not outcomes:
                raise AssertionError("the program gave no answers")
        return outcomes


@dataclass
class Outcome:
    """What a call did: ``result`` and the ``arguments`` after it, or the ``error`` (kind) and its ``message``."""

    error: str = ""
    message: str = ""
    result: Answer | None = None
    arguments: Answer | None = None


def read_outcomes(path: Path) -> list[Outcome]:
    data = path.read_bytes() if path.exists() else b""
    at = 0
    found = []
    while at + 8 <= len(data):
        size = struct.unpack_from("<q", data, at)[0]
        decoder = Decoder(data[at + 8 : at + 8 + size])
        at += 8 + size
        if decoder.take(1) == b"o":
            found.append(Outcome(result=decoder.answer(), arguments=decoder.answer()))
        else:
            found.append(Outcome(decoder.value(), decoder.value()))
    return found


# ---- sources


def units(plans: dict[str, Plan]) -> dict[str, list[Written]]:
    """The functions of each translation unit."""
    families: dict[str, list[Written]] = {}
    for plan in plans.values():
        rows = families.setdefault(plan.operator.family, [])
        rows += plan.functions.values()
    result = {}
    for family, rows in families.items():
        for start in range(0, len(rows), _LARGEST_UNIT):
            suffix = f"_{start // _LARGEST_UNIT}" if len(rows) > _LARGEST_UNIT else ""
            result[family + suffix] = rows[start : start + _LARGEST_UNIT]
    return result


def source(unit: str, functions: list[Written]) -> str:
    """The text of a translation unit."""
    body = "\n".join(w.text for w in functions)
    needed = headers([w.function for w in functions])
    includes = [f"#include <{h}>" for h in (*needed.standard, *needed.runtime)]
    entries = ",\n".join(f'      entry("{w.name}", &functions::{w.name})' for w in functions)
    return "\n".join([
        '#include "driver.hpp"', *includes, "", "namespace functions {", "using namespace ts2cpp;", "", body, "}", "",
        "namespace operator_test {", f"std::vector<Function> table_{unit}() {{", "  return {", entries, "  };", "}", "}", "",
    ])  # fmt: skip


def tables(names: list[str]) -> str:
    """The translation unit that gathers the tables of the others."""
    declared = "\n".join(f"std::vector<Function> table_{n}();" for n in names)
    listed = ", ".join(f"table_{n}()" for n in names)
    return (
        f'#include "driver.hpp"\nnamespace operator_test {{\n{declared}\n'
        f"std::vector<std::vector<Function>> tables();\n"
        f"std::vector<std::vector<Function>> tables() {{ return {{{listed}}}; }}\n}}\n"
    )


# ---- building


@dataclass(frozen=True)
class Place:
    """Where a program is kept and how it is compiled."""

    folder: Path
    flags: tuple[str, ...]
    parts: tuple[Path, ...]


def build(
    plans: dict[str, Plan], folder: Path = FOLDER, flags: tuple[str, ...] = (), *, one_unit: bool = False
) -> Program:
    """The program for ``plans``; built by one process at a time.

    ``flags`` are given to the compiler as well; few functions are compiled soonest as ``one_unit``.
    """
    tool = compiler()
    if flags or tool is None:  # the runtime with these flags, too
        place = Place(folder, (*_FLAGS, *flags), ())
    else:
        place = Place(folder, (*_FLAGS, "-DTS2CPP_COMPILED_PARTS"), (parts_library(tool),))
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "lock"):
        every = [w for plan in plans.values() for w in plan.functions.values()]
        sources = {"all": every} if one_unit else units(plans)
        broken: dict[str, str] = {}
        with ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
            largest_first = sorted(sources, key=lambda u: -len(sources[u]))
            jobs = {unit: pool.submit(_compile_unit, place, unit, sources[unit]) for unit in largest_first}
            objects = []
            for unit in sources:
                path, faults = jobs[unit].result()
                objects.append(path)
                broken |= faults
        objects.append(_compile(place, "tables", tables(list(sources)))[0])
        objects.append(_compile(place, "driver", (_HERE / "driver.cpp").read_text(encoding="utf-8"))[0])
        return Program(_link(place, objects), broken)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _compile_unit(place: Place, unit: str, functions: list[Written]) -> tuple[Path, dict[str, str]]:
    """The object file, and messages for the functions that had to be left out."""
    broken: dict[str, str] = {}
    left = functions
    for _ in range(6):
        path, message = _compile(place, unit, source(unit, left))
        if not message:
            return path, broken
        faults = _faults(source(unit, left), left, message)
        if not faults:
            raise AssertionError(f"{unit}.cpp does not compile:\n{message[:4000]}")
        broken |= faults
        left = [w for w in left if w.name not in faults]
    raise AssertionError(f"{unit}.cpp does not compile:\n{message[:4000]}")


def _faults(text: str, functions: list[Written], message: str) -> dict[str, str]:
    """Which functions the compiler's message is about."""
    names = {w.name for w in functions}
    owner: dict[int, str] = {}
    current = ""
    for number, line in enumerate(text.split("\n"), 1):
        match = re.search(r"^\S.*?\b(\w+)\(.*\{$", line)
        if match and match.group(1) in names:
            current = match.group(1)
        owner[number] = current
        if line == "}":
            current = ""
    found: dict[str, str] = {}
    lines = message.split("\n")
    for position, line in enumerate(lines):
        match = re.match(r"\S*\.cpp:(\d+):", line)
        name = owner.get(int(match.group(1)), "") if match and ("error" in line or "required from" in line) else ""
        if name and name not in found:
            found[name] = "\n".join(lines[position : position + 4])
    return found


def _compile(place: Place, unit: str, text: str) -> tuple[Path, str]:
    """Compile unless an object of the same text and headers is there; the message of the compiler if it fails."""
    path = place.folder / f"{unit}.cpp"
    target, stamp = place.folder / f"{unit}.o", place.folder / f"{unit}.json"
    digest = hashlib.sha256("\0".join([text, str(compiler()), *place.flags]).encode()).hexdigest()
    if stamp.exists() and target.exists() and _is_current(stamp, digest):
        return target, ""
    stamp.unlink(missing_ok=True)
    path.write_text(text, encoding="utf-8")
    listing = place.folder / f"{unit}.d"
    command = [str(compiler()), *place.flags, "-MD", "-MF", str(listing), "-c", str(path), "-o", str(target)]
    began = time.time()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return target, done.stderr
    headers = re.sub(r"\\\n", " ", listing.read_text(encoding="utf-8")).partition(":")[2].split()
    own = [h for h in (str(Path(name).resolve()) for name in headers) if str(ROOT) in h]  # ccache makes them relative
    if any(Path(h).stat().st_mtime >= began for h in own):  # changed meanwhile: nobody knows what was compiled
        return target, ""
    stamp.write_text(json.dumps({"digest": digest, "headers": {h: _digest(Path(h)) for h in own}}), encoding="utf-8")
    return target, ""


def _is_current(stamp: Path, digest: str) -> bool:
    try:
        known = json.loads(stamp.read_text(encoding="utf-8"))
        return known["digest"] == digest and all(_digest(Path(h)) == d for h, d in known["headers"].items())
    except (OSError, ValueError, KeyError):
        return False


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _link(place: Place, objects: list[Path]) -> Path:
    target = place.folder / "operators"
    objects = [*objects, *place.parts]
    newest = max(o.stat().st_mtime_ns for o in objects)
    if not target.exists() or target.stat().st_mtime_ns < newest:
        command = [str(compiler()), *place.flags, "-o", str(target), *map(str, objects), "-pthread"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"the program does not link:\n{done.stderr[:4000]}")
    return target
