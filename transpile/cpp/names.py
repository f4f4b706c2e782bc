"""Types and qualified names: what C++ code mentions of the language, the standard library, the runtime and the program.

A name says where it is declared, so that the headers that a file needs can be read off its tree (``cpp/library.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

PRIMARY, POSTFIX, UNARY = 0, 1, 2
TERNARY, LOWEST = 15, 17

STD, RUNTIME, OPS, MATH, MACRO = "std", "ts2cpp", "ts2cpp::ops", "ts2cpp::math", "#"
# Names of the runtime that a generated file brings into the namespace of the model, if it uses them.
SHORT_NAMES = ("Dict", "DType", "IntSpan", "List", "Scalar", "Tensor", "TensorSpan")
_SHORT_SCOPES = {OPS: "ops", MATH: "math"}


class Expr:
    """Base of expressions.  They know their precedence, so that parentheses stand where C++ needs them and nowhere else."""

    @property
    def precedence(self) -> int:
        return PRIMARY

    def text(self) -> str:
        raise NotImplementedError

    def at(self, limit: int) -> str:
        """The text, in parentheses if it binds less tightly than ``limit``."""
        return f"({self.text()})" if self.precedence > limit else self.text()


class Type:
    """Base of types."""

    def text(self) -> str:
        raise NotImplementedError


TemplateArgument: TypeAlias = "Type | int"


def template_arguments(arguments: tuple[TemplateArgument, ...] | None) -> str:
    """``<a, b>``; nothing if a name has none."""
    if arguments is None:
        return ""
    return f"<{', '.join(str(a) if isinstance(a, int) else a.text() for a in arguments)}>"


@dataclass(frozen=True)
class Named(Type, Expr):
    """A name with its template arguments, of a type, a function or a constant: ``std::optional<double>``, ``ops::relu``.

    ``scope`` is the namespace that declares it, empty for the language and for the program itself.  ``full`` writes it with its
    whole scope, as code outside the program's namespace must.  ``header`` declares it, if ``cpp/library.py`` does not know that.
    """

    name: str
    scope: str = ""
    arguments: tuple[TemplateArgument, ...] | None = None
    full: bool = False
    header: str = field(default="", compare=False)

    @property
    def is_short(self) -> bool:
        """Whether a ``using`` declaration or a namespace alias lets the name be written with less than its whole scope."""
        return not self.full and (self.scope in _SHORT_SCOPES or (self.scope == RUNTIME and self.name in SHORT_NAMES))

    def text(self) -> str:
        scope = self.scope
        if scope == MACRO or (self.is_short and scope == RUNTIME):
            scope = ""
        elif self.is_short:
            scope = _SHORT_SCOPES[scope]
        return (
            f"{scope}::{self.name}{template_arguments(self.arguments)}"
            if scope
            else self.name + template_arguments(self.arguments)
        )


@dataclass(frozen=True)
class Const(Type):
    """``const T``."""

    inner: Type

    def text(self) -> str:
        return f"const {self.inner.text()}"


@dataclass(frozen=True)
class Reference(Type):
    """``T&``."""

    inner: Type

    def text(self) -> str:
        return f"{self.inner.text()}&"


@dataclass(frozen=True)
class Pointer(Type):
    """``T*``."""

    inner: Type

    def text(self) -> str:
        return f"{self.inner.text()}*"


@dataclass(frozen=True)
class StaticMember(Expr):
    """A member of a type: ``DType::float32``, ``Tensor::from_data<float>``."""

    owner: Type
    name: str
    arguments: tuple[TemplateArgument, ...] | None = None

    def text(self) -> str:
        return f"{self.owner.text()}::{self.name}{template_arguments(self.arguments)}"


def std(name: str, *arguments: TemplateArgument) -> Named:
    """A name of the standard library."""
    return Named(name, STD, arguments or None)


def runtime(name: str, *arguments: TemplateArgument) -> Named:
    """A name of the runtime, in namespace ``ts2cpp``."""
    return Named(name, RUNTIME, arguments or None)


def ops(name: str, *arguments: TemplateArgument, header: str) -> Named:
    """A tensor operator of the runtime, and the header that declares it."""
    return Named(name, OPS, arguments or None, header=header)


def math(name: str) -> Named:
    """A scalar function of the runtime."""
    return Named(name, MATH)


AUTO, BOOL, DOUBLE, FLOAT, VOID = (Named(name) for name in ("auto", "bool", "double", "float", "void"))
INT64, STRING, SIZE = std("int64_t"), std("string"), std("size_t")
NULLOPT = std("nullopt")
TENSOR, SCALAR, DTYPE = runtime("Tensor"), runtime("Scalar"), runtime("DType")
