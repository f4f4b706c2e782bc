"""A C++ syntax tree, as large as generated code needs.

Expressions know their precedence, so that the printer sets parentheses where C++ needs them and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

PRIMARY, POSTFIX, UNARY = 0, 1, 2
_BINARY = {
    "*": 4, "/": 4, "%": 4, "+": 5, "-": 5, "<<": 6, ">>": 6, "<": 8, "<=": 8, ">": 8, ">=": 8, "==": 9, "!=": 9,
    "&": 10, "^": 11, "|": 12, "&&": 13, "||": 14,
}  # fmt: skip
TERNARY, LOWEST = 15, 17
_COMPARISONS = frozenset(("<", "<=", ">", ">=", "==", "!="))
_BITWISE = frozenset(("&", "^", "|", "<<", ">>"))


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
class Expr:
    """Base of expressions."""

    @property
    def precedence(self) -> int:
        return PRIMARY

    def text(self) -> str:
        raise NotImplementedError

    def at(self, limit: int) -> str:
        """The text, in parentheses if it binds less tightly than ``limit``."""
        return f"({self.text()})" if self.precedence > limit else self.text()


@dataclass
class Name(Expr):
    """A name or literal: text that needs no parentheses anywhere."""

    name: str

    def text(self) -> str:
        return self.name

    @property
    def precedence(self) -> int:
        return UNARY if self.name.startswith("-") else PRIMARY


@dataclass
class Call(Expr):
    function: Expr | str
    arguments: list[Expr] = field(default_factory=list)

    @property
    def precedence(self) -> int:
        return POSTFIX

    def text(self) -> str:
        head = self.function if isinstance(self.function, str) else self.function.at(POSTFIX)
        return f"{head}({', '.join(a.text() for a in self.arguments)})"


@dataclass
class Braces(Expr):
    """``Type{a, b}``, or ``{a, b}`` without a type."""

    type: str
    items: list[Expr] = field(default_factory=list)

    def text(self) -> str:
        return f"{self.type}{{{', '.join(a.text() for a in self.items)}}}"


@dataclass
class Member(Expr):
    object: Expr
    name: str

    @property
    def precedence(self) -> int:
        return POSTFIX

    def text(self) -> str:
        if isinstance(self.object, Unary) and self.object.operator == "*":
            return f"{self.object.operand.at(POSTFIX)}->{self.name}"
        return f"{self.object.at(POSTFIX)}.{self.name}"


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
        return _BINARY[self.operator]

    def _side(self, operand: Expr, limit: int) -> str:
        return f"({operand.text()})" if _misread(self.operator, operand) else operand.at(limit)

    def text(self) -> str:
        return f"{self._side(self.left, self.precedence)} {self.operator} {self._side(self.right, self.precedence - 1)}"


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


@dataclass
class Lambda(Expr):
    """``[captures](parameters) { body }``; a body of one ``return`` is printed on one line by clang-format."""

    captures: list[str]
    parameters: list[str]
    body: list[Stmt]

    def text(self) -> str:
        from transpile.cpp.printer import print_statements

        head = f"[{', '.join(self.captures)}]"
        if self.parameters:
            head += f"({', '.join(self.parameters)})"
        return f"{head} {{\n{print_statements(self.body)}}}"


_TEMPLATE_BINARY = re.compile(r"\{(\d)\} (\S{1,2}) \{(\d)\}\Z")
_TEMPLATE_CALL = re.compile(r"([A-Za-z_][\w:<>]*)\((.*)\)\Z")
_TEMPLATE_METHOD = re.compile(r"\{0\}\.(\w+)\((.*)\)\Z")
_TEMPLATE_UNARY = re.compile(r"([-!~])\{0\}\Z")


def from_template(template: str, arguments: Sequence[Expr]) -> Expr:
    """The expression that an operator's C++ spelling stands for: infix, prefix, call, method or other text."""
    if match := _TEMPLATE_BINARY.match(template):
        if match.group(2) in _BINARY:
            return Binary(match.group(2), arguments[int(match.group(1))], arguments[int(match.group(3))])
    if match := _TEMPLATE_UNARY.match(template):
        return Unary(match.group(1), arguments[0])
    if match := _TEMPLATE_METHOD.match(template):
        return Call(Member(arguments[0], match.group(1)), _template_arguments(match.group(2), arguments))
    if match := _TEMPLATE_CALL.match(template):
        if match.group(2).count("(") == 0:
            return Call(match.group(1), _template_arguments(match.group(2), arguments))
    if template == "{0}":
        return arguments[0]
    return Raw(re.sub(r"\{(\d+)\}", lambda m: arguments[int(m.group(1))].at(POSTFIX), template))


