"""The text form of graphs, as TorchScript prints them.

graph(%x.1 : Tensor,
      %n.1 : int):
  %2 : int = prim::Constant[value=1]()
  %3 : Tensor = aten::add(%x.1, %n.1, %2) # model.py:4:11
  return (%3)
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from transpile.core import types as T
from transpile.core.dtype import DType, from_numpy
from transpile.core.schema import format_float
from transpile.ir.graph import Block, Graph, Node, Value

_STRING_ESCAPES = {
    "\\": "\\\\", "'": "\\'", '"': '\\"', "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r",
    "\t": "\\t", "\v": "\\v",
}  # fmt: skip


_show_locations = [True]


def show_locations(on: bool) -> None:
    """Whether graphs are printed with the source line of each node, unless told otherwise."""
    _show_locations[0] = on


def shows_locations() -> bool:
    """What ``show_locations`` was set to last."""
    return _show_locations[0]


def print_graph(graph: Graph, *, locations: bool | None = None) -> str:
    """The whole graph, the graphs it holds (forked functions) after it; ends with a newline."""
    printer = _Printer(shows_locations() if locations is None else locations)
    printer.graph(graph)
    return "".join(printer.out)


def print_node(node: Node, *, locations: bool = True) -> str:
    """One node with its blocks."""
    printer = _Printer(locations)
    printer.node(node, 0)
    return "".join(printer.out)


class _Printer:
    def __init__(self, locations: bool) -> None:
        self.locations = locations
        self.out: list[str] = []
        self.subgraphs: list[tuple[str, Graph]] = []

    def graph(self, graph: Graph) -> None:
        self.out.append(f"graph({_typed(graph.inputs, ',' + chr(10) + '      ')}):\n")
        self.nodes(graph.block, 1)
        self.out.append(f"  return ({_names(graph.outputs)})\n")
        pending, self.subgraphs = self.subgraphs, []
        for name, subgraph in pending:
            self.out.append(f"with {name} = ")
            self.graph(subgraph)

    def nodes(self, block: Block, level: int) -> None:
        for node in block.nodes:
            self.node(node, level)

    def node(self, node: Node, level: int) -> None:
        line = "  " * level + _typed(node.outputs, ", ") + " = " + self.kind(node)
        line += f"({_names(node.inputs)})"
        if node.scope:
            line += f", scope: {node.scope}"
        if self.locations and node.range is not None:
            line += f" # {node.range.location}"
        self.out.append(line + "\n")
        for index, block in enumerate(node.blocks):
            self.out.append("  " * (level + 1) + f"block{index}({_typed(block.params, ', ')}):\n")
            self.nodes(block, level + 2)
            self.out.append("  " * (level + 2) + f"-> ({_names(block.returns)})\n")

    def kind(self, node: Node) -> str:
        if node.kind == "prim::PythonOp":
            return f"^{node.attributes['name']}[]()"
        shown = []
        kind = node.kind
        for name, value in node.attributes.items():
            if isinstance(value, Graph):
                kind = f"{node.kind}_{len(self.subgraphs)}"
                self.subgraphs.append((kind, value))
            elif (text := attribute_text(value, node)) is not None:
                shown.append(f"{name}={text}")
        return f"{kind}[{', '.join(shown)}]" if shown or (node.kind == "prim::Constant" and node.attributes) else kind


def _typed(values: Iterable[Value], separator: str) -> str:
    return separator.join(f"%{v.unique_name} : {_type(v.type)}" for v in values)


def _type(type: T.Type) -> str:
    """A type as graphs spell it: the schema's spelling, but for futures."""
    if isinstance(type, T.FutureType):
        return f"Future[{_type(type.element)}]"
    text = type.schema()
    for inner in type.contained():
        if "Future(" in inner.schema():
            text = text.replace(inner.schema(), _type(inner))
    return text


def _names(values: Iterable[Value]) -> str:
    return ", ".join(f"%{v.unique_name}" for v in values)


def attribute_text(value: Any, node: Node | None = None) -> str | None:
    """An attribute's value as graphs print it; ``None`` for attributes that are not shown (Python objects)."""
    if isinstance(value, T.Type):
        return value.schema()
    if isinstance(value, (list, tuple)) and value and all(isinstance(v, T.Type) for v in value):
        return f"[{', '.join(v.schema() for v in value)}]"
    type = node.outputs[0].type if node is not None and node.kind == "prim::Constant" else None
    return constant_text(value, type, nested=False)


