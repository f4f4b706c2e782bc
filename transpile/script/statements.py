"""Statements, one function per form: ``STATEMENTS`` maps syntax nodes to them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from transpile.core import types as T
from transpile.core.errors import ScriptNameError, ScriptTypeError
from transpile.core.source import SourceRange
from transpile.ir.graph import Value
from transpile.script import assignment, conditions, hints, loops, matching
from transpile.script.builtins import ExceptionClass, RaisedValue
from transpile.script.emitter import Emitter
from transpile.script.environment import shown
from transpile.script.values import Actual, SimpleValue


def emit_expression(e: Emitter, node: ast.Expr) -> None:
    if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return
    e.sugared(node.value)


def emit_pass(e: Emitter, node: ast.Pass) -> None:
    return


def emit_return(e: Emitter, node: ast.Return) -> None:
    range = e.keyword_range(node, len("return"))
    if node.value is None:
        value = e.constant(None, range)
    else:
        value = e.expression(node.value, e.declared)
    leave_function(e, value, range)


def leave_function(e: Emitter, value: Value, range: SourceRange | None) -> None:
    """Return ``value``, converted to the declared type; without one the types of all returns are joined."""
    declared = e.declared
    if declared is not None:
        value = matching.convert(e, value, declared, range)
        if not T.is_subtype(value.type, declared):
            raise ScriptTypeError(
                f"Return value was annotated as having type {declared.annotation()} but is actually of type "
                f"{shown(value.type)}",
                range,
                hint=hints.for_value(value.type, declared),
            )
        e.merged = declared
    else:
        before = e.merged if e.merged is not None else value.type
        joined = T.unify(before, value.type)
        if joined is None:
            raise ScriptTypeError(
                f"Previous return statement returned a value of type {shown(before)} but this return statement "
                "returns a "
                f"value of type {shown(value.type)}",
                range,
                hint="annotate the return type with a Union, or return one type",
            )
        e.merged = T.TENSOR if isinstance(joined, T.TensorType) else joined
    if e.merged == T.ANY and value.type != T.ANY:
        value = e.insert("prim::unchecked_cast", [value], [T.ANY], None).output
    for manager in reversed(e.entered):
        e.insert("prim::Exit", [manager], [T.TENSOR], None)
    e.insert("prim::Return", [value], (), range)
    e.leave(e.frame.block)


def emit_if(e: Emitter, node: ast.If) -> None:
    range = e.keyword_range(node, 2)
    condition = conditions.emit_condition(e, node.test)
    branch(e, condition, lambda: e.statements(node.body), lambda: e.statements(node.orelse), range)


def branch(
    e: Emitter,
    condition: conditions.Condition,
    when_true: Callable[[], None],
    when_false: Callable[[], None],
    range: SourceRange,
) -> None:
    """Two branches of statements; only one of them if the condition is decided at compile time."""
    if condition.static is not None:
        conditions.refine(e, condition.when_true if condition.static else condition.when_false, range)
        (when_true if condition.static else when_false)()
        return
    node = e.insert("prim::If", [condition.value], (), range)
    frames = []
    for body, refinements in ((when_true, condition.when_true), (when_false, condition.when_false)):
        with e.block(node.add_block()) as frame:
            conditions.refine(e, refinements, range)
            body()
            frames.append(frame)
    left = [frame.block in e.left for frame in frames]
    if all(left):
        e.leave(e.frame.block)
    elif all(frame.block in e.exits for frame in frames):
        e.exits.add(e.frame.block)
    node.attributes["joins"] = {} if e.frame.block in e.exits else _joins(e, frames, left, range)


def _joins(e: Emitter, frames: Sequence[Any], left: Sequence[bool], range: SourceRange) -> dict[str, T.Type]:
    """The variables that leave the branches, with their types after the ``if``."""
    sides = ("true", "false")
    joins: dict[str, T.Type] = {}
    names = sorted({name for frame in frames for name in frame.defined})
    for frame in frames:
        e.frame.poisoned |= frame.poisoned
    for name in names:
        missing = [side for side, frame, gone in zip(sides, frames, left, strict=True)
                   if not gone and frame.type_of(name) is None]  # fmt: skip
        if missing:
            e.frame.errors[name] = lambda name=name, side=missing[0]: f"{name} is not defined in the {side} branch"  # type: ignore[misc]
            continue
        found = [frame.type_of(name) for frame, gone in zip(frames, left, strict=True) if not gone]
        outer = e.frame.type_of(name)
        wide = isinstance(outer, (T.UnionType, T.OptionalType)) or outer in (T.NUMBER, T.ANY)
        joined = found[0] if len(found) == 1 else T.unify(found[0], found[1], default_to_union=wide)
        if joined is None:
            text = (
                f"Type mismatch: {name} is set to type {shown(found[0])} in the true branch and type "
                f"{shown(found[1])} in "
                "the false branch"
            )
            if outer is not None:
                raise ScriptTypeError(text, range)
            e.frame.errors[name] = lambda text=text: text  # type: ignore[misc]
            continue
        joins[name] = joined
        e.frame.types[name] = joined
        e.frame.values.pop(name, None)
    return joins


def emit_assert(e: Emitter, node: ast.Assert) -> None:
    range = e.range(node)
    condition = conditions.emit_condition(e, node.test)

    def fail() -> None:
        text = e.expression(node.msg) if node.msg is not None else e.constant("", range)
        raised = ExceptionClass("AssertionError").call(e, range, [Actual(text, range)], ())
        assert isinstance(raised, RaisedValue)
        throw(e, raised.message, raised.class_name, range)

    branch(e, condition, lambda: None, fail, range)


def emit_raise(e: Emitter, node: ast.Raise) -> None:
    range = e.range(node)
    if node.exc is None:
        raise e.error(node, "a bare raise isn't supported", "raise an exception with a message")
    raised = e.sugared(node.exc)
    if isinstance(raised, RaisedValue):
        throw(e, raised.message, raised.class_name, range)
    elif isinstance(raised, ExceptionClass):
        throw(e, e.constant("", range), None, range)
    else:
        raise e.error(node, "exceptions must derive from BaseException", "raise an exception class with a message")


def throw(e: Emitter, message: Value, class_name: Value | None, range: SourceRange | None) -> None:
    """Leave with an exception."""
    if message.type != T.STR:
        message = e.operator("aten::str", None, [message])
    if class_name is None:
        class_name = e.constant(None, None)
    e.insert("prim::RaiseException", [message, class_name], (), range)
    e.leave(e.frame.block)


def emit_delete(e: Emitter, node: ast.Delete) -> None:
    for target in node.targets:
        if isinstance(target, ast.Name):
            owner = e.frame.owner(target.id)
            if owner is None:
                raise ScriptNameError(f"undefined value {target.id}", e.range(target))
            while owner is not None:  # a name that a branch deletes is gone behind it as well
                owner.types.pop(target.id, None)
                owner.values.pop(target.id, None)
                owner = e.frame.owner(target.id)
        elif isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Slice):
            container = e.expression(target.value)
            index = e.expression(target.slice)
            if isinstance(container.type, T.ClassType):
                actual = Actual(index, e.range(target.slice))
                SimpleValue(container).attribute(e, e.range(target), "__delitem__").call(
                    e, e.range(target), [actual], ()
                )
            else:
                e.operator("aten::Delete", e.keyword_range(node, 3), [container, index])
        else:
            raise e.error(
                node,
                "del statements are only supported for deleting list and dict items and variables",
                "set the attribute to None",
            )


def emit_with(e: Emitter, node: ast.With) -> None:
    """Enter the objects in order, run the body, leave them in reverse order."""
    for item in node.items:
        range = e.range(item.context_expr)
        value = e.sugared(item.context_expr).as_value(e, range)
        if not isinstance(value.type, T.ClassType):
            raise ScriptTypeError(
                "With item expression must return an object",
                range,
                hint="use torch.no_grad(), or a class of your own with __enter__ and __exit__",
            )
        enter, leave = value.type.methods.get("__enter__"), value.type.methods.get("__exit__")
        if enter is None or leave is None:
            raise ScriptTypeError(
                "Object returned by with item expression does not define __enter__ and __exit__ methods", range
            )
        result = e.insert("prim::Enter", [value], [enter.schema.returns[0].type], None).output
        if isinstance(item.optional_vars, ast.Name):
            e.assign(item.optional_vars.id, SimpleValue(result), e.range(item.optional_vars))
        e.entered.append(value)
    e.statements(node.body)
    for _ in node.items:
        value = e.entered.pop()
        if e.frame.block not in e.exits:
            e.insert("prim::Exit", [value], [T.TENSOR], None)


STATEMENTS: dict[type[ast.stmt], Callable[..., None]] = {
    ast.Expr: emit_expression,
    ast.Pass: emit_pass,
    ast.Return: emit_return,
    ast.If: emit_if,
    ast.For: loops.emit_for,
    ast.While: loops.emit_while,
    ast.Break: loops.emit_break,
    ast.Continue: loops.emit_continue,
    ast.Assign: assignment.emit_assign,
    ast.AugAssign: assignment.emit_augmented,
    ast.AnnAssign: assignment.emit_annotated,
    ast.Assert: emit_assert,
    ast.Raise: emit_raise,
    ast.Delete: emit_delete,
    ast.With: emit_with,
}
