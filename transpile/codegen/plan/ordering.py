"""What the runtime can put in order: numbers, strings, tensors of one element, and plain tuples of numbers and strings."""

from __future__ import annotations

from transpile.core import types as T
from transpile.core.errors import UnsupportedOperatorError
from transpile.ir.graph import Node

_SORTING = ("aten::sort", "aten::sorted")
_COMPARED = (T.INT, T.FLOAT, T.BOOL, T.STR)


def check_ordered(node: Node) -> None:
    """``UnsupportedOperatorError`` if ``node`` sorts a list of what the runtime has no ``<`` for."""
    if node.kind not in _SORTING or not isinstance(node.inputs[0].type, T.ListType):
        return
    element = node.inputs[0].type.element
    if element == T.TENSOR or element in _COMPARED:
        return
    if isinstance(element, T.TupleType) and not element.fields and all(e in _COMPARED for e in element.elements):
        return
    raise UnsupportedOperatorError(
        f"sorting a list of {element.annotation()} has no C++ counterpart yet",
        node.range,
        hint="sort tuples of numbers and strings, such as the key and the index of each element",
    )
