"""The C++ spellings of operators: expressions with places for the arguments, parsed once and filled in again and again.

A spelling is a C++ expression in which ``{0}``, ``{1}``... stand for arguments and ``{...}`` for all that follow those named:
``math::relu({0})``, ``{0} + {1}``, ``{0}.size()``, ``ts2cpp::float_to_int<std::int64_t>({0})``, ``{0} ? 1.0 : 0.0``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from transpile.cpp import tree as C
from transpile.cpp.expressions import INFIX
from transpile.cpp.names import MATH, OPS, RUNTIME, STD, Expr, Named, TemplateArgument, Type
from transpile.cpp.walk import rewrite, walk


@dataclass(frozen=True)
class Argument(Expr):
    """``{index}``: the place of an argument."""

    index: int

    def text(self) -> str:
        return f"{{{self.index}}}"


@dataclass(frozen=True)
class OtherArguments(Expr):
    """``{...}``: the place of all arguments from ``first`` on."""

    first: int

    def text(self) -> str:
        return "{...}"


@dataclass(frozen=True)
class Spelling:
    """A parsed spelling."""

    expression: Expr

    @functools.cached_property
    def arguments(self) -> frozenset[int]:
        """The positions of the arguments that it mentions by number."""
        return frozenset(n.index for n in walk(self.expression) if isinstance(n, Argument))

    @property
    def takes_others(self) -> bool:
        """Whether it mentions the arguments that follow those of the schema."""
        return any(isinstance(n, OtherArguments) for n in walk(self.expression))

    @property
    def function(self) -> Named | None:
        """What the expression calls, if it is a call of a function or type as a whole."""
        called = self.expression.function if isinstance(self.expression, C.Call) else None
        return called if isinstance(called, Named) else None

    @property
    def plain_call(self) -> Named | None:
        """The function of ``ops::name({0}, {1}, ...)`` with its first arguments in order; ``None`` for other expressions."""
        function = self.function
        if function is None or function.scope != OPS or function.arguments is not None:
            return None
        assert isinstance(self.expression, C.Call)
        in_order = [Argument(i) for i in range(len(self.expression.arguments))]
        return function if in_order and self.expression.arguments == in_order else None

    @functools.cached_property
    def calls(self) -> bool:
        """Whether it calls anything."""
        return any(isinstance(n, C.Call) for n in walk(self.expression))

    def has_members_of(self, index: int) -> bool:
        """Whether it asks the argument itself for something: ``{0}.size()``."""
        return any(isinstance(n, C.Member) and n.object == Argument(index) for n in walk(self.expression))

    def fill(self, arguments: Sequence[Expr]) -> Expr:
        """The expression for ``arguments``; ``IndexError`` if the spelling names one that is not there."""

        def change(node: object) -> object:
            if isinstance(node, Argument):
                return arguments[node.index]
            if isinstance(node, OtherArguments):
                return list(arguments[node.first :])
            return None

        return rewrite(self.expression, change)


@functools.cache
def parse(text: str, header: str = "") -> Spelling:
    """The spelling that ``text`` writes; ``ValueError`` says what cannot be understood.

    ``header`` declares the tensor operators that it calls.
    """
    return Spelling(_Parser(text, header).whole())


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<argument>\{(?:\d+|\.\.\.)\})
      | (?P<number>\d+(?:\.\d+)?)
      | (?P<string>"[^"\\]*")
      | (?P<name>[A-Za-z_]\w*)
      | (?P<symbol>::|<=|>=|==|!=|&&|\|\||<<|>>|[-+*/%!~<>&|^?:.,()])
    )""",
    re.VERBOSE,
)
_SCOPES = {
    "std": STD,
    "ts2cpp": RUNTIME,
    "ops": OPS,
    "math": MATH,
    "ts2cpp::ops": OPS,
    "ts2cpp::math": MATH,
    "ts2cpp::text": "ts2cpp::text",
    "ts2cpp::io": "ts2cpp::io",
}
_PREFIX = ("-", "!", "~", "*")


