"""The command line of the judge."""

from __future__ import annotations

import argparse
import functools
import sys
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from tests.conformance.op_db import batches, compiled, eager, entries, workers


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.op_db", description=__doc__)
    parser.add_argument("--only", default="", help="names of entries, with * and commas: fft.*,linalg.svd")
    parser.add_argument("--most", type=int, default=None, help="so many samples of each dtype (all)")
    parser.add_argument(
        "--plain", action="store_true", help="no varied samples (strided, 0-d, size 1, empty), no methods"
    )
    parser.add_argument("--cpp", action="store_true", help="as compiled C++ instead of eager mode")
    parser.add_argument("--summary", action="store_true", help="only what does not pass, and the figures")
    parser.add_argument("-j", "--jobs", type=int, default=1)
    given = parser.parse_args()
    chosen = entries.eligible(given.only)
    verdicts = compiled_verdicts(chosen, given) if given.cpp else eager_verdicts(chosen, given)
    extra: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    calls = 0
    for verdict in verdicts:
        counts[verdict.status] += 1
        calls += verdict.calls
        extra.update(verdict.extra)
        if verdict.status != eager.PASS or not given.summary:
            part = f"{verdict.failed}/{verdict.calls}" if verdict.failed else str(verdict.calls)
            print(f"{verdict.status:8}{verdict.name:45} {part:>10}  {verdict.first[:600]}", flush=True)
    print(f"{counts[eager.PASS]} of {len(chosen)} entries pass ({dict(counts)}), {calls} calls, {dict(extra)}")
    return 0 if counts[eager.PASS] == len(chosen) else 1


def eager_verdicts(chosen: list[Any], given: argparse.Namespace) -> Iterator[eager.Verdict]:
    judge = functools.partial(eager.judge, most=given.most, variants=not given.plain)
    return workers.run_all(chosen, judge, given.jobs)


def compiled_verdicts(chosen: list[Any], given: argparse.Namespace) -> Iterator[eager.Verdict]:
    """Entries are traced one by one; their functions are compiled together, a batch at a time."""
    prepare = functools.partial(compiled.prepare, most=given.most, variants=not given.plain)
    by_name = {e.formatted_name: e for e in chosen}
    with ThreadPoolExecutor(max_workers=given.jobs) as pool:
        running: deque[Future[list[eager.Verdict]]] = deque()
        batch: list[compiled.Prepared] = []
        for made in workers.run_all(chosen, prepare, given.jobs):
            if isinstance(made, eager.Verdict):
                yield made
                continue
            batch.append(made)
            if sum(len(m.functions) for m in batch) >= batches.SIZE:
                running.append(pool.submit(batches.run, batch, by_name))
                batch = []
            while len(running) > given.jobs:
                yield from running.popleft().result()
        running.append(pool.submit(batches.run, batch, by_name))
        for future in running:
            yield from future.result()


if __name__ == "__main__":
    sys.exit(main())
