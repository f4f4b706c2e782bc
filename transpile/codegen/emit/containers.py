"""C++ of lists, tuples and dicts: making them, and taking them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transpile.codegen.emit.coercion import elements_as, value_as
from transpile.codegen.emit.cpp_types import cpp_type
from transpile.core import types as T
from transpile.cpp import tree as C
from transpile.ir.graph import Node
from transpile.ops.registry import get

if TYPE_CHECKING:
    from transpile.codegen.emit.expressions import Expressions


def list_construct(build: Expressions, node: Node) -> C.Expr:
    type = node.output.type
    assert isinstance(type, T.ListType)
    items = [value_as(build, v, type.element) for v in node.inputs]
    return C.Braces(cpp_type(type, build.surroundings.class_namer), items)


def tuple_construct(build: Expressions, node: Node) -> C.Expr:
    type = node.output.type
    assert isinstance(type, T.TupleType)
    return C.Braces(cpp_type(type, build.surroundings.class_namer), elements_as(build, node, type))


def dict_construct(build: Expressions, node: Node) -> C.Expr:
    type = node.output.type
    assert isinstance(type, T.DictType)
    wanted = (type.key, type.value)
    values = [value_as(build, v, wanted[i % 2]) for i, v in enumerate(node.inputs)]
    pairs: list[C.Expr] = [C.Braces(None, [values[i], values[i + 1]]) for i in range(0, len(values), 2)]
    return C.Braces(cpp_type(type, build.surroundings.class_namer), pairs)


def dict_get(build: Expressions, node: Node) -> C.Expr:
    """``get`` without a default gives an optional, which a value that may be None anyway absorbs."""
    expression = build.operator(node)
    type = node.input(0).type
    if len(node.inputs) > 2 or not isinstance(type, T.DictType) or T.OptionalType(type.value) == node.output.type:
        return expression
    return C.Call(C.runtime("as", cpp_type(node.output.type, build.surroundings.class_namer)), [expression])


def tuple_index(build: Expressions, node: Node) -> C.Expr:
    index = node.attributes.get("index")
    if index is None:
        index = node.input(1).node.attributes.get("value")
    type = node.input(0).type
    assert isinstance(type, T.TupleType)
    if index is None:  # all elements have one type
        plain = value_as(build, node.input(0), T.TupleType(type.elements))
        if type.fields:
            tuple_type = cpp_type(T.TupleType(type.elements), build.surroundings.class_namer)
            plain = C.Call(tuple_type, [plain])
        return C.Call(C.runtime("tuple_at"), [plain, build.value(node.input(1))])
    return build.element(build.value(node.input(0)), type, index if index >= 0 else index + len(type.elements))


def tuple_slice(build: Expressions, node: Node) -> C.Expr:
    begin, end = node.attributes["beg"], node.attributes["end"]
    return C.Call(C.runtime("tuple_slice", begin, end), [build.value(node.input())])


def to_list(build: Expressions, node: Node) -> C.Expr:
    operator = get("prim::tolist")
    build.surroundings.use_operator(operator, node)
    type = cpp_type(node.output.type, build.surroundings.class_namer)
    return C.Call(C.ops("to_list", type, header=operator.header), [build.value(node.input(0))])
