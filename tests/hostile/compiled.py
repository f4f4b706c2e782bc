"""Hostile calls of the compiled operators, under sanitizers."""

from __future__ import annotations

import os
import resource
import struct
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.cpp_ops.functions import NoCounterpartError, Plan, write
from tests.cpp_ops.program import ROOT, Outcome, Program, build, read_outcomes
from tests.cpp_ops.wire import encode
from tests.hostile.calls import Call, hostile_calls
from tests.hostile.workers import CRASH, HANG, MEMORY, OK, Answer
from transpile.ops import registry

FLAGS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g1")
# An allocation that fails must be an error of the program, not the end of it; the machine must live.
_OPTIONS = "allocator_may_return_null=1:max_allocation_size_mb=1024:detect_leaks=0:abort_on_error=0"
_ADDRESSES = 2 << 30  # bytes that a program without sanitizers may have
_AT_ONCE = 150  # overloads in a program
_PATIENCE = 60.0  # seconds for the rest of a program's calls without an answer


def compiled_answers(names: Iterable[str]) -> Iterator[Answer]:
    """All hostile calls of these overloads, as C++, a program for so many of them; those without C++ are left out."""
    left = list(names)
    for number, start in enumerate(range(0, len(left), _AT_ONCE)):
        yield from _answers_of(f"part_{number}", left[start : start + _AT_ONCE])


def _answers_of(program_name: str, names: Iterable[str]) -> list[Answer]:
    plans: dict[str, Plan] = {}
    calls: list[tuple[str, Call, str]] = []
    for name in names:
        plan = Plan(registry.get(name), {}, [])
        for call in hostile_calls(plan.operator):
            try:
                if call.pattern not in plan.functions:
                    stem = "".join(c if c.isalnum() else "_" for c in name)
                    plan.functions[call.pattern] = write(call.pattern, stem)
            except NoCounterpartError:
                break
            calls.append((name, call, plan.functions[call.pattern].name))
        if plan.functions:
            plans[name] = plan
    if not plans:
        return []
    program = build(plans, ROOT / "build" / "hostile" / program_name, FLAGS, one_unit=True)
    environment = os.environ | {"ASAN_OPTIONS": _OPTIONS, "UBSAN_OPTIONS": "print_stacktrace=1"}
    return _called(program, calls, environment, None)


def answers_in(program: Program, plans: Mapping[str, Plan], names: Iterable[str]) -> list[Answer]:
    """The hostile calls for which a program that was built for other calls has a function."""
    calls = [
        (name, call, plans[name].functions[call.pattern].name)
        for name in names
        if name in plans
        for call in hostile_calls(plans[name].operator)
        if call.pattern in plans[name].functions
    ]
    return _called(program, calls, dict(os.environ), _ADDRESSES)


def _called(
    program: Program, calls: list[tuple[str, Call, str]], environment: dict[str, str], addresses: int | None
) -> list[Answer]:
    calls = [c for c in calls if c[2] not in program.broken]
    cases = [(function, call.values) for _, call, function in calls]
    with tempfile.TemporaryDirectory() as folder:
        outcomes = _run(program.path, cases, Path(folder), environment, addresses)
    return [
        Answer(name, call.key, *_verdict(outcome)) for (name, call, _), outcome in zip(calls, outcomes, strict=True)
    ]


def _verdict(outcome: Outcome) -> tuple[str, str]:
    message = " ".join(outcome.message.split())[:160]
    if not outcome.error:
        return OK, ""
    scarce = "memory" in message or "bad_alloc" in message
    return (MEMORY if scarce and outcome.error not in (CRASH, HANG) else outcome.error), message


def _run(
    program: Path, cases: Sequence[tuple[str, Sequence[object]]], folder: Path, environment: dict[str, str],
    addresses: int | None,
) -> list[Outcome]:  # fmt: skip
    """An outcome for each case; the program is started again after one that ends it."""

    def limit() -> None:
        if addresses is not None:
            resource.setrlimit(resource.RLIMIT_AS, (addresses, addresses))

    given, written = folder / "cases.bin", folder / "answers.bin"
    with given.open("wb") as file:
        for name, values in cases:
            record = struct.pack("<q", len(name)) + name.encode() + b"".join(map(encode, values))
            file.write(struct.pack("<q", len(record)) + record)
    outcomes: list[Outcome] = []
    while len(outcomes) < len(cases):
        command = [str(program), str(given), str(written), str(len(outcomes))]
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace",
            preexec_fn=limit,
        )  # fmt: skip
        end, said = _watched(process, written)
        outcomes += read_outcomes(written)[: len(cases) - len(outcomes)]
        written.unlink(missing_ok=True)
        if end:
            outcomes.append(Outcome(end, said))
    return outcomes


def _watched(process: subprocess.Popen[str], answers: Path) -> tuple[str, str]:
    """Wait as long as answers come; how it ended (nothing if well), and what it said."""
    size = -1
    while True:
        try:
            _, said = process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            grown = answers.stat().st_size if answers.exists() else 0
            if grown > size:
                size = grown
                continue
            process.kill()
            process.communicate()
            return HANG, ""
        if process.returncode == 0:
            return "", ""
        if "allocator is out of memory" in said:  # where a program without sanitizers has std::bad_alloc
            return MEMORY, "out of memory"
        lines = [line.strip() for line in said.splitlines() if "ERROR:" in line or "runtime error:" in line]
        if lines and "all.cpp:" in lines[0] and ("signed integer overflow" in lines[0] or "negation of" in lines[0]):
            return OK, "the model's own arithmetic wraps: projects are compiled with -fwrapv"
        places = [line.strip() for line in said.splitlines() if "runtime_cpp" in line]
        return CRASH, " ".join([*lines[:1], *places[:1]]) or f"exit code {process.returncode}"
