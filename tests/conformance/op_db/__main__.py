"""The command line of the judge."""

from __future__ import annotations

import argparse
import functools
import sys
from collections import Counter

from tests.conformance.op_db import eager, entries, workers


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.op_db", description=__doc__)
    parser.add_argument("--only", default="", help="names of entries, with * and commas: fft.*,linalg.svd")
    parser.add_argument("--most", type=int, default=None, help="so many samples of each dtype (all)")
    parser.add_argument(
        "--plain", action="store_true", help="no varied samples (strided, 0-d, size 1, empty), no methods"
    )
    parser.add_argument("--summary", action="store_true", help="only what does not pass, and the figures")
    parser.add_argument("-j", "--jobs", type=int, default=1)
    given = parser.parse_args()
    chosen = entries.eligible(given.only)
    judge = functools.partial(eager.judge, most=given.most, variants=not given.plain)
    counts: Counter[str] = Counter()
    calls = 0
    for verdict in workers.run_all(chosen, judge, given.jobs):
        counts[verdict.status] += 1
        calls += verdict.calls
        if verdict.status != eager.PASS or not given.summary:
            part = f"{verdict.failed}/{verdict.calls}" if verdict.failed else str(verdict.calls)
            print(f"{verdict.status:8}{verdict.name:45} {part:>10}  {verdict.first[:600]}", flush=True)
    print(f"{counts[eager.PASS]} of {len(chosen)} entries pass ({dict(counts)}), {calls} calls")
    return 0 if counts[eager.PASS] == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
