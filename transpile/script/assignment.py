"""Assignments: names, tuples, attributes and items; annotated and augmented ones."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from transpile.core import types as T
from transpile.core.errors import ScriptTypeError
from transpile.core.source import SourceRange
from transpile.ir.graph import Value
from transpile.script import subscripts
from transpile.script.frontend import unsupported
from transpile.script.values import Actual, MethodValue, SimpleValue, Sugared

if TYPE_CHECKING:
    from transpile.script.emitter import Emitter


def emit_assign(e: Emitter, node: ast.Assign) -> None:
    if len(node.targets) == 1:
        _single(e, node.targets[0], node.value, None, node)
        return
    value = e.sugared(node.value)
    for target in node.targets:
        assign_target(e, target, value, e.range(node.value))


def emit_annotated(e: Emitter, node: ast.AnnAssign) -> None:
    assert node.value is not None
    if isinstance(node.target, ast.Attribute) and e.function.name != "__init__":
        raise unsupported(
            "Type annotations on instance attributes must be declared in __init__",
            e.range(node),
            "leave the type out here",
        )
    _single(e, node.target, node.value, e.resolver.annotation(e, node.annotation), node)


def _single(e: Emitter, target: ast.expr, value: ast.expr, annotated: T.Type | None, node: ast.stmt) -> None:
    if isinstance(target, ast.Name):
        e.assign(target.id, e.sugared(value, annotated), e.range(target), annotated)
    elif isinstance(target, ast.Attribute):
        owner = e.sugared(target.value)
        owner.set_attribute(e, e.range(node), target.attr, e.expression(value, annotated))
    else:
        assign_target(e, target, e.sugared(value), e.range(value))


def assign_target(e: Emitter, target: ast.expr, value: Sugared, range: SourceRange | None) -> None:
    """Assign a compiled value to a target of any form."""
    if isinstance(target, ast.Name):
        e.assign(target.id, value, e.range(target))
    elif isinstance(target, ast.Tuple):
        _unpack(e, target, value, range)
    elif isinstance(target, ast.Attribute):
        e.sugared(target.value).set_attribute(e, e.range(target), target.attr, value.as_value(e, range))
    elif isinstance(target, ast.Subscript):
        subscripts.assign_item(e, target, value.as_value(e, range))
    else:
        raise e.error(
            target, "unexpected expression on the left-hand side of an assignment", "unpack into a tuple of names"
        )


def _unpack(e: Emitter, target: ast.Tuple, value: Sugared, range: SourceRange | None) -> None:
    starred = [i for i, t in enumerate(target.elts) if isinstance(t, ast.Starred)]
    if len(starred) > 1:
        raise e.error(target, "Only one starred expression is allowed on the lhs")
    needed = len(target.elts) - len(starred)
    if starred and needed == 0:
        message = (
            "A Starred expression may only appear on the lhs within the presence of another non-starred expression"
        )
        raise e.error(target, message)
    found = value.as_tuple(e, range, None if starred else needed)
    if len(found) < needed:
        least = "at least " if starred else ""
        raise ScriptTypeError(
            f"need {least}{needed} values to unpack but found only {len(found)}", range, hint="as many names as values"
        )
    if len(found) > needed and not starred:
        raise ScriptTypeError(
            f"too many values to unpack: need {needed} but found {len(found)}",
            range,
            hint="a, *rest = t takes the others",
        )
    if starred:
        at, extra = starred[0], len(found) - needed
        rest = e.make_tuple([v.as_value(e, range) for v in found[at : at + extra]], None)
        found = [*found[:at], SimpleValue(rest), *found[at + extra :]]
    for part, element in zip(target.elts, found, strict=True):
        assign_target(e, part.value if isinstance(part, ast.Starred) else part, element, range)


# Augmented assignment: the operator on numbers, the one on tensors and lists, and the methods a class may have.
_AUGMENTED: dict[type[ast.operator], tuple[str, str, str]] = {
    ast.Add: ("aten::add", "aten::add_", "add"),
    ast.Sub: ("aten::sub", "aten::sub_", "sub"),
    ast.Mult: ("aten::mul", "aten::mul_", "mul"),
    ast.Div: ("aten::div", "aten::div_", "truediv"),
    ast.Mod: ("aten::fmod", "aten::fmod_", "mod"),
    ast.Pow: ("aten::pow", "aten::pow", "pow"),
    ast.BitOr: ("aten::__or__", "aten::bitwise_or", "or"),
    ast.BitAnd: ("aten::__and__", "aten::bitwise_and", "and"),
    ast.BitXor: ("aten::__xor__", "aten::bitwise_xor", "xor"),
    ast.LShift: ("aten::__lshift__", "aten::__ilshift__", "lshift"),
    ast.RShift: ("aten::__rshift__", "aten::__irshift__", "rshift"),
}


def _operator(node: ast.AugAssign, type: T.Type) -> str:
    plain, in_place, _ = _AUGMENTED[node.op.__class__]
    return in_place if isinstance(type, (T.TensorType, T.ListType)) else plain


def emit_augmented(e: Emitter, node: ast.AugAssign) -> None:
    target = node.target
    if isinstance(target, ast.Name):
        before = e.expression(target)
        e.assign(target.id, SimpleValue(_augment(e, node, before)), e.range(target))
    elif isinstance(target, ast.Attribute):
        owner = e.sugared(target.value)
        before = owner.attribute(e, e.range(target), target.attr).as_value(e, e.range(target))
        owner.set_attribute(e, e.range(node), target.attr, _augment(e, node, before))
    else:
        _augment_item(e, node, target)


def _augment(e: Emitter, node: ast.AugAssign, before: Value) -> Value:
    range = e.range(node)
    if isinstance(before.type, T.ClassType):
        word = _AUGMENTED[node.op.__class__][2]
        right = Actual(e.expression(node.value), e.range(node.value))
        for method in (f"__i{word}__", f"__{word}__"):
            if method in before.type.methods:
                return MethodValue(before, [method]).call(e, range, [right], ()).as_value(e, range)
        owner = before.type.annotation()
        raise e.error(
            node, f"Cannot emit inplace op on {owner} since it does not define an __i{word}__ or __{word}__ method"
        )
    right_value = e.expression(node.value)
    return e.operator(_operator(node, before.type), range, [before, right_value])


def _augment_item(e: Emitter, node: ast.AugAssign, target: ast.Subscript) -> None:
    range = e.range(node)
    container = e.expression(target.value)
    if isinstance(container.type, T.TensorType):
        view, indices = subscripts.view_of(e, target, container)
        right = e.expression(node.value)
        operator = _operator(node, container.type)
        if not indices:
            e.operator(operator, range, [view, right])
            return
        listed = e.make_list(indices, T.OptionalType(T.TENSOR), None)
        changed = e.operator(operator, range, [e.operator("aten::index", range, [view, listed]), right])
        e.operator("aten::index_put_", range, [view, listed, changed])
        return
    if isinstance(target.slice, (ast.Slice, ast.Tuple)) and not isinstance(container.type, T.DictType):
        raise e.error(
            target,
            f"a slice of a {container.type.annotation()} cannot be assigned to",
            hint="change the elements in a loop",
        )
    index = e.expression(target.slice)
    right = e.expression(node.value)
    current = SimpleValue(container).item(e, range, index).as_value(e, range)
    # TorchScript makes a new value for an item of a dict, and changes an item of a list in place.
    kind = container.type if isinstance(container.type, T.DictType) else current.type
    changed = e.operator(_operator(node, kind), range, [current, right])
    subscripts.set_item(e, container, index, changed, range)
