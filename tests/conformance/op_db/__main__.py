"""The command line of the judge."""

from __future__ import annotations

import argparse
import dataclasses
import functools
import json
import sys
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch

from tests.conformance.op_db import batches, compiled, eager, entries, errors, layers, samples, scope, workers


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.op_db", description=__doc__)
    parser.add_argument("--only", default="", help="names of entries, with * and commas: fft.*,linalg.svd")
    parser.add_argument("--most", type=int, default=None, help="so many samples of each dtype (all)")
    parser.add_argument(
        "--plain", action="store_true", help="no varied samples (strided, 0-d, size 1, empty), no methods"
    )
    parser.add_argument("--dtypes", default="", help="instead of the five judged ones: float16,uint8")
    parser.add_argument("--cpp", action="store_true", help="as compiled C++ instead of eager mode")
    parser.add_argument("--errors", action="store_true", help="what the database knows to be refused, in eager mode")
    parser.add_argument("--layers", action="store_true", help="the database of layers instead: --only 'nn_Conv*'")
    parser.add_argument("--all", action="store_true", help="all of that, one after the other")
    parser.add_argument("--summary", action="store_true", help="only what does not pass, and the figures")
    parser.add_argument(
        "--keep", type=Path, help="a file for the verdicts: what passed according to it is not run again"
    )
    parser.add_argument("-j", "--jobs", type=int, default=1)
    given = parser.parse_args()
    if given.all:
        ways = [{}, {"errors": True}, {"layers": True}, {"cpp": True}, {"layers": True, "cpp": True}]
        return max([report(argparse.Namespace(**{**vars(given), **way})) for way in ways])
    return report(given)


def report(given: argparse.Namespace) -> int:
    """Judge in one way and print the verdicts; 1 if something differs that is not listed."""
    chosen = layers.eligible(given.only) if given.layers else entries.eligible(given.only)
    verdicts = kept(chosen, given) if given.keep else run(chosen, given)
    listed = set() if given.layers or given.errors else {*scope.LACKING, *(scope.LACKING_IN_CPP if given.cpp else ())}
    unlisted: list[str] = []
    calls = failed = 0
    extra: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for verdict in verdicts:
        counts[verdict.status] += 1
        calls += verdict.calls
        failed += verdict.failed
        extra.update(verdict.extra)
        if verdict.status != eager.PASS and verdict.name not in listed:
            unlisted.append(verdict.name)
        if verdict.status != eager.PASS or not given.summary:
            part = f"{verdict.failed}/{verdict.calls}" if verdict.failed else str(verdict.calls)
            print(f"{verdict.status:8}{verdict.name:45} {part:>10}  {verdict.first[:600]}", flush=True)
    way = " ".join(
        ["layers" if given.layers else "operators", "errors" if given.errors else "C++" if given.cpp else "eager"]
    )
    passed = counts[eager.PASS]
    print(
        f"{way}: {passed} of {len(chosen)} entries pass ({dict(counts)}), {calls - failed} of {calls} calls, {dict(extra)}"
    )
    if given.errors:
        return 0 if failed <= errors.MOST_DIFFERENT * calls else 1
    print("not listed as known: " + ", ".join(unlisted) if unlisted else "the others are listed in docs/operators.md")
    return 1 if unlisted else 0


def kept(chosen: list[Any], given: argparse.Namespace) -> Iterator[eager.Verdict]:
    """The verdicts of earlier runs that are in the file and say that all is well, then those of the other entries."""
    lines = given.keep.read_text(encoding="utf-8").splitlines() if given.keep.exists() else []
    known = {v.name: v for v in (eager.Verdict(**json.loads(line)) for line in lines)}
    fine = {n: v for n, v in known.items() if v.status == eager.PASS}
    yield from (fine[e.formatted_name] for e in chosen if e.formatted_name in fine)
    with given.keep.open("a", encoding="utf-8") as file:
        for verdict in run([e for e in chosen if e.formatted_name not in fine], given):
            print(json.dumps(dataclasses.asdict(verdict)), file=file, flush=True)
            yield verdict


def run(chosen: list[Any], given: argparse.Namespace) -> Iterator[eager.Verdict]:
    """The verdicts on the chosen entries in the chosen way."""
    if given.errors:
        return workers.run_all(chosen, errors.judge, given.jobs)
    dtypes = [getattr(torch, name) for name in given.dtypes.split(",") if name]
    options = {"most": given.most, "variants": not given.plain, "dtypes": dtypes or samples.DTYPES}
    if given.cpp:
        some_layers = functools.partial(layers.prepare, most=given.most or layers.MOST_COMPILED)
        prepare = some_layers if given.layers else functools.partial(compiled.prepare, **options)
        functions = {} if given.layers else {e.formatted_name: e.op for e in chosen}
        return compiled_verdicts(workers.run_all(chosen, prepare, given.jobs), functions, given.jobs)
    return workers.run_all(
        chosen, layers.judge if given.layers else functools.partial(eager.judge, **options), given.jobs
    )


def compiled_verdicts(
    prepared: Iterator[compiled.Prepared | eager.Verdict], functions: dict[str, Any], jobs: int
) -> Iterator[eager.Verdict]:
    """Entries are exported one by one; their functions are compiled together, a batch at a time."""
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        running: deque[Future[list[eager.Verdict]]] = deque()
        batch: list[compiled.Prepared] = []
        for made in prepared:
            if isinstance(made, eager.Verdict):
                yield made
                continue
            batch.append(made)
            if sum(len(m.functions) for m in batch) >= batches.SIZE:
                running.append(pool.submit(batches.run, batch, functions))
                batch = []
            while len(running) > jobs:
                yield from running.popleft().result()
        running.append(pool.submit(batches.run, batch, functions))
        for future in running:
            yield from future.result()


if __name__ == "__main__":
    sys.exit(main())
