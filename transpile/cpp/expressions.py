"""Expressions of the C++ tree: variables, literals, calls and operators."""

from __future__ import annotations

import math as _math
from collections.abc import Sequence
from dataclasses import dataclass, field

from transpile.cpp.literals import float_literal, int_literal, quoted
from transpile.cpp.names import (
    DOUBLE,
    FLOAT,
    INT64,
    MACRO,
    POSTFIX,
    PRIMARY,
    STRING,
    TERNARY,
    UNARY,
    Expr,
    Named,
    StaticMember,
    TemplateArgument,
    Type,
    std,
    template_arguments,
)

# Infix operators with their precedences: the smaller binds the more tightly.
INFIX = {
    "*": 4, "/": 4, "%": 4, "+": 5, "-": 5, "<<": 6, ">>": 6, "<": 8, "<=": 8, ">": 8, ">=": 8, "==": 9, "!=": 9,
    "&": 10, "^": 11, "|": 12, "&&": 13, "||": 14,
}  # fmt: skip
_COMPARISONS = frozenset(("<", "<=", ">", ">=", "==", "!="))
_BITWISE = frozenset(("&", "^", "|", "<<", ">>"))


@dataclass
class Name(Expr):
    """A variable, member or function of the program."""

    name: str

    def text(self) -> str:
        return self.name


@dataclass
class Omitted(Expr):
    """Keeps the place of an argument that the callee does not take; never printed."""

    def text(self) -> str:
        raise TypeError("an argument that is left out has no text")


@dataclass
class Noted(Expr):
    """``/*name=*/value``: an argument with the name of its parameter, where the value alone says too little."""

    name: str
    value: Expr

    @property
    def precedence(self) -> int:
        return self.value.precedence

    def text(self) -> str:
        return f"/*{self.name}=*/{self.value.text()}"


# ---- literals


@dataclass
class Boolean(Expr):
    value: bool

    def text(self) -> str:
        return "true" if self.value else "false"


@dataclass
class Integer(Expr):
    """A literal of at most 32 bits; ``integer`` makes those of larger numbers too."""

    value: int

    @property
    def precedence(self) -> int:
        return UNARY if self.value < 0 else PRIMARY

    def text(self) -> str:
        return int_literal(self.value)


@dataclass
class Floating(Expr):
    """A finite literal, of type ``float`` if ``single``; ``floating`` makes the others too."""

    value: float
    single: bool = False

    @property
    def precedence(self) -> int:
        return UNARY if self.text().startswith("-") else PRIMARY

    def text(self) -> str:
        return float_literal(self.value) + ("F" if self.single else "")


@dataclass
class String(Expr):
    """A string literal; a NUL would end it, which ``string`` sees to."""

    value: str

    def text(self) -> str:
        return quoted(self.value)


def integer(value: int) -> Expr:
    """A literal of a 64-bit integer; the smallest one cannot be written as one token."""
    if -(2**31) <= value < 2**31:
        return Integer(value)
    if value == -(2**63):
        return Call(StaticMember(std("numeric_limits", INT64), "min"))
    if not -(2**63) < value < 2**63:
        raise OverflowError(f"{value} does not fit into 64 bits")
    large = Call(Named("INT64_C", MACRO), [Digits(abs(value))])
    return Unary("-", large) if value < 0 else large


@dataclass
class Digits(Expr):
    """The argument of ``INT64_C``."""

    value: int

    def text(self) -> str:
        return str(self.value)


def floating(value: float, *, single: bool = False) -> Expr:
    """A literal that reads back as the same double, or as the same ``float`` if ``single``."""
    if _math.isfinite(value):
        return Floating(value, single)
    name = "quiet_NaN" if _math.isnan(value) else "infinity"
    special: Expr = Call(StaticMember(std("numeric_limits", DOUBLE), name))
    if value < 0:
        special = Unary("-", special)
    return static_cast(FLOAT, special) if single else special


def string(text: str) -> Expr:
    """A string literal; a NUL inside makes it a ``std::string`` with its length."""
    if "\0" not in text:
        return String(text)
    return Call(STRING, [String(text), Integer(len(text.encode("utf-8", "surrogatepass")))])


# ---- calls and operators


@dataclass
class Call(Expr):
    """``function(a, b)``; a type as the function makes a value of it."""

    function: Expr
    arguments: list[Expr] = field(default_factory=list)

    @property
    def precedence(self) -> int:
        return POSTFIX

    def text(self) -> str:
        return f"{self.function.at(POSTFIX)}({', '.join(a.text() for a in self.arguments)})"


def static_cast(type: Type, value: Expr) -> Call:
    """``static_cast<type>(value)``."""
    return Call(Named("static_cast", arguments=(type,)), [value])


