"""Operator and function schemas in PyTorch's notation: parsing and printing.

    aten::add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)

The alias annotations (``(a!)`` is written to, ``(a)`` may be the same memory) are what alias analysis goes by.
"""

from __future__ import annotations

import enum
import functools
import re
from dataclasses import dataclass, field, replace
from typing import Any

from transpile.core import types as T

_SIMPLE: dict[str, T.Type] = {
    "int": T.INT, "SymInt": T.INT, "float": T.FLOAT, "bool": T.BOOL, "str": T.STR, "complex": T.COMPLEX,
    "NoneType": T.NONE, "None": T.NONE, "Scalar": T.NUMBER, "number": T.NUMBER, "Device": T.DEVICE,
    "Generator": T.GENERATOR, "Stream": T.STREAM, "Any": T.ANY, "Function": T.FUNCTION, "Tensor": T.TENSOR,
    "ScalarType": T.INT, "Layout": T.INT, "MemoryFormat": T.INT, "list": T.ANY_LIST, "tuple": T.ANY_TUPLE,
    "AnyListType": T.ANY_LIST, "AnyTupleType": T.ANY_TUPLE,
    "AnyClassType": T.ANY_CLASS, "AnyEnumType": T.ANY_ENUM, "Storage": T.STORAGE, "QScheme": T.QSCHEME,
}  # fmt: skip
_SPECIAL_INTS = ("ScalarType", "Layout", "MemoryFormat")
_IGNORED_NAMES = frozenset(
    (
        "device",
        "pin_memory",
        "non_blocking",
        "cudnn_enabled",
        "cudnn_enable",
        "benchmark",
        "deterministic",
        "allow_tf32",
    )
)
_MISSING: Any = object()
_ESCAPES = {"n": "\n", "t": "\t", "f": "\f", "v": "\v", "r": "\r"}
_UNESCAPES = {**{v: "\\" + k for k, v in _ESCAPES.items()}, "\\": "\\\\", '"': '\\"', "'": "\\'"}


@dataclass(frozen=True)
class AliasInfo:
    """``(a! -> b)``: the memory sets a value belongs to, whether it is written to, and the sets it belongs to after."""

    before: frozenset[str]
    write: bool = False
    after: frozenset[str] = frozenset()

    def __str__(self) -> str:
        text = "|".join(sorted(self.before)) + ("!" if self.write else "")
        if self.after and self.after != self.before:
            text += " -> " + "|".join(sorted(self.after))
        return f"({text})"


@dataclass(frozen=True)
class Argument:
    """An argument or a return of a schema.

    ``size`` is the N of ``int[N]`` (a single int is accepted and repeated).  ``special`` is the schema's own name of a
    type that TorchScript sees as int: ScalarType, Layout or MemoryFormat.
    """

    name: str
    type: T.Type
    default: Any = _MISSING
    kwarg_only: bool = False
    alias: AliasInfo | None = None
    element_alias: AliasInfo | None = None
    size: int | None = None
    special: str = ""

    @property
    def has_default(self) -> bool:
        return self.default is not _MISSING

    @property
    def default_fits(self) -> bool:
        """Whether there is a default that is a value of the type: TorchScript lets None be that of a tensor too."""
        return self.has_default and not (self.default is None and isinstance(self.type, T.TensorType))

    @property
    def writes(self) -> bool:
        return self.alias is not None and self.alias.write

    @property
    def ignored(self) -> bool:
        """Whether no kernel looks at it: placement and tuning knobs that mean nothing for strided CPU tensors."""
        return self.special in ("Layout", "MemoryFormat") or self.name in _IGNORED_NAMES

    def _type_text(self) -> str:
        return _spell(self.type, self.special, self.size, self.alias, self.element_alias)

    def __str__(self) -> str:
        text = self._type_text()
        if self.name:
            text += f" {self.name}"
        if self.has_default:
            text += f"={format_default(self.default)}"
        return text


def _spell(type: T.Type, special: str, size: int | None, alias: AliasInfo | None, inner: AliasInfo | None) -> str:
    shown = str(alias) if alias else ""
    if isinstance(type, T.OptionalType):
        return _spell(type.element, special, size, alias, inner) + "?"
    if isinstance(type, T.ListType):
        element = _spell(type.element, special, None, inner, None)
        return f"{element}[{size if size is not None else ''}]{shown}"
    if isinstance(type, T.TupleType):
        if type.name:
            return type.name + shown
        # The fields of an operator's results are not part of the spelling.
        return f"({', '.join(_spell(e, '', None, None, None) for e in type.elements)}){shown}"
    return (special or type.schema()) + shown


