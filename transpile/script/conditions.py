"""Conditions: truth values, ``and``/``or``/``not``, refinement of types, and branches decided at compile time."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from transpile.core import types as T
from transpile.core.errors import ScriptTypeError, SourceError
from transpile.core.source import SourceRange
from transpile.ir.graph import Value
from transpile.script.environment import shown
from transpile.script.values import MethodValue, SimpleValue, Sugared

if TYPE_CHECKING:
    from transpile.script.emitter import Emitter

Refinements = dict[str, T.Type]


@dataclass
class Condition:
    """A compiled condition.

    ``when_true`` and ``when_false`` are the types that names have in the respective branch; ``static`` is the outcome
    if it is known at compile time: then the other branch is not compiled.
    """

    value: Value
    when_true: Refinements = field(default_factory=dict)
    when_false: Refinements = field(default_factory=dict)
    static: bool | None = None


def emit_condition(e: Emitter, node: ast.expr) -> Condition:
    """Compile a condition."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = emit_condition(e, node.operand)
        value = e.operator("aten::__not__", e.range(node), [inner.value])
        static = None if inner.static is None else not inner.static
        return Condition(value, inner.when_false, inner.when_true, static)
    if isinstance(node, ast.BoolOp):
        return _boolean_chain(e, node, node.values, isinstance(node.op, ast.Or))
    if isinstance(node, ast.Compare) and len(node.ops) > 1:
        return _comparison_chain(e, node)
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Is, ast.IsNot)):
        return _identity(e, node, node.left, node.ops[0], node.comparators[0])
    if isinstance(node, ast.Call):
        special = _special_call(e, node)
        if special is not None:
            return special
    value = to_bool(e, e.sugared(node).as_value(e, e.range(node)), e.range(node))
    # A literal or a constant of the module decides now; variables are read through loads and never do.
    known = value.literal
    return Condition(value, static=known if isinstance(known, bool) else None)


def to_bool(e: Emitter, value: Value, range: SourceRange | None) -> Value:
    """The truth value of ``value``."""
    type = value.type
    if type == T.BOOL:
        return value
    if isinstance(type, T.ClassType) and "__bool__" in type.methods:
        return MethodValue(value, ["__bool__"]).call(e, range, (), ()).as_value(e, range)
    if type in (T.INT, T.FLOAT, T.NUMBER, T.COMPLEX) or isinstance(type, T.TensorType):
        return e.operator("aten::Bool", range, [value])
    if isinstance(type, (T.ListType, T.DictType)) or type == T.STR:
        zero = e.constant(0, None)
        length = e.operator("aten::len", range, [value])
        return e.operator("aten::gt", range, [length, zero])
    hint = "compare with None: 'if x is not None'" if isinstance(type, T.OptionalType) else "compare explicitly"
    raise ScriptTypeError(f"Could not cast value of type {shown(type)} to bool", range, hint=hint)


def _boolean_chain(e: Emitter, node: ast.expr, parts: Sequence[ast.expr], is_or: bool) -> Condition:
    """``a and b and c``, as ``(a and b) and c``."""
    return _chain(e, node, [lambda e=e, p=p: emit_condition(e, p) for p in parts], is_or)  # type: ignore[misc]


def _comparison_chain(e: Emitter, node: ast.Compare) -> Condition:
    from transpile.script.expressions import compare

    operands = [node.left, *node.comparators]

    def one(left: ast.expr, op: ast.cmpop, right: ast.expr) -> Callable[[], Condition]:
        def emit() -> Condition:
            if isinstance(op, (ast.Is, ast.IsNot)):
                return _identity(e, node, left, op, right)
            part = ast.copy_location(ast.Compare(left, [op], [right]), node)
            return Condition(to_bool(e, compare(e, part, left, op, right), e.range(left)))

        return emit

    parts = [one(a, op, b) for a, op, b in zip(operands, node.ops, operands[1:], strict=False)]
    return _chain(e, node, parts, is_or=False)


def _chain(e: Emitter, node: ast.expr, parts: Sequence[Callable[[], Condition]], is_or: bool) -> Condition:
    result = _joined(e, node, parts[0], parts[1], is_or)
    for part in parts[2:]:
        done = result
        result = _joined(e, node, lambda done=done: done, part, is_or)  # type: ignore[misc]
    return result


def _joined(
    e: Emitter, node: ast.expr, first: Callable[[], Condition], second: Callable[[], Condition], is_or: bool
) -> Condition:
    left = first()
    holder: list[Condition] = []

    def short() -> Value:
        return e.constant(is_or, e.range(node))

    def full() -> Value:
        holder.append(second())
        return holder[0].value

    branches = (short, full) if is_or else (full, short)
    value = if_value(e, left, branches[0], branches[1], e.range(node))
    right = holder[0]
    static: bool | None = None
    if is_or in (left.static, right.static):
        static = is_or
    elif left.static is not None and right.static is not None:
        static = not is_or
    return Condition(value, *_combined(left, right, is_or), static)


