"""The entries of the database that are judged."""

from __future__ import annotations

import fnmatch
from typing import Any

from torch.testing._internal.common_methods_invocations import op_db

from tests.conformance.op_db.scope import excluded


def eligible(only: str = "") -> list[Any]:
    """The entries that are judged; ``only`` holds patterns of names (``fft.*,linalg.svd``), separated by commas."""
    patterns = [p.strip() for p in only.split(",") if p.strip()]
    return [e for e in op_db if excluded(e.formatted_name) is None and (not patterns or _named(e, patterns))]


def _named(entry: Any, patterns: list[str]) -> bool:
    names = (entry.name, entry.formatted_name, entry.name.replace("nn.functional.", "F."))
    return any(fnmatch.fnmatchcase(n, p) for n in names for p in patterns)