def format_default(value: Any) -> str:
    """A default value as schemas print it."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(_UNESCAPES.get(c, c) for c in value) + '"'
    if isinstance(value, float):
        return format_float(value)
    if isinstance(value, enum.Enum):
        return f"Enum<{type(value).__name__}.{value.name}>"
    if isinstance(value, tuple):
        # Strings inside a tuple have no quotes.
        parts = [v if isinstance(v, str) else format_default(v) for v in value]
        return "(" + ", ".join(parts) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, list):
        return "[" + ", ".join(format_default(v) for v in value) + "]"
    return str(value)


def format_float(value: float) -> str:
    """A float as TorchScript writes constants: 17 significant digits, a trailing dot for whole numbers below 1e10."""
    if value != value:
        return "nan"
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    text = f"{value:.17g}"
    return text if re.search(r"[.e]", text) or abs(value) >= 1e10 else text + "."


@dataclass(frozen=True)
class Schema:
    """A parsed schema.  ``name`` has its namespace (``aten::add``), ``overload`` may be empty."""

    name: str
    overload: str
    arguments: tuple[Argument, ...]
    returns: tuple[Argument, ...]
    is_vararg: bool = False
    is_varret: bool = False
    _cache: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def qualified_name(self) -> str:
        """``aten::add.Tensor``."""
        return f"{self.name}.{self.overload}" if self.overload else self.name

    @property
    def is_mutable(self) -> bool:
        return any(a.writes for a in self.arguments)

    @property
    def positional(self) -> tuple[Argument, ...]:
        return tuple(a for a in self.arguments if not a.kwarg_only)

    def index_of(self, name: str) -> int:
        """The position of the argument called ``name``; ``KeyError`` if there is none."""
        table = self._cache.setdefault("index", {a.name: i for i, a in enumerate(self.arguments)})
        return int(table[name])

    def renamed(self, name: str, overload: str = "") -> Schema:
        return replace(self, name=name, overload=overload, _cache={})

    def __str__(self) -> str:
        shown: list[str] = []
        for argument in self.arguments:
            if argument.kwarg_only and "*" not in shown:
                shown.append("*")
            shown.append(str(argument))
        if self.is_vararg:
            shown.append("...")
        returns = [str(r) for r in self.returns] + (["..."] if self.is_varret else [])
        result = returns[0] if len(returns) == 1 and not self._wrap_return() else f"({', '.join(returns)})"
        return f"{self.qualified_name}({', '.join(shown)}) -> {result}"

    def _wrap_return(self) -> bool:
        return bool(self.returns) and str(self.returns[0]).startswith("(")


_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
        |(?P<number>-?(?:inf|nan)\b(?!\s*=)|-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)
        |(?P<name>[A-Za-z_][\w.]*)|(?P<punct>->|\.\.\.|::|[()\[\]{},*=!?|<>:-]))""",
    re.VERBOSE,
)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text.rstrip()):
            match = _TOKEN.match(text, at)
            if match is None:
                raise ValueError(f"schema {text!r}: unexpected character at {at}")
            self.tokens.append((str(match.lastgroup), match.group(str(match.lastgroup))))
            at = match.end()
        self.at = 0

    def peek(self, offset: int = 0) -> str:
        index = self.at + offset
        return self.tokens[index][1] if index < len(self.tokens) else ""

    def next(self) -> str:
        if self.at >= len(self.tokens):
            raise ValueError(f"schema {self.text!r}: ends too early")
        token = self.peek()
        self.at += 1
        return token

    def accept(self, text: str) -> bool:
        if self.peek() == text:
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise ValueError(f"schema {self.text!r}: expected {text!r} but found {self.peek()!r}")

    def schema(self) -> Schema:
        name = self.next()
        if self.accept("::"):
            name += "::" + self.next()
        name, _, overload = name.partition(".")
        self.expect("(")
        arguments: list[Argument] = []
        vararg = kwarg_only = False
        while not self.accept(")"):
            if self.accept("*"):
                kwarg_only = True
            elif self.accept("..."):
                vararg = True
            else:
                arguments.append(self.argument(kwarg_only))
            self.accept(",")
        self.expect("->")
        returns: list[Argument] = []
        varret = False
        if self.accept("..."):
            varret = True
        elif self.accept("("):
            while not self.accept(")"):
                if self.accept("..."):
                    varret = True
                else:
                    returns.append(self.argument(False))
                self.accept(",")
        else:
            returns.append(self.argument(False))
        return Schema(name, overload, tuple(arguments), tuple(returns), vararg, varret)

    def argument(self, kwarg_only: bool) -> Argument:
        type, special, size, alias, element_alias = self.type()
        name = ""
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "name":
            name = self.next()
        default: Any = _MISSING
        if self.accept("="):
            default = self.literal(type)
        return Argument(name, type, default, kwarg_only, alias, element_alias, size, special)

    def type(self) -> tuple[T.Type, str, int | None, AliasInfo | None, AliasInfo | None]:
        special = ""
        type: T.Type
        if self.accept("("):
            elements = []
            while not self.accept(")"):
                elements.append(self.type()[0])
                self.accept(",")
            type = T.TupleType(tuple(elements))
        else:
            name = self.next()
            if name in ("Dict", "Future", "Await", "RRef", "Union"):
                self.expect("(")
                parts = []
                while not self.accept(")"):
                    parts.append(self.type()[0])
                    self.accept(",")
                if name == "Dict":
                    type = T.DictType(parts[0], parts[1])
                elif name == "Union":
                    type = T.union(parts)
                else:
                    type = T.FutureType(parts[0])
            elif name in _SIMPLE:
                type = _SIMPLE[name]
                special = name if name in _SPECIAL_INTS else ""
            elif re.fullmatch(r"t[A-Za-z0-9]*", name):
                type = T.VarType(name)
            else:
                type = T.ClassType(name)
        alias = self.alias()
        element_alias: AliasInfo | None = None
        size: int | None = None
        while True:
            if self.accept("?"):
                type = T.OptionalType(type)
            elif self.peek() == "[":
                self.next()
                if self.peek() != "]":
                    size = int(self.next())
                self.expect("]")
                type = T.ListType(type)
                element_alias, alias = alias, self.alias()
            else:
                return type, special, size, alias, element_alias

    def alias(self) -> AliasInfo | None:
        if self.peek() != "(":
            return None
        self.next()
        sets: list[set[str]] = [set(), set()]
        side, write = 0, False
        while not self.accept(")"):
            token = self.next()
            if token == "!":
                write = True
            elif token == "->":
                side = 1
            elif token != "|":
                sets[side].add(token)
        return AliasInfo(frozenset(sets[0]), write, frozenset(sets[1]))

    def literal(self, type: T.Type) -> Any:
        if self.accept("["):
            inner = type.element if isinstance(type, T.OptionalType) else type
            element = inner.element if isinstance(inner, T.ListType) else inner
            values = []
            while not self.accept("]"):
                values.append(self.literal(element))
                self.accept(",")
            return values
        kind = self.tokens[self.at][0] if self.at < len(self.tokens) else ""
        token = self.next()
        if kind == "string":
            return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m.group(1), m.group(1)), token[1:-1])
        if kind == "number":
            base = type.element if isinstance(type, T.OptionalType) else type
            if base == T.FLOAT or re.search(r"[.einf]", token):
                return float(token)
            return int(token)
        named = {"None": None, "True": True, "False": False, "contiguous_format": 0, "strided": 0, "long": 4, "Mean": 1}
        if token in named:
            return named[token]
        return token


