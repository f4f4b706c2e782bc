"""Source text and ranges in it, rendered with a caret."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class Source:
    """A piece of source text.

    ``filename`` is as Python knows it, ``first_line`` the 1-based line of the file at which ``text`` begins and ``indent``
    the number of columns that were removed from the left of every line.
    """

    text: str
    filename: str
    first_line: int = 1
    indent: int = 0

    def line(self, number: int) -> str:
        """Line ``number`` (counted in the file), or an empty string when it is outside the text."""
        lines = self.text.splitlines()
        index = number - self.first_line
        return lines[index] if 0 <= index < len(lines) else ""

    def range(self, line: int, col: int, end_line: int | None = None, end_col: int | None = None) -> SourceRange:
        """A range; lines and columns count in ``text`` as ``ast`` gives them (line 1 is the first line of the text)."""
        shift = self.first_line - 1
        return SourceRange(
            self,
            line + shift,
            col + self.indent,
            (end_line if end_line is not None else line) + shift,
            (end_col if end_col is not None else col + 1) + self.indent,
        )


@dataclass(frozen=True)
class SourceRange:
    """A stretch of a source: 1-based lines and 0-based columns of the original file."""

    source: Source
    line: int
    col: int
    end_line: int
    end_col: int

    @property
    def filename(self) -> str:
        return self.source.filename

    @property
    def location(self) -> str:
        """``file:line:col``, as graphs print it."""
        return f"{self.source.filename}:{self.line}:{self.col}"

    @property
    def text(self) -> str:
        """The first line of the range, without the indentation around it."""
        return self.source.line(self.line).strip()

    @property
    def covered(self) -> str:
        """The text of a range within one line; nothing for a longer one."""
        if self.end_line != self.line:
            return ""
        return self.source.line(self.line)[self.col - self.source.indent : self.end_col - self.source.indent]

    def render(self, context: int = 2, function: str = "") -> str:
        """The line with up to ``context`` lines before and after it, the range underlined with tildes and an arrow.

        ``function`` is named in the first line, as in a traceback.
        """
        pad = " " * self.source.indent
        first = self.source.first_line
        last = first + len(self.source.text.splitlines()) - 1

        def shown(start: int, stop: int) -> list[str]:
            return [f"{pad}{self.source.line(n)}".rstrip() for n in range(max(first, start), stop)]

        line = f"{pad}{self.source.line(self.line)}"
        end = self.end_col if self.end_line == self.line else len(line)
        place = f'  File "{self.source.filename}", line {self.line}' + (f", in {function}" if function else "")
        if not line.strip():  # the text is not known
            return place
        width = max(1, min(end, len(line)) - self.col)
        return "\n".join(
            [
                place,
                *shown(self.line - context, self.line),
                line.rstrip(),
                " " * self.col + "~" * width + " <--- HERE",
                *shown(self.line + 1, min(self.line + context, last) + 1),
            ]
        )