class _Parser:
    """Recursive descent over the tokens of one spelling."""

    def __init__(self, text: str, header: str) -> None:
        self.spelling = text
        self.header = header
        self.tokens: list[tuple[str, str]] = []
        self.position = 0
        place = 0
        while place < len(text.rstrip()):
            match = _TOKEN.match(text, place)
            if match is None or match.lastgroup is None:
                raise self._error(f"{text[place:].strip()[:12]!r} is no C++ that spellings are made of")
            self.tokens.append((match.lastgroup, match.group(match.lastgroup)))
            place = match.end()

    def _error(self, what: str) -> ValueError:
        return ValueError(f"the C++ spelling {self.spelling!r}: {what}")

    def _peek(self, ahead: int = 0) -> str:
        place = self.position + ahead
        return self.tokens[place][1] if place < len(self.tokens) else ""

    def _next(self) -> tuple[str, str]:
        if self.position == len(self.tokens):
            raise self._error("it ends too early")
        self.position += 1
        return self.tokens[self.position - 1]

    def _take(self, symbol: str) -> bool:
        if self._peek() != symbol:
            return False
        self.position += 1
        return True

    def _expect(self, symbol: str) -> None:
        if not self._take(symbol):
            raise self._error(f"{symbol!r} is expected before {self._peek() or 'its end'!r}")

    def whole(self) -> Expr:
        expression = self._ternary()
        if self._peek():
            raise self._error(f"nothing is expected before {self._peek()!r}")
        return expression

    def _ternary(self) -> Expr:
        condition = self._infix(max(INFIX.values()))
        if not self._take("?"):
            return condition
        then = self._ternary()
        self._expect(":")
        return C.Ternary(condition, then, self._ternary())

    def _infix(self, limit: int) -> Expr:
        """Operands joined by operators that bind at least as tightly as ``limit``."""
        left = self._prefix()
        while (binding := INFIX.get(self._peek(), limit + 1)) <= limit:
            operator = self._next()[1]
            left = C.Binary(operator, left, self._infix(binding - 1))
        return left

    def _prefix(self) -> Expr:
        for operator in _PREFIX:
            if self._take(operator):
                operand = self._prefix()
                if operator == "-" and isinstance(operand, C.Integer) and operand.value > 0:
                    return C.Integer(-operand.value)
                return C.Unary(operator, operand)
        return self._postfix()

    def _postfix(self) -> Expr:
        expression = self._primary()
        while True:
            if self._take("."):
                kind, name = self._next()
                if kind != "name":
                    raise self._error(f"the name of a member is expected instead of {name!r}")
                expression = C.Member(expression, name)
            elif self._take("("):
                expression = C.Call(expression, self._arguments())
            else:
                return expression

    def _arguments(self) -> list[Expr]:
        """What stands before the closing parenthesis."""
        found: list[Expr] = []
        if self._take(")"):
            return found
        while True:
            if self._peek() == "{...}":
                self._next()
                found.append(OtherArguments(1 + max((i.index for i in found if isinstance(i, Argument)), default=-1)))
            else:
                found.append(self._ternary())
            if self._take(")"):
                return found
            self._expect(",")

    def _primary(self) -> Expr:
        kind, text = self._next()
        if kind == "argument" and text != "{...}":
            return Argument(int(text[1:-1]))
        if kind == "number":
            return C.Floating(float(text)) if "." in text else C.Integer(int(text))
        if kind == "string":
            return C.String(text[1:-1])
        if text in ("true", "false"):
            return C.Boolean(text == "true")
        if text == "(":
            inner = self._ternary()
            self._expect(")")
            return inner
        if kind == "name":
            self.position -= 1
            return self._named()
        raise self._error(f"an operand is expected instead of {text!r}")

    def _named(self) -> Expr:
        """A qualified name with its template arguments, or a member of the type that it names."""
        words = [self._name()]
        while self._take("::"):
            words.append(self._name())
        known = [n for n in range(len(words)) if "::".join(words[:n]) in _SCOPES]
        depth = known[-1] if known else 0
        scope = _SCOPES.get("::".join(words[:depth]), "")
        if not depth and words != ["static_cast"] and words[0] not in _TYPES:
            raise self._error(f"{words[0]!r} is no namespace of the runtime or of the standard library")
        if len(words) - depth > 2:
            raise self._error(f"{'::'.join(words)!r} is nested too deeply")
        name = Named(words[depth], scope, self._template_arguments(), header=self.header if scope == OPS else "")
        if name.is_short and words[0] == "ts2cpp":
            name = replace(name, full=True)
        return C.StaticMember(name, words[-1]) if len(words) - depth == 2 else name

    def _name(self) -> str:
        kind, text = self._next()
        if kind != "name":
            raise self._error(f"a name is expected instead of {text!r}")
        return text

    def _template_arguments(self) -> tuple[TemplateArgument, ...] | None:
        """``<...>``, if what follows is that and no comparison: it holds types and numbers only."""
        start = self.position
        if not self._take("<"):
            return None
        found: list[TemplateArgument] = []
        while True:
            kind, text = self._next()
            if kind == "number" and text.isdigit():
                found.append(int(text))
            elif kind == "name":
                self.position -= 1
                inner = self._named()
                if not isinstance(inner, Type):
                    raise self._error(f"{inner.text()} is no type")
                found.append(inner)
            else:
                self.position = start
                return None
            if self._take(">"):
                return tuple(found)
            self._expect(",")


_TYPES = frozenset(("bool", "double", "float", "int"))