@dataclass
class Braces(Expr):
    """``Type{a, b}``, or ``{a, b}`` without a type."""

    type: Type | None
    items: list[Expr] = field(default_factory=list)

    def text(self) -> str:
        type = self.type.text() if self.type is not None else ""
        return f"{type}{{{', '.join(a.text() for a in self.items)}}}"


@dataclass
class Member(Expr):
    """``object.name``, ``pointer->name`` if the object is ``*pointer``, with template arguments if it has any."""

    object: Expr
    name: str
    arguments: tuple[TemplateArgument, ...] | None = None

    @property
    def precedence(self) -> int:
        return POSTFIX

    def text(self) -> str:
        name = self.name + template_arguments(self.arguments)
        if isinstance(self.object, Unary) and self.object.operator == "*":
            return f"{self.object.operand.at(POSTFIX)}->{name}"
        return f"{self.object.at(POSTFIX)}.{name}"


@dataclass
class Index(Expr):
    object: Expr
    index: Expr

    @property
    def precedence(self) -> int:
        return POSTFIX

    def text(self) -> str:
        return f"{self.object.at(POSTFIX)}[{self.index.text()}]"


@dataclass
class Unary(Expr):
    operator: str
    operand: Expr

    @property
    def precedence(self) -> int:
        return UNARY

    def text(self) -> str:
        inner = self.operand.at(UNARY)
        return f"{self.operator}({inner})" if inner.startswith(self.operator) else f"{self.operator}{inner}"


@dataclass
class Binary(Expr):
    operator: str
    left: Expr
    right: Expr

    @property
    def precedence(self) -> int:
        return INFIX[self.operator]

    def _side(self, operand: Expr, limit: int) -> str:
        return f"({operand.text()})" if _misread(self.operator, operand) else operand.at(limit)

    def text(self) -> str:
        return f"{self._side(self.left, self.precedence)} {self.operator} {self._side(self.right, self.precedence - 1)}"


@dataclass
class Overloaded(Binary):
    """An infix operator that ``function`` stands for, whose header declares it."""

    function: Named


def _misread(operator: str, operand: Expr) -> bool:
    """Whether compilers ask for parentheses around an operand although C++ needs none."""
    if isinstance(operand, Unary):
        return operand.operator == "!" and operator in _COMPARISONS | _BITWISE
    if not isinstance(operand, Binary):
        return False
    if operator in _BITWISE:
        return operand.operator != operator or operator in ("<<", ">>")
    return (operator == "||" and operand.operator == "&&") or (
        operator in _COMPARISONS and operand.operator in _COMPARISONS
    )


@dataclass
class Ternary(Expr):
    condition: Expr
    then: Expr
    otherwise: Expr

    @property
    def precedence(self) -> int:
        return TERNARY

    def text(self) -> str:
        parts = (self.condition.at(TERNARY - 1), self.then.at(TERNARY - 1), self.otherwise.at(TERNARY))
        return f"{parts[0]} ? {parts[1]} : {parts[2]}"


def negate(condition: Expr) -> Expr:
    """The opposite of a condition, without a double negation."""
    match condition:
        case Unary("!", operand):
            return operand
        case Binary("==", left, right):
            return Binary("!=", left, right)
        case Binary("!=", left, right):
            return Binary("==", left, right)
        case Binary("&&" | "||" as joined, left, right):
            sides = negate(left), negate(right)
            if not any(isinstance(after, Unary) for after in sides):  # else it is shorter as it stands
                return Binary("||" if joined == "&&" else "&&", *sides)
    return Unary("!", condition)


_MIRRORED = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


def literal_last(comparison: Expr) -> Expr:
    """``x == 2`` for ``2 == x``; all else as it is."""
    match comparison:
        case Binary(operator, left, right) if operator in _MIRRORED and is_literal(left) and not is_literal(right):
            return Binary(_MIRRORED[operator], right, left)
    return comparison


def is_literal(value: Expr) -> bool:
    """Whether an expression is a number, a truth value, nothing, or a list of such."""
    match value:
        case Boolean() | Integer() | Floating():
            return True
        case Braces(_, items):
            return bool(items) and all(map(is_literal, items))
        case Unary("-", operand):
            return is_literal(operand)
        case Named("nullopt"):
            return True
    return False


def noted(names: Sequence[str], values: Sequence[Expr]) -> list[Expr]:
    """The arguments of a call, with names where literals alone say too little: truth values, what is left out, several lists,
    and more than two numbers."""
    literals = [v for v in values if is_literal(v)]
    many = len(literals) > 2 or sum(isinstance(v, Braces) for v in literals) > 1
    told = (Boolean, Named)
    return [
        Noted(name, value) if is_literal(value) and (many or isinstance(value, told)) else value
        for name, value in zip(names, values, strict=True)
    ]
