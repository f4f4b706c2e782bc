"""Statements of the C++ tree, and lambdas, which hold statements."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field

from transpile.cpp.expressions import Binary, Braces, Call, Name, String
from transpile.cpp.names import AUTO, INT64, STRING, Const, Expr, Named, Type


class Stmt:
    """Base of statements."""

    def text(self, depth: int) -> str:
        """The lines of the statement, indented by two spaces a level; line breaks are clang-format's business."""
        raise NotImplementedError


def print_statements(statements: Iterable[Stmt], depth: int = 1) -> str:
    """Statements, one a line."""
    return "".join(s.text(depth) for s in statements)


def _pad(depth: int) -> str:
    return "  " * depth


def _block(head: str, body: list[Stmt], depth: int) -> str:
    """``head { body }`` without the line break at the end."""
    return f"{_pad(depth)}{head}{{\n{print_statements(body, depth + 1)}{_pad(depth)}}}"


# What lines are formatted to.
COLUMNS = 120


def line_comment(before: str, content: str, mark: str = "//") -> str:
    """The end of a line that begins with ``before``: ``content`` as a comment, cut where the line would be too long."""
    room = max(COLUMNS - len(before) - len(mark) - 1, 40)
    shown = content if len(content) <= room else f"{content[: room - 3].rstrip()}..."
    return f"{before}{mark} {shown}\n"


def comment_lines(before: str, content: str, mark: str = "//") -> str:
    """Lines of their own that begin with ``before`` and hold ``content`` as a comment."""
    room = max(COLUMNS - len(before) - len(mark) - 1, 40)
    lines = textwrap.wrap(content, room, subsequent_indent="    ", break_on_hyphens=False) or [""]
    # A backslash at the end of a line would take the next one into the comment.
    ends = [f"{line[:-1]}." if line.endswith("\\") else line for line in lines]
    return "".join(f"{before}{mark} {line}\n" for line in ends)


@dataclass
class Comment(Stmt):
    """A line comment; the text must have gone through the comment filter."""

    content: str

    def text(self, depth: int) -> str:
        return comment_lines(_pad(depth), self.content)


@dataclass
class Blank(Stmt):
    """An empty line."""

    def text(self, depth: int) -> str:
        return "\n"


@dataclass
class Evaluate(Stmt):
    expression: Expr
    comment: str = ""

    def text(self, depth: int) -> str:
        code = f"{_pad(depth)}{self.expression.text()};"
        return line_comment(f"{code}  ", self.comment) if self.comment else f"{code}\n"


@dataclass
class Construct:
    """How a variable is initialised if not with ``=``: ``name(a, b)``, or ``name{a, b}``."""

    arguments: list[Expr] = field(default_factory=list)
    braces: bool = False

    def text(self) -> str:
        inner = ", ".join(a.text() for a in self.arguments)
        return f"{{{inner}}}" if self.braces else f"({inner})"


@dataclass
class Declare(Stmt):
    """``type name = value;``, ``type name(a, b);``, ``type name{a, b};``, or ``type name;``."""

    type: Type
    name: str
    value: Expr | Construct | None = None
    static: bool = False

    def text(self, depth: int) -> str:
        tail = ""
        if isinstance(self.value, Construct):
            tail = self.value.text()
        elif self.value is not None:
            tail = f" = {self.value.text()}"
        return f"{_pad(depth)}{'static ' if self.static else ''}{self.type.text()} {self.name}{tail};\n"


def declare(type: Type, name: str, value: Expr, *, const: bool) -> Declare:
    """A declaration that says the type once: ``auto`` before a call that names it, braces of the declared type without it.

    A string that is empty at first needs no value.
    """
    if isinstance(value, Call) and isinstance(value.function, Named):
        function = value.function
        if function.name in _MAKES_ITS_ARGUMENT and function.arguments == (type,):
            return Declare(Const(AUTO) if const else AUTO, name, value)
    shown = Const(type) if const else type
    if isinstance(value, Braces) and value.type == type:
        return Declare(shown, name, Construct(value.items, braces=True))
    if type == STRING and not const and value == String(""):
        return Declare(shown, name)
    return Declare(shown, name, value)


# The function templates whose result has the type that they are given.
_MAKES_ITS_ARGUMENT = ("as", "get", "static_cast", "to_list")


