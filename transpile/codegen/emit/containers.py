"""C++ of lists, tuples and dicts: making them, and taking them apart."""

from __future__ import annotations

from transpile.codegen.emit.building import Build
from transpile.codegen.emit.cpp_types import cpp_type
from transpile.core import types as T
from transpile.cpp import tree as C
from transpile.ir.graph import Node
from transpile.ops.registry import get


def list_construct(build: Build, node: Node) -> C.Expr:
    type = node.output.type
    assert isinstance(type, T.ListType)
    return C.Braces(cpp_type(type, build.surroundings.class_namer), build.operands(node))


def tuple_construct(build: Build, node: Node) -> C.Expr:
    type = node.output.type
    assert isinstance(type, T.TupleType)
    return C.Braces(cpp_type(type, build.surroundings.class_namer), build.operands(node))


def dict_construct(build: Build, node: Node) -> C.Expr:
    type = node.output.type
    assert isinstance(type, T.DictType)
    values = build.operands(node)
    pairs: list[C.Expr] = [C.Braces(None, [values[i], values[i + 1]]) for i in range(0, len(values), 2)]
    return C.Braces(cpp_type(type, build.surroundings.class_namer), pairs)


def dict_get(build: Build, node: Node) -> C.Expr:
    """``get`` without a default gives an optional, which a value that may be None anyway absorbs."""
    expression = build.operator(node)
    type = node.input(0).type
    if len(node.inputs) > 2 or not isinstance(type, T.DictType) or T.OptionalType(type.value) == node.output.type:
        return expression
    return C.Call(C.runtime("as", cpp_type(node.output.type, build.surroundings.class_namer)), [expression])


def tuple_index(build: Build, node: Node) -> C.Expr:
    index = node.attributes.get("index")
    if index is None:
        index = node.input(1).constant_as(int)
    type = node.input(0).type
    assert isinstance(type, T.TupleType)
    if index is None:  # all elements have one type
        plain = build.operand(node, 0)
        if type.fields:
            tuple_type = cpp_type(T.TupleType(type.elements), build.surroundings.class_namer)
            plain = C.Call(tuple_type, [plain])
        return C.Call(C.runtime("tuple_at"), [plain, build.value(node.input(1))])
    return build.element(build.value(node.input(0)), type, index if index >= 0 else index + len(type.elements))


def tuple_slice(build: Build, node: Node) -> C.Expr:
    begin, end = node.attributes["beg"], node.attributes["end"]
    return C.Call(C.runtime("tuple_slice", begin, end), [build.value(node.input())])


def to_list(build: Build, node: Node) -> C.Expr:
    operator = get("prim::tolist")
    build.surroundings.use_operator(operator, node)
    type = cpp_type(node.output.type, build.surroundings.class_namer)
    return C.Call(C.ops("to_list", type, header=operator.header), [build.value(node.input(0))])