_PLAIN = re.compile(r"([\w:]+)(?:\.(\w+))?\(([^\"\']*)\) -> (?!\()([^\"\']+)")
_BETWEEN = re.compile(r",\s*(?![^(\[]*[)\]])")  # commas that are in no brackets; plain schemas nest none


@functools.lru_cache(maxsize=8192)
def parse_schema(text: str) -> Schema:
    """Parse a schema; ``ValueError`` says what is wrong with the text."""
    plain = _PLAIN.fullmatch(text)
    if plain is not None and "((" not in text and "..." not in text:
        return _plain_schema(*plain.groups(default=""))
    parser = _Parser(text)
    schema = parser.schema()
    if parser.at != len(parser.tokens):
        raise ValueError(f"schema {text!r}: unexpected {parser.peek()!r} at the end")
    return schema


def _plain_schema(name: str, overload: str, arguments: str, returned: str) -> Schema:
    """A schema whose arguments can be told apart by their commas.

    Thousands are parsed when the library is loaded, and most of their arguments are spelled alike: each spelling is parsed
    once.
    """
    parsed: list[Argument] = []
    kwarg_only = False
    for part in _BETWEEN.split(arguments) if arguments else ():
        if part == "*":
            kwarg_only = True
        else:
            parsed.append(_argument(part, kwarg_only))
    return Schema(name, overload, tuple(parsed), (_argument(returned, False),))


@functools.lru_cache(maxsize=4096)
def _argument(text: str, kwarg_only: bool) -> Argument:
    parser = _Parser(text)
    argument = parser.argument(kwarg_only)
    if parser.at != len(parser.tokens):
        raise ValueError(f"argument {text!r}: unexpected {parser.peek()!r} at the end")
    return argument
