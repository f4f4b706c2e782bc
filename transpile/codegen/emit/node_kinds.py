"""C++ of the kinds of nodes that are no call of an operator, or not only that: one function for each kind, in one table."""

from __future__ import annotations

from collections.abc import Callable

from transpile.codegen.emit import containers, dynamic_types, forks, fusion, objects, texts
from transpile.codegen.emit.building import Build
from transpile.codegen.emit.constants import literal
from transpile.codegen.emit.cpp_types import cpp_type
from transpile.codegen.plan.nesting import is_logical
from transpile.codegen.plan.program import is_object
from transpile.core import types as T
from transpile.core.errors import UnsupportedOperatorError
from transpile.cpp import tree as C
from transpile.ir.graph import Node


def _constant(build: Build, node: Node) -> C.Expr:
    return build.constant(node)


def _get_attribute(build: Build, node: Node) -> C.Expr:
    if is_object(node.input()):
        return objects.member(build, node.input(), str(node.attributes["name"]))
    member = build.surroundings.member(node.output)
    if member is None:
        raise UnsupportedOperatorError("an attribute of a module that is not known has no C++ counterpart", node.range)
    return member


def _logical(build: Build, node: Node) -> C.Expr:
    condition = build.value(node.input())
    then, otherwise = (b.returns[0] for b in node.blocks)
    if is_logical(node):
        if otherwise.constant is False:
            return C.Binary("&&", condition, build.value(then))
        return C.Binary("||", condition, build.value(otherwise))
    first, second = (build.operand(b.return_node, 0) for b in node.blocks)
    match condition:
        case C.Unary("!", holds):
            return C.Ternary(holds, second, first)
    return C.Ternary(condition, first, second)


def _call_function(build: Build, node: Node) -> C.Expr:
    return C.Call(build.surroundings.function(node), build.operands(node, 1))


def _call_method(build: Build, node: Node) -> C.Expr:
    if is_object(node.input(0)):
        callee = objects.member(build, node.input(0), str(node.attributes["name"]))
    else:
        callee = build.surroundings.method(node)
    return C.Call(callee, build.operands(node, 1))


def _module_of_container(build: Build, node: Node) -> C.Expr:
    """``ts2cpp::choose<Layer>({&layers[0], &layers[1]}, i)``: a module by position or name."""
    interface = build.surroundings.class_namer(node.output.type)
    rows: list[C.Expr] = []
    for name, member in build.surroundings.modules_of(node.input(0)):
        address = C.Unary("&", member)
        rows.append(address if node.input(1).type == T.INT else C.Braces(None, [literal(name), address]))
    chosen = C.Call(C.runtime("choose", interface), [C.Braces(None, rows), build.value(node.input(1))])
    type = node.output.type
    return chosen if isinstance(type, T.InterfaceType) and type.is_module else C.Call(C.runtime("lend"), [chosen])


def _dtype(build: Build, node: Node) -> C.Expr:
    return C.static_cast(C.INT64, C.Call(C.Member(build.value(node.input()), "dtype")))


def _uninitialized(build: Build, node: Node) -> C.Expr:
    return C.Braces(cpp_type(node.output.type, build.surroundings.class_namer))


def _wait(build: Build, node: Node) -> C.Expr:
    return C.Call(C.Member(build.value(node.input()), "wait"))


def _tensor(build: Build, node: Node) -> C.Expr:
    type = node.input(0).type
    while isinstance(type, T.ListType):
        type = type.element
    if isinstance(node.input(0).type, T.ListType) and isinstance(type, T.TensorType):
        raise UnsupportedOperatorError(
            "torch.tensor of a list of tensors has no C++ counterpart", node.range, hint="use torch.stack"
        )
    return build.operator(node)


def _assign(build: Build, node: Node) -> C.Expr:
    return C.Call(C.ops("assign", header="ts2cpp/ops/assign.hpp"), build.operands(node))


def _power(build: Build, node: Node) -> C.Expr:
    if node.output.type == T.FLOAT and any(v.type == T.COMPLEX for v in node.inputs):
        raise UnsupportedOperatorError(
            "a complex number to the power of an int has no C++ counterpart",
            node.range,
            hint="write the exponent as a float",
        )
    return build.operator(node)


def _item(build: Build, node: Node) -> C.Expr:
    """``ops::item(x, {i, j})`` for ``x[i, j].item()``: the element is read where it lies."""
    tensor = node.input()
    indices: list[C.Expr] = []
    while tensor.node in build.plan.nesting.nested and _is_index(tensor.node):
        indices.insert(0, build.value(tensor.node.input(2)))
        tensor = tensor.node.input(0)
    assert node.operator is not None
    if not indices:
        return build.operator(node)
    build.surroundings.use_operator(node.operator, node)
    braces = C.Braces(C.runtime("IntSpan") if len(indices) == 1 else None, indices)
    return C.Call(C.ops("item", header="ts2cpp/ops/view_windows.hpp"), [build.value(tensor), braces])


def _is_index(node: Node) -> bool:
    """Whether the node takes a position of the first dimension."""
    if node.operator is None or node.operator.schema.qualified_name != "aten::select.int":
        return False
    return bool(node.input(1).constant == 0)


def _hash(build: Build, node: Node) -> C.Expr:
    type = node.input().type
    if type not in (T.INT, T.FLOAT, T.BOOL, T.STR):
        raise UnsupportedOperatorError(f"hash() of {type.annotation()} has no C++ counterpart", node.range)
    return build.operator(node)


BY_KIND: dict[str, Callable[[Build, Node], C.Expr]] = {
    "prim::Constant": _constant,
    "prim::GetAttr": _get_attribute,
    "prim::ListConstruct": containers.list_construct,
    "prim::TupleConstruct": containers.tuple_construct,
    "prim::DictConstruct": containers.dict_construct,
    "prim::TupleIndex": containers.tuple_index,
    "prim::TupleSlice": containers.tuple_slice,
    "prim::unchecked_cast": dynamic_types.unchecked_cast,
    "prim::isinstance": dynamic_types.is_instance,
    "aten::__is__": dynamic_types.is_same,
    "aten::__isnot__": dynamic_types.is_same,
    "aten::get": containers.dict_get,
    "prim::If": _logical,
    "prim::CallFunction": _call_function,
    "prim::CallMethod": _call_method,
    "prim::CreateObject": objects.create,
    "prim::ModuleContainerIndex": _module_of_container,
    "prim::Enter": objects.enter,
    "ts2cpp::New": objects.new,
    "prim::dtype": _dtype,
    "prim::tolist": containers.to_list,
    "prim::Uninitialized": _uninitialized,
    "prim::Print": texts.print_,
    "aten::format": texts.format,
    "aten::percentFormat": texts.percent_format,
    "prim::fork": forks.fork,
    "aten::wait": _wait,
    "aten::hash": _hash,
    "aten::item": _item,
    "aten::tensor": _tensor,
    "aten::as_tensor": _tensor,
    "aten::pow": _power,
    "prim::RaiseException": texts.raise_,
    "ts2cpp::Require": texts.require,
    "ts2cpp::Assign": _assign,
    "ts2cpp::FusionGroup": fusion.fused_loop,
    "ts2cpp::conv2d": fusion.operator_with_epilogue,
    "ts2cpp::conv1d": fusion.operator_with_epilogue,
    "ts2cpp::linear": fusion.operator_with_epilogue,
}