@dataclass
class Bind(Stmt):
    """``const auto [a, b] = value;``; ``all_used`` is false if some of the names are not used."""

    names: list[str]
    value: Expr
    all_used: bool = True

    def text(self, depth: int) -> str:
        mark = "" if self.all_used else "[[maybe_unused]] "
        return f"{_pad(depth)}{mark}const auto [{', '.join(self.names)}] = {self.value.text()};\n"


@dataclass
class Assign(Stmt):
    target: Expr
    value: Expr
    operator: str = "="

    def text(self, depth: int) -> str:
        return f"{_pad(depth)}{self.target.text()} {self.operator} {self.value.text()};\n"


@dataclass
class If(Stmt):
    condition: Expr
    then: list[Stmt]
    otherwise: list[Stmt] = field(default_factory=list)

    def text(self, depth: int) -> str:
        text = _block(f"if ({self.condition.text()}) ", self.then, depth)
        if len(self.otherwise) == 1 and isinstance(self.otherwise[0], If):
            return f"{text} else {self.otherwise[0].text(depth).lstrip()}"
        if self.otherwise:
            text += f" else {_block('', self.otherwise, depth).lstrip()}"
        return text + "\n"


@dataclass
class While(Stmt):
    condition: Expr
    body: list[Stmt]

    def text(self, depth: int) -> str:
        return _block(f"while ({self.condition.text()}) ", self.body, depth) + "\n"


@dataclass
class CountingFor(Stmt):
    """``for (std::int64_t name = start; name < stop; ++name)``; a negative ``step`` counts down; another ``type`` may count."""

    name: str
    start: Expr
    stop: Expr
    step: int
    body: list[Stmt]
    type: Type = INT64

    def text(self, depth: int) -> str:
        goes_on = Binary("<" if self.step > 0 else ">", Name(self.name), self.stop)
        sign = "+" if self.step > 0 else "-"
        advance = f"{sign}{sign}{self.name}" if abs(self.step) == 1 else f"{self.name} {sign}= {abs(self.step)}"
        head = f"for ({self.type.text()} {self.name} = {self.start.text()}; {goes_on.text()}; {advance}) "
        return _block(head, self.body, depth) + "\n"


@dataclass
class RangeFor(Stmt):
    """``for (const auto& name : items)``, or ``[name, other]``; ``used`` is false if the body does not mention all names."""

    type: Type
    names: list[str]
    items: Expr
    body: list[Stmt]
    used: bool = True

    def text(self, depth: int) -> str:
        mark = "" if self.used else "[[maybe_unused]] "
        names = self.names[0] if len(self.names) == 1 else f"[{', '.join(self.names)}]"
        return _block(f"for ({mark}{self.type.text()} {names} : {self.items.text()}) ", self.body, depth) + "\n"


@dataclass
class Return(Stmt):
    value: Expr | None = None

    def text(self, depth: int) -> str:
        return f"{_pad(depth)}return{f' {self.value.text()}' if self.value is not None else ''};\n"


@dataclass
class Break(Stmt):
    def text(self, depth: int) -> str:
        return f"{_pad(depth)}break;\n"


@dataclass
class Continue(Stmt):
    def text(self, depth: int) -> str:
        return f"{_pad(depth)}continue;\n"


@dataclass
class Scope(Stmt):
    """A block in braces."""

    body: list[Stmt]

    def text(self, depth: int) -> str:
        return _block("", self.body, depth) + "\n"


# ---- functions


@dataclass
class Parameter:
    type: Type
    name: str
    default: Expr | None = None
    used: bool = True

    def text(self, declaration: bool) -> str:
        """``type name = default`` in a declaration; a definition names an unused parameter in a comment only."""
        type = self.type.text()
        if not declaration:
            return f"{type} {self.name}" if self.used else f"{type} /*{self.name}*/"
        tail = f" = {self.default.text()}" if self.default is not None else ""
        return f"{type} {self.name}{tail}"


@dataclass
class Capture:
    """What a lambda takes along: ``name = value``, or the name alone (``this``, ``&``)."""

    name: str
    value: Expr | None = None

    def text(self) -> str:
        return f"{self.name} = {self.value.text()}" if self.value is not None else self.name


@dataclass
class Lambda(Expr):
    """``[captures](parameters) { body }``; a body of one ``return`` is printed on one line by clang-format."""

    captures: list[Capture]
    parameters: list[Parameter]
    body: list[Stmt]

    def text(self) -> str:
        head = f"[{', '.join(c.text() for c in self.captures)}]"
        if self.parameters:
            head += f"({', '.join(p.text(False) for p in self.parameters)})"
        return f"{head} {{\n{print_statements(self.body)}}}"
