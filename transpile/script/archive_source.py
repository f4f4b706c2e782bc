"""The text of an archive's code, split into definitions.  It is parsed as a syntax tree and never executed."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from transpile.core.errors import ArchiveError
from transpile.core.source import Source

MAX_TEXT = 64 << 20


@dataclass(frozen=True)
class Definition:
    """A class or function of the archive, with the text that it stands in."""

    name: str
    node: ast.ClassDef | ast.FunctionDef
    source: Source


def definitions(files: Mapping[str, bytes]) -> dict[str, Definition]:
    """All definitions by qualified name; ``files`` are texts by path below the archive's ``code`` folder."""
    found: dict[str, Definition] = {}
    if sum(len(content) for content in files.values()) > MAX_TEXT:
        raise ArchiveError(f"the code of the archive is longer than {MAX_TEXT >> 20} MB")
    for path, content in files.items():
        entry = f"code/{path}"
        try:
            text = content.decode("utf-8")
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise ArchiveError(f"the code cannot be parsed: {error}", entry) from None
        source = Source(text, entry)
        module = path.removesuffix(".py").replace("/", ".")
        for node in tree.body:
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
                name = f"{module}.{node.name}"
                if name in found:
                    raise ArchiveError(f"{name} is defined twice", entry)
                found[name] = Definition(name, node, source)
            elif not isinstance(node, (ast.Assign, ast.Import)):
                raise ArchiveError(f"line {node.lineno} is neither a class nor a function", entry)
    return found