def _combined(left: Condition, right: Condition, is_or: bool) -> tuple[Refinements, Refinements]:
    """Refinements of ``left or right`` / ``left and right``: both hold on one side, what is common on the other."""
    if is_or:
        return _either(left.when_true, right.when_true), {**left.when_false, **right.when_false}
    return {**left.when_true, **right.when_true}, _either(left.when_false, right.when_false)


def _either(a: Refinements, b: Refinements) -> Refinements:
    out = {}
    for name in a.keys() & b.keys():
        joined = T.unify(a[name], b[name], default_to_union=True)
        if joined is not None:
            out[name] = joined
    return out


def refine(e: Emitter, refinements: Refinements, range: SourceRange | None) -> None:
    """Give the names their refined types from here on."""
    for name in sorted(refinements):
        found = e.find(name, None)
        if isinstance(found, SimpleValue):
            cast = e.insert("prim::unchecked_cast", [found.value], [refinements[name]], None).output
            e.assign(name, SimpleValue(cast), range)


def if_value(
    e: Emitter,
    condition: Condition,
    when_true: Callable[[], Value],
    when_false: Callable[[], Value],
    range: SourceRange | None,
    what: str = "",
    hint: T.Type | None = None,
) -> Value:
    """An expression with two branches."""
    node = e.insert("prim::If", [condition.value], (), range)
    values = []
    for branch, refinements in ((when_true, condition.when_true), (when_false, condition.when_false)):
        with e.block(node.add_block()):
            refine(e, refinements, range)
            values.append(branch())
    joined = T.unify(values[0].type, values[1].type, default_to_union=hint is not None)
    if joined is None:
        raise ScriptTypeError(
            f"if-expression's true branch has type {shown(values[0].type)} but false branch has type "
            f"{shown(values[1].type)}",
            range,
            hint="make both branches the same type",
        )
    for block, value in zip(node.blocks, values, strict=True):
        block.add_return(value)
    node.attributes["joins"] = {}
    return node.add_output(joined)


def emit_boolean(e: Emitter, node: ast.expr, hint: T.Type | None) -> Sugared:
    """``and``, ``or``, ``not``, ``is`` and chained comparisons as expressions."""
    return SimpleValue(emit_condition(e, node).value)


def emit_ternary(e: Emitter, node: ast.IfExp, hint: T.Type | None) -> Value:
    condition = emit_condition(e, node.test)
    if condition.static is not None:
        taken = node.body if condition.static else node.orelse
        refine(e, condition.when_true if condition.static else condition.when_false, e.range(node))
        return e.expression(taken, hint)
    return if_value(
        e,
        condition,
        lambda: e.expression(node.body, hint),
        lambda: e.expression(node.orelse, hint),
        e.range(node),
        hint=hint,
    )


