"""Expressions, one function per form: ``EXPRESSIONS`` maps syntax nodes to them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from transpile.core import types as T
from transpile.core.errors import ScriptTypeError
from transpile.ir.graph import Value
from transpile.script import comprehensions, conditions, snippets, subscripts
from transpile.script.emitter import Emitter
from transpile.script.environment import shown
from transpile.script.matching import convert
from transpile.script.values import Actual, MethodValue, SimpleValue, Sugared

BINARY: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("aten::add", "__add__"),
    ast.Sub: ("aten::sub", "__sub__"),
    ast.Mult: ("aten::mul", "__mul__"),
    ast.Div: ("aten::div", "__truediv__"),
    ast.FloorDiv: ("aten::floordiv", "__floordiv__"),
    ast.Mod: ("aten::remainder", "__mod__"),
    ast.Pow: ("aten::pow", "__pow__"),
    ast.MatMult: ("aten::matmul", "__matmul__"),
    ast.BitOr: ("aten::__or__", "__or__"),
    ast.BitAnd: ("aten::__and__", "__and__"),
    ast.BitXor: ("aten::__xor__", "__xor__"),
    ast.LShift: ("aten::__lshift__", "__lshift__"),
    ast.RShift: ("aten::__rshift__", "__rshift__"),
}
COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("aten::lt", "__lt__"),
    ast.LtE: ("aten::le", "__le__"),
    ast.Gt: ("aten::gt", "__gt__"),
    ast.GtE: ("aten::ge", "__ge__"),
    ast.Eq: ("aten::eq", "__eq__"),
    ast.NotEq: ("aten::ne", "__ne__"),
}


def _check_text(e: Emitter, node: ast.expr, value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise e.error(
            node, "a text holds half of a surrogate pair, which no UTF-8 text has", "write the whole character"
        ) from None


def emit_constant(e: Emitter, node: ast.Constant, hint: T.Type | None) -> Sugared:
    value = node.value
    if isinstance(value, str):
        _check_text(e, node, value)
    if value is None or isinstance(value, (bool, str)):
        return SimpleValue(e.constant(value, e.range(node)))
    if value is Ellipsis:
        raise e.error(node, "Cannot emit expr for: (dots)", "'...' may only stand inside an index")
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        raise e.error(
            node, "Integral constant out of range (must fit in a signed 64 bit integer)", "write it as a float: 1e20"
        )
    if not isinstance(value, (int, float, complex)):
        raise ScriptTypeError(f"{value!r} is no value of a program", e.range(node))
    return SimpleValue(e.literal(value, e.range(node)))


def emit_name(e: Emitter, node: ast.Name, hint: T.Type | None) -> Sugared:
    return e.read(node.id, e.range(node))


def emit_attribute(e: Emitter, node: ast.Attribute, hint: T.Type | None) -> Sugared:
    return e.sugared(node.value).attribute(e, e.range(node), node.attr)


def emit_call(e: Emitter, node: ast.Call, hint: T.Type | None) -> Sugared:
    return e.sugared(node.func).call_form(e, node, e.range(node), hint)


def operate(e: Emitter, operator: str, magic: str, values: Sequence[Value], node: ast.AST) -> Value:
    """An operator with its Python spelling: a class may define the method, everything else has the operator."""
    first = values[0]
    range = e.range(node)
    if isinstance(first.type, T.ClassType) and not first.type.is_module:
        if magic not in first.type.methods:
            raise ScriptTypeError(
                f"'{first.type.annotation()}' object has no attribute or method '{magic}'. Did you forget to "
                "initialize an "
                "attribute in __init__()?",
                range,
                hint=f"define {magic} in the class",
            )
        rest = [Actual(v, range) for v in values[1:]]
        return MethodValue(first, [magic]).call(e, range, rest, ()).as_value(e, range)
    return e.operator(operator, range, values)


def emit_binary(e: Emitter, node: ast.BinOp, hint: T.Type | None) -> Sugared:
    left, right = e.expression(node.left), e.expression(node.right)
    operator, magic = BINARY[type(node.op)]
    if isinstance(node.op, ast.Add) and isinstance(left.type, T.TupleType) and isinstance(right.type, T.TupleType):
        parts = e.unpack_tuple(left, None) + e.unpack_tuple(right, None)
        return SimpleValue(e.make_tuple(parts, None))
    if isinstance(node.op, ast.Mod) and left.type == T.STR:
        return SimpleValue(e.operator("aten::percentFormat", e.range(node), [left, right]))
    if isinstance(node.op, ast.FloorDiv) and isinstance(left.type, T.TensorType):
        return SimpleValue(e.operator("aten::floor_divide", snippets.FLOOR_DIVIDE, [left, right]))
    return SimpleValue(operate(e, operator, magic, [left, right], node))


def emit_unary(e: Emitter, node: ast.UnaryOp, hint: T.Type | None) -> Sugared:
    if isinstance(node.op, ast.Not):
        return conditions.emit_boolean(e, node, hint)
    operator, magic = ("aten::neg", "__neg__") if isinstance(node.op, ast.USub) else ("aten::bitwise_not", "__invert__")
    value = e.expression(node.operand)
    known = value.literal
    if isinstance(node.op, ast.USub) and type(known) in (int, float, complex):
        # A negative literal is a constant of its own, so that it can be an index of a tuple.
        return SimpleValue(e.constant(-known, e.range(node)))
    return SimpleValue(operate(e, operator, magic, [value], node))


def emit_compare(e: Emitter, node: ast.Compare, hint: T.Type | None) -> Sugared:
    if len(node.ops) > 1 or isinstance(node.ops[0], (ast.Is, ast.IsNot)):
        return conditions.emit_boolean(e, node, hint)
    return SimpleValue(compare(e, node, node.left, node.ops[0], node.comparators[0]))


def compare(e: Emitter, node: ast.Compare, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Value:
    """One comparison of a chain (not ``is``)."""
    if isinstance(op, (ast.In, ast.NotIn)):
        return _contains(e, node, left, right, isinstance(op, ast.NotIn))
    operator, magic = COMPARISONS[type(op)]
    a, b = e.expression(left), e.expression(right)
    if isinstance(a.type, T.TupleType) and isinstance(b.type, T.TupleType) and operator in ("aten::eq", "aten::ne"):
        return _compare_tuples(e, node, operator, a, b)
    return operate(e, operator, magic, [a, b], node)


def _compare_tuples(e: Emitter, node: ast.Compare, operator: str, a: Value, b: Value) -> Value:
    """Tuples are equal when all elements are."""
    range = e.range(node)
    left, right = e.unpack_tuple(a, None), e.unpack_tuple(b, None)
    if len(left) != len(right):
        return e.constant(operator == "aten::ne", range)
    result: Value | None = None
    for x, y in zip(left, right, strict=True):
        equal = e.operator("aten::eq", range, [x, y])
        result = equal if result is None else e.operator("aten::__and__", range, [result, equal])
    if result is None:
        result = e.constant(True, range)
    return e.operator("aten::__not__", range, [result]) if operator == "aten::ne" else result


def _contains(e: Emitter, node: ast.Compare, left: ast.expr, right: ast.expr, negated: bool) -> Value:
    # The container is compiled after the item, as in Python.
    item = e.expression(left)
    container = e.sugared(right)
    range = e.range(left)
    value = container.as_value(e, range)
    if isinstance(value.type, T.ClassType):
        result = container.attribute(e, range, "__contains__").call(e, range, [Actual(item, range)], ())
        found = result.as_value(e, range)
    else:
        if isinstance(value.type, T.TupleType) and value.type.elements:
            value = e.make_list(e.unpack_tuple(value, None), value.type.elements[0], None)
        found = e.operator("aten::__contains__", range, [value, item])
    return e.operator("aten::__not__", e.range(node), [found]) if negated else found


def emit_conditional(e: Emitter, node: ast.IfExp, hint: T.Type | None) -> Sugared:
    return SimpleValue(conditions.emit_ternary(e, node, hint))


def emit_tuple(e: Emitter, node: ast.Tuple, hint: T.Type | None) -> Sugared:
    hints: Sequence[T.Type | None] = [None] * len(node.elts)
    if isinstance(hint, T.OptionalType):
        hint = hint.element
    if isinstance(hint, T.TupleType) and len(hint.elements) == len(node.elts):
        hints = hint.elements
    values: list[Value] = []
    for element, wanted in zip(node.elts, hints, strict=True):
        if isinstance(element, ast.Starred):
            range = e.range(element.value)
            values += [p.as_value(e, range) for p in e.sugared(element.value).as_tuple(e, range)]
        else:
            values.append(e.expression(element, wanted))
    return SimpleValue(e.make_tuple(values, None))


def emit_list(e: Emitter, node: ast.List, hint: T.Type | None) -> Sugared:
    element = None
    if isinstance(hint, T.OptionalType):
        hint = hint.element
    if isinstance(hint, T.UnionType):
        lists = [m for m in hint.members if isinstance(m, T.ListType)]
        hint = lists[0] if len(lists) == 1 else None
    if isinstance(hint, T.ListType):
        element = hint.element
    values = []
    for item in node.elts:
        if isinstance(item, ast.Starred):
            range = e.range(item.value)
            values += [p.as_value(e, range) for p in e.sugared(item.value).as_tuple(e, range)]
        else:
            values.append(e.expression(item, element))
    return SimpleValue(list_of(e, values, element, node))


def list_of(e: Emitter, values: list[Value], element: T.Type | None, node: ast.AST) -> Value:
    """A list of values whose type is ``element``, or else what the values have in common."""
    if element is None:
        element = T.TENSOR if not values else common_type([v.type for v in values])
    elif element not in (T.ANY,) and values:
        values = [convert(e, v, element, e.range(node)) for v in values]
        for value in values:
            if not T.is_subtype(value.type, element):
                raise e.error(
                    node,
                    f"List type annotation `List[{element.annotation()}]` did not match the types of the given list "
                    f"elements, which were {shown(value.type)}",
                )
    return e.make_list(values, element, None)


def common_type(types: Sequence[T.Type]) -> T.Type:
    """The element type of a list or dict literal without annotation."""
    found = types[0]
    for type in types[1:]:
        joined = T.unify(found, type)
        found = joined if joined is not None else T.union((found, type))
    return T.TENSOR if isinstance(found, T.TensorType) else found


def emit_dict(e: Emitter, node: ast.Dict, hint: T.Type | None) -> Sugared:
    key: T.Type | None = None
    value: T.Type | None = None
    if isinstance(hint, T.OptionalType):
        hint = hint.element
    if isinstance(hint, T.DictType):
        key, value = hint.key, hint.value
    keys: list[Value] = []
    values: list[Value] = []
    for k, v in zip(node.keys, node.values, strict=True):
        assert k is not None
        keys.append(e.expression(k, key))
        values.append(e.expression(v, value))
    return SimpleValue(dict_of(e, keys, values, key, value, node))


def dict_of(
    e: Emitter,
    keys: Sequence[Value],
    values: Sequence[Value],
    key: T.Type | None,
    value: T.Type | None,
    node: ast.AST,
) -> Value:
    """A dict of the given entries; the types are inferred unless given."""
    if key is None or value is None:
        if not keys:
            key, value = T.STR, T.TENSOR
        else:
            key, value = common_type([k.type for k in keys]), common_type([v.type for v in values])
    check_key_type(key, e, node)
    flat: list[Value] = []
    for k, v in zip(keys, values, strict=True):
        k, v = convert(e, k, key, e.range(node)), convert(e, v, value, e.range(node))
        if not T.is_subtype(k.type, key):
            raise e.error(node, f"Dict keys must contain only a single type. Expected: {shown(key)} but found "
                                f"{shown(k.type)} instead")  # fmt: skip
        if not T.is_subtype(v.type, value):
            raise e.error(node, f"Dict values must contain only a single type. Expected: {shown(value)} but found "
                                f"{shown(v.type)} instead")  # fmt: skip
        flat += [k, v]
    return e.insert("prim::DictConstruct", flat, [T.DictType(key, value)], None).output


def check_key_type(key: T.Type, e: Emitter, node: ast.AST) -> None:
    """Refuse dict keys that TorchScript cannot hash."""
    if key not in (T.INT, T.FLOAT, T.COMPLEX, T.STR, T.BOOL, T.DEVICE, T.TENSOR):
        raise e.error(
            node,
            f"Cannot create dict for key type '{key.schema()}', only int, float, complex, Tensor, device and "
            "string keys "
            "are supported",
        )


def emit_format(e: Emitter, node: ast.JoinedStr, hint: T.Type | None) -> Sugared:
    text = ""
    values: list[Value] = []
    parts: list[ast.expr] = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            text += "{}"
            parts.append(part.value)
        elif isinstance(part, ast.Constant):
            text += str(part.value)
    _check_text(e, node, text)
    pattern = e.constant(text, e.range(node))
    values = [e.expression(p) for p in parts]
    return SimpleValue(e.operator("aten::format", e.range(node), [pattern, *values]))


def emit_starred(e: Emitter, node: ast.Starred, hint: T.Type | None) -> Sugared:
    raise e.error(node, "a starred expression can only be an argument, or an element of a tuple or list")


EXPRESSIONS: dict[type[ast.expr], Callable[..., Sugared]] = {
    ast.Constant: emit_constant,
    ast.Name: emit_name,
    ast.Attribute: emit_attribute,
    ast.Call: emit_call,
    ast.BinOp: emit_binary,
    ast.UnaryOp: emit_unary,
    ast.BoolOp: conditions.emit_boolean,
    ast.Compare: emit_compare,
    ast.IfExp: emit_conditional,
    ast.Tuple: emit_tuple,
    ast.List: emit_list,
    ast.Dict: emit_dict,
    ast.JoinedStr: emit_format,
    ast.Subscript: subscripts.emit_subscript,
    ast.ListComp: comprehensions.emit_list_comprehension,
    ast.GeneratorExp: comprehensions.emit_list_comprehension,
    ast.DictComp: comprehensions.emit_dict_comprehension,
    ast.Starred: emit_starred,
}
