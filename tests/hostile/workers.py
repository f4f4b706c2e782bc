"""Making hostile calls in processes that may hang, be killed or run out of memory, and noting what became of each.

``python -m tests.hostile.workers eager|pytorch`` reads overloads and keys of calls from its standard input and prints a
line for each.
"""

from __future__ import annotations

import contextlib
import queue
import resource
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cpp_ops.functions import arguments
from tests.hostile.calls import Call, hostile_calls
from transpile.ops import registry

# What a call may end with besides the name of an exception.
OK, MEMORY, HANG, CRASH = "ok", "memory", "hang", "crash"
# What PyTorch raises; everything else that comes out of a kernel is foreign.
KINDS = ("RuntimeError", "IndexError", "ValueError", "TypeError", "NotImplementedError", "LinAlgError", "KeyError")
_PATIENCE = 20.0  # seconds without an answer
_ADDRESSES = 1 << 30  # bytes that a process may have beyond what it starts with


@dataclass(frozen=True)
class Answer:
    """What became of a call."""

    overload: str
    key: str
    verdict: str
    message: str = ""


def answers(calls: Iterable[tuple[str, str]], implementation: str) -> list[Answer]:
    """Hostile calls, given by overload and key, made by the ``eager`` kernels or by ``pytorch``."""
    left = list(calls)
    found: list[Answer] = []
    while left:
        done, end = _one_process(implementation, [f"{name} {key}" for name, key in left])
        found += done
        left = left[len(done) :]
        if left:
            found.append(Answer(*left[0], end))
            left = left[1:]
    return found


def _one_process(implementation: str, lines: list[str]) -> tuple[list[Answer], str]:
    """The answers of one process, and why there are no more."""
    command = [sys.executable, "-m", "tests.hostile.workers", implementation]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write("\n".join(lines))
    process.stdin.close()
    rows: queue.Queue[str | None] = queue.Queue()

    def read(stream: Any) -> None:
        for row in stream:
            rows.put(row)
        rows.put(None)

    threading.Thread(target=read, args=(process.stdout,), daemon=True).start()
    found: list[Answer] = []
    patience = 120.0  # the first answer waits for the imports
    while True:
        try:
            row = rows.get(timeout=patience)
        except queue.Empty:
            process.kill()
            process.wait()
            return found, HANG
        if row is None:
            process.wait()
            return found, CRASH
        patience = _PATIENCE
        found.append(Answer(*row.rstrip("\n").split("\t")))


def _work(implementation: str) -> None:
    import transpile.torch  # noqa: F401  (registers the operators)

    run: Any = _eager
    if implementation == "pytorch":
        from tests.conformance.test_ops import call_torch

        run = call_torch
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + _ADDRESSES,) * 2)
    warnings.simplefilter("ignore")
    known: dict[str, dict[str, Call]] = {}
    for line in sys.stdin.read().splitlines():
        name, key = line.split()
        if name not in known:
            known = {name: {call.key: call for call in hostile_calls(registry.get(name))}}
        _answer(name, known[name][key], run)


def _eager(operator: registry.Operator, values: list[Any]) -> Any:
    return operator(*values)


def _answer(name: str, call: Call, run: Any) -> None:
    operator = registry.get(name)
    verdict, message = OK, ""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            run(operator, arguments(call.pattern, call.values))
    except MemoryError:
        verdict = MEMORY
    except Exception as error:
        message = " ".join(str(error).split())[:120]
        verdict = MEMORY if "memory" in message else type(error).__name__.strip("_")
    print(name, call.key, verdict, message, sep="\t", flush=True)


if __name__ == "__main__":
    _work(sys.argv[1])
