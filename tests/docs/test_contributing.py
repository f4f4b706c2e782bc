"""The places that CONTRIBUTING.md lists are all the places there are."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = [
    *(ROOT / "transpile").rglob("*.py"),
    *(ROOT / "runtime_cpp").rglob("*.?pp"),
    *(ROOT / "runtime_cpp").rglob("*.inc"),
]
_TEXT = re.compile(r'""".*?"""|(?://|#).*?$', re.M | re.S)


def places(heading: str) -> set[str]:
    """The files that are named in the list below a line of CONTRIBUTING.md."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (listed,) = re.findall(rf"^{re.escape(heading)}\n\n((?:- .*\n|  .*\n)+)", page, re.M)
    return set(re.findall(r"`([\w/]+\.(?:py|hpp|inc))`", listed))


def naming(pattern: str) -> set[str]:
    """The files whose code, comments and docstrings left out, has the pattern in it."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if re.search(pattern, _TEXT.sub("", path.read_text(encoding="utf-8")))
    }


# No rule is special to int16: where it stands, every dtype stands.
EVERY = r"\bint16(?:_t)?\b|\bShort(?:Tensor|Storage)\b|\bI16\b"
WIDENED = r'\bD\.bfloat16\b|"torch\.bfloat16"|\bDType::bfloat16\b|\bdef bfloat16\b'


def test_places_of_dtypes() -> None:
    listed = places("Every dtype stands in:")
    assert naming(EVERY) == listed
    assert naming(WIDENED) - listed == places("One that is computed in a wider type, as bfloat16 is, stands also in:")
