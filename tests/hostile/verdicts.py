"""What PyTorch 2.13 makes of the hostile calls, as recorded in ``verdicts.json``: keys of calls by overload and verdict.

``python -m tests.hostile record`` asks PyTorch, where it is, about calls that are new.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.hostile.workers import CRASH, HANG, KINDS, MEMORY, OK, Answer

FILE = Path(__file__).parent / "verdicts.json"


def load() -> dict[tuple[str, str], str]:
    """The verdict of each call, by overload and key."""
    recorded = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        (overload, key): verdict
        for overload, rows in recorded.items()
        for verdict, keys in rows.items()
        for key in keys.split()
    }


def save(found: Mapping[tuple[str, str], str]) -> None:
    """Write the file."""
    rows: dict[str, dict[str, list[str]]] = {}
    for (overload, key), verdict in found.items():
        rows.setdefault(overload, {}).setdefault(verdict, []).append(key)
    shown = {
        name: {verdict: " ".join(sorted(keys)) for verdict, keys in sorted(by_verdict.items())}
        for name, by_verdict in sorted(rows.items())
    }
    FILE.write_text(json.dumps(shown, indent=0) + "\n", encoding="utf-8")


def check(found: Sequence[Answer], *, least: float = 0.97) -> None:
    """``AssertionError`` for an answer that no call may end with, and if too few verdicts are PyTorch's."""
    recorded = load()
    states = [(judge(a.verdict, recorded.get((a.overload, a.key))), a) for a in found]
    forbidden = [a for state, a in states if state == "forbidden"]
    assert not forbidden, forbidden[:10]
    judged = [(state, a) for state, a in states if state != "unrecorded"]
    assert len(judged) > 0.5 * len(found), "many calls are not recorded: python -m tests.hostile record"
    different = [a for state, a in judged if state == "other verdict"]
    assert len(different) <= (1 - least) * len(judged), different[:20]


def judge(ours: str, theirs: str | None) -> str:
    """How a verdict compares with PyTorch's.

    ``forbidden`` is what no call may end with: a crash, a hang, a finding of a sanitizer, an exception that is not one of
    Python's errors as PyTorch raises them.  Where PyTorch itself dies, hangs or wants more memory than there is, an answer
    and an error are both right.
    """
    if ours not in (OK, MEMORY, *KINDS):
        return "forbidden"
    if theirs is None:
        return "unrecorded"
    if theirs in (MEMORY, HANG, CRASH) or ours in (theirs, MEMORY):
        return "equal"
    return "other verdict" if OK in (ours, theirs) else "other exception"
