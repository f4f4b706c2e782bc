"""Each entry in a process of its own: one that crashes or hangs takes no other with it."""

from __future__ import annotations

import contextlib
import os
import pickle
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from tests.conformance.op_db.eager import CRASH, FAIL, Verdict, limit


def run_all(entries: Sequence[Any], work: Callable[[Any], Any], jobs: int = 1, seconds: int = 300) -> Iterator[Verdict]:
    """The verdicts in the order of the entries."""
    torch.set_num_threads(1)
    running: list[tuple[Any, int, int]] = []
    left = list(entries)
    while left or running:
        while left and len(running) < jobs:
            entry = left.pop(0)
            running.append((entry, *_start(entry, work, seconds)))
        yield _finished(*running.pop(0))


def _start(entry: Any, work: Callable[[Any], Any], seconds: int) -> tuple[int, int]:
    reader, writer = os.pipe()
    child = os.fork()
    if child:
        os.close(writer)
        return child, reader
    os.close(reader)
    limit(seconds)
    began = time.process_time()
    try:
        result = work(entry)
    except BaseException:
        text = " / ".join(traceback.format_exc().splitlines()[-5:])
        result = Verdict(entry.formatted_name, FAIL, first=f"the judge itself: {text}")
    if isinstance(result, Verdict):
        result.extra["seconds"] = round(time.process_time() - began)
    with contextlib.suppress(BrokenPipeError), os.fdopen(writer, "wb") as file:
        pickle.dump(result, file)
    os._exit(0)


def _finished(entry: Any, child: int, reader: int) -> Any:
    with os.fdopen(reader, "rb") as file:
        data = file.read()
    _, status = os.waitpid(child, 0)
    if data:
        return pickle.loads(data)
    return Verdict(entry.formatted_name, CRASH, first=f"the process ended with status {status}")
