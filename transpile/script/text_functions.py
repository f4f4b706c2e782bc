"""Functions that come as source text: ``torch.jit.CompilationUnit``."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from transpile.core.errors import SourceError
from transpile.core.source import SourceRange
from transpile.ir.function import Function
from transpile.script.frontend import FunctionSource, parse_text, type_comments, unsupported
from transpile.script.resolver import Resolver
from transpile.script.values import Actual, FunctionValue, Sugared

if TYPE_CHECKING:
    from transpile.script.emitter import Emitter
    from transpile.script.unit import Unit


class TextFunction(Sugared):
    """A function of the text; it is compiled when it is first called, so that functions may stand in any order."""

    kind = "function"

    def __init__(self, unit: Unit, source: FunctionSource, resolver: Resolver) -> None:
        self.unit = unit
        self.source = source
        self.resolver = resolver
        self._compiled: Function | None = None

    def compiled(self, range: SourceRange | None = None) -> Function:
        """The compiled function; ``range`` is the call that needs it."""
        if self._compiled is None:
            self._compiled = self.unit.compile_source(self.source, self.resolver, range)
        return self._compiled

    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        return FunctionValue([self.compiled(range)]).call(e, range, arguments, keywords)


def compile_text(unit: Unit, text: str, scope: Mapping[str, Any], filename: str = "<string>") -> list[Function]:
    """Compile the function definitions in a text, which see each other; other names are looked up in ``scope``."""
    tree, source = parse_text(text, filename)
    names: dict[str, Any] = {}
    resolver = Resolver(unit, None, names)
    resolver.scopes.insert(1, scope)
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            raise SourceError("expected a function definition", source.range(node.lineno, node.col_offset))
        function = FunctionSource(node.name, node, source, None, "", type_comments(source, node))
        _check(function)
        names[node.name] = TextFunction(unit, function, resolver)
    return [function.compiled() for function in names.values()]


def _check(function: FunctionSource) -> None:
    """Refuse what scripting a Python function understands and source text does not."""
    for decorator in function.node.decorator_list:
        raise unsupported("decorators aren't supported in source text", function.range(decorator), "leave it out")
    for node in ast.walk(function.node):
        if isinstance(node, ast.JoinedStr):
            raise unsupported("f-strings aren't supported in source text", function.range(node), "use str.format")
