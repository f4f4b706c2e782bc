"""Operators that are short programs over other operators: ``1 - x`` on a tensor, ``"a" in s``, ``x.shape``.

TorchScript expands them where they are called; the nodes keep a location inside the snippet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from transpile.core.schema import Schema, parse_schema
from transpile.core.source import Source, SourceRange
from transpile.ir.graph import Value

if TYPE_CHECKING:
    from transpile.script.emitter import Emitter

_SOURCE = Source("", "<string>")


@dataclass(frozen=True)
class Snippet:
    """A schema and the function that inserts its nodes for given arguments."""

    schema: Schema
    expand: Callable[..., Value]


def _at(line: int, col: int) -> SourceRange:
    return _SOURCE.range(line, col)


SNIPPETS: dict[str, list[Snippet]] = {}


def _add(schema: str, expand: Callable[..., Value]) -> None:
    parsed = parse_schema(schema)
    SNIPPETS.setdefault(parsed.name, []).append(Snippet(parsed, expand))


def _swapped(operator: str, line: int) -> Callable[..., Value]:
    def expand(e: Emitter, a: Value, b: Value) -> Value:
        return e.operator(operator, _at(line, 9), [b, a])

    return expand


def _subtract(e: Emitter, a: Value, b: Value) -> Value:
    return e.operator("aten::add", _at(11, 9), [e.operator("aten::neg", _at(11, 9), [b]), a])


def _divide(e: Emitter, a: Value, b: Value) -> Value:
    return e.operator("aten::mul", _at(13, 9), [e.operator("aten::reciprocal", _at(13, 9), [b]), a])


def _text_contains(e: Emitter, text: Value, key: Value) -> Value:
    zero = e.constant(0, _at(5, 26))
    minus_one = e.constant(-1, _at(5, 44))
    length = e.operator("aten::len", _at(5, 29), [text])
    found = e.operator("aten::find", _at(5, 11), [text, key, zero, length])
    return e.operator("aten::ne", _at(5, 11), [found, minus_one])


for _scalar in ("float", "int", "complex"):
    for _name, _expand in (
        ("mul", _swapped("aten::mul", 3)),
        ("add", _swapped("aten::add", 5)),
        ("ne", _swapped("aten::ne", 7)),
        ("eq", _swapped("aten::eq", 9)),
        ("sub", _subtract),
        ("div", _divide),
    ):
        _add(f"aten::{_name}({_scalar} a, Tensor b) -> Tensor", _expand)
for _scalar in ("float", "int"):
    for _name, _mirror, _line in (("lt", "gt", 3), ("le", "ge", 5), ("gt", "lt", 7), ("ge", "le", 9)):
        _add(f"aten::{_name}({_scalar} a, Tensor b) -> Tensor", _swapped(f"aten::{_mirror}", _line))
_add("aten::__contains__(str self, str key) -> bool", _text_contains)

# What PyTorch 1.6 and earlier traced.
_add(
    "aten::_convolution.deprecated(Tensor input, Tensor weight, Tensor? bias, int[] stride, int[] padding, int[] dilation, "
    "bool transposed, int[] output_padding, int groups, bool benchmark, bool deterministic, bool cudnn_enabled) -> Tensor",
    lambda e, *given: e.operator("aten::_convolution", given[0].node.range, [*given, e.constant(True, None)]),
)

# The list parameter takes one number for all; nothing else is to be done.
for _name, _count in (("_single", 1), ("_pair", 2), ("_triple", 3), ("_quadruple", 4)):
    for _element in ("int", "float"):
        _add(f"aten::{_name}({_element}[{_count}] x) -> {_element}[]", lambda e, x: x)
_add("aten::list_with_default(int[] out_size, int[] defaults) -> int[]", lambda e, out_size, defaults: out_size)

# Where ``x // y`` on tensors becomes a floor division.
FLOOR_DIVIDE = _at(3, 9)

# Attributes of tensors that are calls of other operators.
PROPERTIES: dict[str, tuple[str, SourceRange]] = {
    "ndim": ("aten::dim", _at(3, 9)),
    "T": ("aten::numpy_T", _at(5, 9)),
    "H": ("aten::matrix_H", _at(7, 9)),
    "shape": ("aten::size", _at(13, 9)),
}
