"""The text of an archive's code, split into definitions.  It is parsed as a syntax tree and never executed."""

from __future__ import annotations

import ast
import functools
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

from transpile.archive.source_ranges import SourceRanges, TracedRange
from transpile.core.errors import ArchiveError
from transpile.core.source import Source, SourceRange
from transpile.script.frontend import FunctionSource

_DEFINITION = re.compile(r"\s*def\s+\w+\s*\(")
# How much text an archive may hold: a syntax tree and graphs are many times as large as their text.
FREE_TEXT = 1 << 20
TEXT_SHARE = 8
FREE_TOKENS = 100_000
TOKENS_SHARE = 2
# The file of functions that PyTorch defines itself, in text (``2.0 * x`` is a call of one), and of programs given as text.
_BUILT_IN = "<string>"
_TOKEN = re.compile(rb"\w+|[^\w\s]")


@dataclass(frozen=True)
class Definition:
    """A class or function of the archive, with the text that it stands in."""

    name: str
    node: ast.ClassDef | ast.FunctionDef
    source: Source
    origins: Origins | None = None


class Origins:
    """The original ranges of the nodes of one file of code."""

    def __init__(self, text: str, ranges: SourceRanges) -> None:
        self._ranges = ranges
        self._starts = [0]
        for line in text.encode().splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def of(self, node: ast.AST) -> SourceRange | None:
        """What a node of the syntax tree was made of; ``None`` if the table does not say."""
        found = self._at(getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
        if found is None and isinstance(node, ast.Call):  # the name of a function stands for nothing, the call does
            found = self._at(node.func.end_lineno or 0, node.func.end_col_offset or 0)
        return found

    def _at(self, line: int, column: int) -> SourceRange | None:
        return self._ranges.at(self._starts[line - 1] + column) if line else None


@dataclass(eq=False)
class ArchivedSource(FunctionSource):
    """A function of an archive, whose ranges are those of the original program where the archive tells them."""

    origins: Origins | None = None

    @functools.cached_property
    def _defined(self) -> SourceRange | None:
        return self._definition()

    def range(self, node: ast.AST) -> SourceRange:
        return self._original(node) or super().range(node)

    def keyword_range(self, node: ast.AST, length: int) -> SourceRange:
        return self._original(node) or super().keyword_range(node, length)

    def _original(self, node: ast.AST) -> SourceRange | None:
        if node is self.node:
            return self._defined
        where = self.origins.of(node) if self.origins is not None else None
        if where is not None and where.filename == _BUILT_IN and not self._is_built_in:
            return None
        return where

    @property
    def _is_built_in(self) -> bool:
        return self._defined is not None and self._defined.filename == _BUILT_IN

    def _definition(self) -> SourceRange | None:
        """The line of the ``def``, or for traced code the first line of the method that was recorded."""
        found = None
        seen: set[Source] = set()
        for node in ast.walk(ast.Module(self.node.body, [])):
            where = self.origins.of(node) if self.origins is not None and hasattr(node, "lineno") else None
            if isinstance(where, TracedRange):
                lines = [where, *(line for _, line in where.stack if line is not None)]
                if found is None or (lines[-1].filename == found.filename and lines[-1].line < found.line):
                    found = lines[-1]
            elif where is not None and where.source not in seen:
                seen.add(where.source)
                if found is not None and where.filename == _BUILT_IN:
                    continue
                definition = _definition_before(where)
                if definition is not None and where.filename != _BUILT_IN:
                    return definition
                found = found or definition
        return found


def _definition_before(where: SourceRange) -> SourceRange | None:
    """The line of the ``def`` that a range stands in; the text may be that of a function or of a whole file."""
    found = None
    for number, line in enumerate(where.source.text.splitlines(), where.source.first_line):
        if found is not None and number > where.line:
            break
        if _DEFINITION.match(line):
            found = where.source.range(number - where.source.first_line + 1, len(line) - len(line.lstrip()))
    return found


def max_text(size: int) -> int:
    """How many bytes of text an archive of ``size`` bytes may hold."""
    return FREE_TEXT + size // TEXT_SHARE


def _parse(text: str, entry: str) -> ast.Module:
    """The syntax tree of a file of code; what Python has to say about its style is nobody's concern."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text, "<archive>")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ArchiveError(f"the code cannot be parsed: {error}", entry) from None


def _refuse_what_is_ignored(node: ast.ClassDef | ast.FunctionDef, entry: str) -> None:
    """What means something in Python, and would mean nothing here."""
    inside = node.body if isinstance(node, ast.ClassDef) else []
    for one in (node, *(line for line in inside if isinstance(line, ast.FunctionDef))):
        if one.decorator_list or getattr(one, "type_params", None):
            raise ArchiveError(f"line {one.lineno}: {one.name} has a decorator or type parameters", entry)
    if isinstance(node, ast.ClassDef) and (len(node.bases) > 1 or node.keywords):
        raise ArchiveError(f"line {node.lineno}: the class {node.name} has more than one base, or a metaclass", entry)


def definitions(files: Mapping[str, bytes], tables: Mapping[str, SourceRanges], size: int) -> dict[str, Definition]:
    """All definitions by qualified name, in an archive of ``size`` bytes.

    ``files`` are texts by path below the archive's ``code`` folder, ``tables`` say by path where a text comes from.
    """
    found: dict[str, Definition] = {}
    if sum(len(content) for content in files.values()) > max_text(size):
        raise ArchiveError(f"the code of the archive is longer than {max_text(size)} bytes")
    room = FREE_TOKENS + size // TOKENS_SHARE
    for path, content in files.items():
        entry = f"code/{path}"
        room -= sum(1 for _ in _TOKEN.finditer(content))
        if room < 0:
            raise ArchiveError("the archive has far more code than anything else", entry)
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            raise ArchiveError("the code is no UTF-8 text", entry) from None
        tree = _parse(text, entry)
        source = Source(text, entry)
        origins = Origins(text, tables[path]) if path in tables else None
        module = path.removesuffix(".py").replace("/", ".")
        for node in tree.body:
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
                name = f"{module}.{node.name}"
                if name in found:
                    raise ArchiveError(f"{name} is defined twice", entry)
                _refuse_what_is_ignored(node, entry)
                found[name] = Definition(name, node, source, origins)
            elif not isinstance(node, (ast.Assign, ast.Import)):
                raise ArchiveError(f"line {node.lineno} is neither a class nor a function", entry)
    return found