def constant_text(value: Any, type: T.Type | None = None, *, nested: bool = True) -> str | None:
    """A constant as graphs print it; ``None`` if it has no text form."""
    if isinstance(value, enum.Enum):
        name = type.annotation() if isinstance(type, T.EnumType) else type_name(value)
        return f"{name}.{value.name}"
    if isinstance(value, (bool, np.bool_)):
        # Inside a container a bool is written out; alone it is a number, as its type stands beside it.
        return str(bool(value)) if nested else str(int(value))
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, float):
        return format_float(value)
    if isinstance(value, complex):
        return f"{format_float(value.real)}+{format_float(value.imag)}j"
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, DType):
        return str(value.code)
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return _tensor_text(value)
    if isinstance(value, list):
        return _list_text(value, type)
    if isinstance(value, tuple):
        types: Sequence[T.Type | None] = type.elements if isinstance(type, T.TupleType) else [None] * len(value)
        parts = [constant_text(v, t) or "<object>" for v, t in zip(value, types, strict=True)]
        return f"({', '.join(parts)})" if len(parts) != 1 else f"({parts[0]},)"
    if isinstance(value, dict):
        entries = (f"{constant_text(k)}: {constant_text(v)}" for k, v in value.items())
        return "{" + ", ".join(entries) + "}"
    return None


def type_name(value: enum.Enum) -> str:
    """The qualified name of an enum member's class when no type is at hand."""
    cls = value.__class__
    return f"__torch__.{cls.__module__}.{cls.__qualname__}"


def _list_text(value: list[Any], type: T.Type | None) -> str:
    if not value and isinstance(type, T.ListType):
        return f"annotate({type.annotation()}, [])"
    element = type.element if isinstance(type, T.ListType) else None
    return "[" + ", ".join(constant_text(v, element) or "<object>" for v in value) + "]"


def quote(text: str) -> str:
    """A string literal in double quotes with C-like escapes; other control characters in octal."""
    out = []
    for char in text:
        if char in _STRING_ESCAPES:
            out.append(_STRING_ESCAPES[char])
        elif ord(char) < 32 or ord(char) == 127:
            out.append(f"\\{ord(char):03o}")
        else:
            out.append(char)
    return '"' + "".join(out) + '"'


def _scalar_text(value: Any) -> str:
    item = value.item() if hasattr(value, "item") else value
    if isinstance(item, complex):
        return f"({_short(item.real)},{_short(item.imag)})"
    return _short(item)


def _short(item: Any) -> str:
    if isinstance(item, bool):
        return str(int(item))
    return f"{item:.6g}" if isinstance(item, float) else str(item)


def _tensor_text(array: np.ndarray[Any, Any]) -> str:
    if array.size == 1:
        return "{" + _scalar_text(array.reshape(())) + "}"
    if array.size > 10:
        return "<Tensor>"
    sizes = ",".join(str(s) for s in array.shape)
    footer = f"[ CPU{from_numpy(array.dtype).graph_name}Type{{{sizes}}} ]"
    if array.size == 0:
        return footer
    return f"{_row(array)} {footer}"


def _row(array: np.ndarray[Any, Any]) -> str:
    """The elements in columns: whole numbers, or four decimals with a common scale where magnitudes are far from one."""
    values = array.reshape(-1).tolist()
    if array.dtype.kind not in "fV":
        cells = [_scalar_text(v) for v in array.reshape(-1)]
        width = max(map(len, cells))
        return " " + "  ".join(c.rjust(width) for c in cells)
    finite = [abs(float(v)) for v in values if math.isfinite(v)]
    digits = [math.floor(math.log10(v)) + 1 if v else 1 for v in (finite or [0.0])]
    least, most = min(digits), max(digits)
    if all(v == math.ceil(v) for v in finite):
        if most > 9:
            return " ".join(f"{v:11.4e}" for v in values)
        width = most + 1 + 5 * (len(finite) != len(values))
        return " ".join(f"{v:.0f}".rjust(width) for v in values)
    if most - least > 4:
        return " ".join(f"{v:.4e}".rjust(11 + (most > 99 or least < -99)) for v in values)
    scale, prefix, width = 1.0, "", most + 6
    if most > 5 or most <= 0:
        scale, width = 10.0 ** (most - 1), 7
        prefix = f"{scale:.4g} * "
    return prefix + " ".join(f"{v / scale:.4f}".rjust(width) for v in values)