def _template_arguments(text: str, arguments: Sequence[Expr]) -> list[Expr]:
    result: list[Expr] = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        match = re.fullmatch(r"\{(\d+)\}", part)
        if match:
            if int(match.group(1)) < len(arguments):
                result.append(arguments[int(match.group(1))])
        else:
            result.append(Name(re.sub(r"\{(\d+)\}", lambda m: arguments[int(m.group(1))].at(UNARY), part)))
    return result


@dataclass
class Raw(Expr):
    """Other text; put in parentheses wherever it is an operand."""

    content: str

    @property
    def precedence(self) -> int:
        return LOWEST

    def text(self) -> str:
        return self.content


# ---- statements


@dataclass
class Stmt:
    """Base of statements."""


@dataclass
class Comment(Stmt):
    """A line comment; the text must have gone through the comment filter."""

    content: str


@dataclass
class Blank(Stmt):
    """An empty line."""


@dataclass
class Evaluate(Stmt):
    expression: Expr
    comment: str = ""


@dataclass
class Declare(Stmt):
    """``type name = value;``; without a value, ``type name;``."""

    type: str
    name: str
    value: Expr | None = None


@dataclass
class Assign(Stmt):
    target: Expr
    value: Expr
    operator: str = "="


@dataclass
class If(Stmt):
    condition: Expr
    then: list[Stmt]
    otherwise: list[Stmt] = field(default_factory=list)


@dataclass
class While(Stmt):
    condition: Expr
    body: list[Stmt]


@dataclass
class For(Stmt):
    """``for (head) { body }``; ``head`` is the text between the parentheses."""

    head: str
    body: list[Stmt]


@dataclass
class Return(Stmt):
    value: Expr | None = None


@dataclass
class Break(Stmt):
    pass


@dataclass
class Continue(Stmt):
    pass


@dataclass
class Scope(Stmt):
    """A block in braces."""

    body: list[Stmt]


# ---- declarations


@dataclass
class Parameter:
    type: str
    name: str
    default: Expr | None = None
    used: bool = True

    def text(self, declaration: bool) -> str:
        """``type name = default`` in a declaration; a definition names an unused parameter in a comment only."""
        if not declaration:
            return f"{self.type} {self.name}" if self.used else f"{self.type} /*{self.name}*/"
        tail = f" = {self.default.text()}" if self.default is not None else ""
        return f"{self.type} {self.name}{tail}"


@dataclass
class Function:
    """A function or, with ``owner``, a member function."""

    name: str
    result: str
    parameters: list[Parameter]
    body: list[Stmt]
    owner: str = ""
    const: bool = False
    comments: list[str] = field(default_factory=list)
    override: bool = False
    pure: bool = False  # virtual, and defined by others


@dataclass
class Field:
    type: str
    name: str
    initial: Expr | None = None
    comment: str = ""


@dataclass
class Struct:
    name: str
    fields: list[Field] = field(default_factory=list)
    methods: list[Function] = field(default_factory=list)
    structs: list[Struct] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    inline_methods: list[Function] = field(default_factory=list)  # written out where they are declared
    bases: list[str] = field(default_factory=list)


@dataclass
class Enum:
    """``enum class name : underlying { first = 1, second = 2 };``; members without a value are counted from 0."""

    name: str
    members: list[tuple[str, Expr | None]]
    underlying: str = ""
    comments: list[str] = field(default_factory=list)
