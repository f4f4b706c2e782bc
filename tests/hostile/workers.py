"""Making hostile calls in processes that may hang, be killed or run out of memory, and noting what became of each.

A process that has imported what is needed forks children, which make calls until one of these ends them.

``python -m tests.hostile.workers eager|pytorch`` reads overloads and keys of calls from its standard input and prints a
line for each.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import resource
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from tests.cpp_ops.functions import arguments
from tests.hostile.calls import Call, hostile_calls
from transpile.ops import registry

# What a call may end with besides the name of an exception.
OK, MEMORY, HANG, CRASH = "ok", "memory", "hang", "crash"
# What PyTorch raises, and Python where numbers are divided; everything else that comes out of a kernel is foreign.
KINDS = ("RuntimeError", "IndexError", "ValueError", "TypeError", "NotImplementedError", "LinAlgError", "KeyError",
         "ZeroDivisionError")  # fmt: skip
_PATIENCE = 4.0  # seconds of processor time for a call
_ADDRESSES = 1 << 30  # bytes that a process may have beyond what it starts with


@dataclass(frozen=True)
class Answer:
    """What became of a call."""

    overload: str
    key: str
    verdict: str
    message: str = ""


def answers(calls: Iterable[tuple[str, str]], implementation: str) -> Iterator[Answer]:
    """Hostile calls, given by overload and key, made by the ``eager`` kernels or by ``pytorch``, as they come."""
    given = "\n".join(f"{name} {key}" for name, key in calls)
    command = [sys.executable, "-m", "tests.hostile.workers", implementation]
    environment = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )
    assert process.stdin is not None and process.stdout is not None
    with process:
        process.stdin.write(given)  # the worker reads all of it before it answers
        process.stdin.close()
        for row in process.stdout:
            yield Answer(*row.rstrip("\n").split("\t"))


def _work(implementation: str) -> None:
    import transpile.torch  # noqa: F401  (registers the operators)

    run: Any = _eager
    if implementation == "pytorch":
        from tests.conformance.test_ops import call_torch

        run = call_torch
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + _ADDRESSES,) * 2)
    warnings.simplefilter("ignore")
    # What a library prints of its own is no answer.
    sys.stdout = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    calls = [(name, key) for name, key in (line.split() for line in sys.stdin.read().splitlines())]
    reached = mmap.mmap(-1, 8)  # the call that a child is at
    at = 0
    while at < len(calls):
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            _make_calls(calls, at, reached, run)
        _, status = os.waitpid(child, 0)
        if status == 0:
            return
        at = int.from_bytes(reached[:], "little")
        late = os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGALRM, signal.SIGPROF)
        print(*calls[at], HANG if late else CRASH, "", sep="\t", flush=True)
        at += 1


def _make_calls(calls: list[tuple[str, str]], start: int, reached: mmap.mmap, run: Any) -> NoReturn:
    """Make the calls from ``start`` on; the timers end the process if one takes too long."""
    known: dict[str, dict[str, Call]] = {}
    for at, (name, key) in enumerate(calls[start:], start):
        if name not in known:
            known = {name: {call.key: call for call in hostile_calls(registry.get(name))}}
        reached[:] = at.to_bytes(8, "little")
        signal.setitimer(signal.ITIMER_PROF, _PATIENCE)
        signal.setitimer(signal.ITIMER_REAL, 10 * _PATIENCE)
        _answer(name, key, known[name][key], run)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
    os._exit(0)


def _eager(operator: registry.Operator, values: list[Any]) -> Any:
    return operator(*values)


def _answer(name: str, key: str, call: Call, run: Any) -> None:
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
    print(name, key, verdict, message, sep="\t", flush=True)  # the arguments may be written to: the key is as given


if __name__ == "__main__":
    _work(sys.argv[1])
