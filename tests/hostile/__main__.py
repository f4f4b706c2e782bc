"""Hostile calls from the command line.

python -m tests.hostile record            writes what PyTorch 2.13 makes of those that are new
python -m tests.hostile eager [NAME...]   compares the NumPy kernels with that
python -m tests.hostile cpp [NAME...]     compares the C++, under the address and undefined-behaviour sanitizers

NAME is that of an overload (``aten::add.Tensor``) or the start of one; without names all are tried.  Exit code 1 if a
call ends as none may, or more than a fiftieth differ.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections import Counter
from collections.abc import Sequence

import transpile.torch  # noqa: F401  (registers the operators)
from tests.hostile import verdicts
from tests.hostile.calls import hostile_calls
from tests.hostile.compiled import compiled_answers
from tests.hostile.workers import Answer, answers
from transpile.ops import registry


def tried(starts: Sequence[str] = ()) -> list[tuple[str, str]]:
    """The hostile calls of all overloads, or of those whose names start so, by overload and key."""
    return [
        (name, call.key)
        for operator in registry.all_operators()
        if "effect" not in operator.tags and (name := operator.schema.qualified_name).startswith(tuple(starts) or "")
        for call in hostile_calls(operator)
    ]


def sampled_calls(one_of: int) -> list[tuple[str, str]]:
    """The calls of every so manieth overload that PyTorch was asked about; by name, so that a new one moves no others."""
    asked = {name for name, _ in verdicts.load() if zlib.crc32(name.encode()) % one_of == 0}
    return [
        (name, call.key)
        for operator in registry.all_operators()
        if (name := operator.schema.qualified_name) in asked
        for call in hostile_calls(operator)
    ]


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["record", "eager", "cpp"])
    parser.add_argument("names", nargs="*")
    parser.add_argument(
        "--all",
        action="store_true",
        help="print every difference; ask about every call",
    )
    given = parser.parse_args()
    names = tried(given.names)
    if given.what == "record":
        _record(names, anew=given.all)
        return 0
    found = list(answers(names, "eager")) if given.what == "eager" else list(compiled_answers(dict(names)))
    return report(found, every=given.all)


def _record(calls: Sequence[tuple[str, str]], *, anew: bool) -> None:
    """Ask PyTorch about the calls that it was not asked about; what is known of calls that are no more is dropped."""
    known = {} if anew or not verdicts.FILE.exists() else verdicts.load()
    kept = {call: known[call] for call in tried() if call in known and not call[0].startswith(_NOT_PYTORCHS)}
    asked = [call for call in calls if call not in kept and not call[0].startswith(_NOT_PYTORCHS)]
    for number, answer in enumerate(answers(asked, "pytorch"), 1):
        kept[answer.overload, answer.key] = answer.verdict
        if number % _SAVED_EVERY == 0:
            verdicts.save(kept)
            print(f"{number} of {len(asked)} calls", file=sys.stderr, flush=True)
    verdicts.save(kept)


_SAVED_EVERY = 250
_LEAST_EQUAL = 0.98
_NOT_PYTORCHS = ("torchvision::", "torchaudio::", "ts2cpp::")


def report(found: Sequence[Answer], *, every: bool) -> int:
    """Print what differs from PyTorch and the figures; 1 if a call ended as none may, or too many differ."""
    recorded = verdicts.load()
    count: Counter[str] = Counter()
    shown: set[str] = set()
    for answer in found:
        theirs = recorded.get((answer.overload, answer.key))
        state = verdicts.judge(answer.verdict, theirs)
        count[state] += 1
        if state not in ("equal", "unrecorded") and (every or state == "forbidden" or answer.overload not in shown):
            shown.add(answer.overload)
            what = next(c.what for c in hostile_calls(registry.get(answer.overload)) if c.key == answer.key)
            print(f"{state}: {answer.overload} with {what}: {answer.verdict} ({answer.message}), PyTorch: {theirs}")
    judged = count["equal"] + count["other exception"] + count["other verdict"] + count["forbidden"]
    print(f"{len(found)} calls: " + ", ".join(f"{number} {state}" for state, number in sorted(count.items())))
    same = (count["equal"] + count["other exception"]) / max(judged, 1)
    print(f"same verdict as PyTorch: {same:.1%}")
    return 1 if count["forbidden"] or same < _LEAST_EQUAL else 0


if __name__ == "__main__":
    sys.exit(main())
