"""Which node of a graph a stretch of printed code stands for: marks in the text, taken out when it is finished.

A mark is a character of a private-use area, which code never holds: one for each range that opens, one that closes.
"""

from __future__ import annotations

import re

from transpile.core.source import SourceRange

_FIRST, _LAST, _CLOSE = 0xF0000, 0xFFFFD, "\ue000"
_MARK = re.compile("[\U000f0000-\U000ffffd\ue000]")


class Marks:
    """The ranges that marks stand for."""

    def __init__(self) -> None:
        self._ranges: list[SourceRange | None] = []
        self._numbers: dict[SourceRange | None, int] = {}

    def around(self, text: str, range: SourceRange | None) -> str:
        """``text`` between the marks of ``range``."""
        number = self._numbers.setdefault(range, len(self._ranges))
        if number == len(self._ranges):
            self._ranges.append(range)
        if _FIRST + number > _LAST:
            return text
        return f"{chr(_FIRST + number)}{text}{_CLOSE}"

    def taken_out(self, text: str) -> tuple[str, list[tuple[int, SourceRange | None]]]:
        """The text without marks, and from which byte on it stands for which range."""
        plain: list[str] = []
        found: list[tuple[int, SourceRange | None]] = []
        open_ranges: list[SourceRange | None] = []
        at = size = 0
        for match in _MARK.finditer(text):
            plain.append(text[at : match.start()])
            size += len(plain[-1].encode())
            at = match.end()
            if match.group() == _CLOSE:
                open_ranges.pop()
            else:
                open_ranges.append(self._ranges[ord(match.group()) - _FIRST])
            now = open_ranges[-1] if open_ranges else None
            if found and found[-1][0] == size:
                found.pop()
            found.append((size, now))
        plain.append(text[at:])
        return "".join(plain), found


def length(text: str) -> int:
    """The length of a text without its marks."""
    return len(text) if text.isascii() else len(_MARK.sub("", text))