# ---- is None
def _identity(e: Emitter, node: ast.Compare, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Condition:
    negated = isinstance(op, ast.IsNot)
    range = e.range(node)
    a, b = e.expression(left), e.expression(right)
    for subject, other, name in ((a, b, left), (b, a, right)):
        if other.type != T.NONE:
            continue
        present: Refinements = {}
        if isinstance(name, ast.Name):
            if isinstance(subject.type, T.OptionalType):
                present = {name.id: subject.type.element}
            elif isinstance(subject.type, T.UnionType) and T.NONE in subject.type.members:
                present = {name.id: T.union([m for m in subject.type.members if m != T.NONE])}
        if subject.type == T.NONE:
            return Condition(e.constant(not negated, range), static=not negated)
        if not can_be_none(subject.type):
            return Condition(e.constant(negated, range), static=negated)
        value = e.operator("aten::__isnot__" if negated else "aten::__is__", range, [a, b])
        return Condition(value, present if negated else {}, {} if negated else present)
    return Condition(e.operator("aten::__isnot__" if negated else "aten::__is__", range, [a, b]))


def can_be_none(type: T.Type) -> bool:
    """Whether a value of ``type`` may be None."""
    return (
        isinstance(type, T.OptionalType)
        or type in (T.ANY, T.NONE)
        or (isinstance(type, T.UnionType) and T.NONE in type.members)
    )


# ---- calls that decide at compile time
def _special_call(e: Emitter, node: ast.Call) -> Condition | None:
    if not isinstance(node.func, (ast.Name, ast.Attribute)):
        return None
    if (
        isinstance(node.func, ast.Name)
        and node.func.id not in ("isinstance", "hasattr")
        and e.frame.owner(node.func.id)
    ):
        return None
    from transpile.script.builtins import SpecialForm

    try:
        callee = e.sugared(node.func)
    except SourceError:
        return None
    if not isinstance(callee, SpecialForm):
        return None
    if callee.name == "isinstance":
        return isinstance_condition(e, node)
    if callee.name == "hasattr":
        known = has_attribute(e, node)
        return Condition(e.constant(known, e.range(node)), static=known)
    if callee.name == "is_scripting":
        return Condition(e.constant(True, None), static=True)
    return None


def has_attribute(e: Emitter, node: ast.Call) -> bool:
    """``hasattr(object, "name")``, decided at compile time."""
    if len(node.args) != 2 or not isinstance(node.args[1], ast.Constant) or not isinstance(node.args[1].value, str):
        raise e.error(node, "hasattr's second argument must be a string literal", "write the name out")
    owner = e.sugared(node.args[0])
    if isinstance(owner, SimpleValue):
        type = owner.value.type
        if not isinstance(type, (T.ClassType, T.InterfaceType)) and not (isinstance(type, T.TupleType) and type.fields):
            raise e.error(
                node,
                f"hasattr's first argument must be an object or NamedTuple, got {shown(type)} instead",
                "the attributes of this type are known: leave the test out",
            )
    return owner.has_attribute(e, e.range(node), node.args[1].value)


def isinstance_condition(e: Emitter, node: ast.Call) -> Condition:
    """``isinstance(value, types)``: static if the value's type decides, else a check at run time that refines."""
    if len(node.args) != 2 or node.keywords:
        raise e.error(node, "isinstance takes two arguments: a value and a type or a tuple of types")
    subject = e.sugared(node.args[0])
    from transpile.script.modules import ModuleValue

    if isinstance(subject, ModuleValue):
        known = subject.is_instance(e, node.args[1])
        return Condition(e.constant(known, e.range(node.args[0])), static=known)
    value = subject.as_value(e, e.range(node.args[0]))
    wanted = instance_types(e, node.args[1])
    parts = members(value.type)
    fits = [any(_instance_of(p, w) for w in wanted) for p in parts]
    name = node.args[0].id if isinstance(node.args[0], ast.Name) else ""
    if all(fits):
        static: bool | None = True
    elif not any(fits) and not any(_may_hold(p, w) for p in parts for w in wanted):
        static = False
    else:
        static = None
    true_types: list[T.Type] = []
    false_types: list[T.Type] = []
    for part, fit in zip(parts, fits, strict=True):
        if fit:
            true_types.append(part)
        elif part == T.ANY or any(_may_hold(part, w) for w in wanted):
            true_types += [w for w in wanted if _may_hold(part, w)]
            false_types.append(part)
        else:
            false_types.append(part)
    when_true: Refinements = {}
    when_false: Refinements = {}
    if name and static is not False and true_types:
        when_true = {name: T.union(true_types)}
    if name and static is not True and false_types:
        when_false = {name: T.union(false_types)}
    if static is not None:
        # TorchScript re-types the variable even when the answer is known.
        return Condition(e.constant(static, e.range(node.args[0])), when_true if static else {}, when_false, static)
    checked = members(T.union(wanted))
    test = e.insert("prim::isinstance", [value], [T.BOOL], None, types=checked).output
    return Condition(test, when_true, when_false)


def members(type: T.Type) -> list[T.Type]:
    """The alternatives of a type."""
    if isinstance(type, T.OptionalType):
        return [*members(type.element), T.NONE]
    return list(type.members) if isinstance(type, T.UnionType) else [type]


def instance_types(e: Emitter, node: ast.expr) -> list[T.Type]:
    """The types named in an isinstance."""
    if isinstance(node, ast.Tuple):
        return [t for part in node.elts for t in instance_types(e, part)]
    if isinstance(node, ast.Name) and node.id == "dict" and e.frame.owner("dict") is None:
        raise e.error(node, "Unknown type name 'dict'", "torch.jit.isinstance(x, Dict[str, int]) tells dicts apart")
    return members(e.resolver.annotation(e, node))


def _instance_of(type: T.Type, wanted: T.Type) -> bool:
    if wanted == T.ANY_LIST:
        return isinstance(type, T.ListType) or type == T.ANY_LIST
    if wanted == T.ANY_TUPLE:
        return isinstance(type, T.TupleType) or type == T.ANY_TUPLE
    if type == T.NONE:
        return wanted == T.NONE
    return T.is_subtype(type, wanted)


def _may_hold(type: T.Type, wanted: T.Type) -> bool:
    """Whether a value of the static ``type`` may turn out to be a ``wanted``."""
    return type == T.ANY or T.is_subtype(wanted, type) or any(_instance_of(m, wanted) for m in members(type))
