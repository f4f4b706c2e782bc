"""List and dict comprehensions: an empty container, and a loop that fills it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from transpile.core import types as T
from transpile.script.values import Actual, SimpleValue, Sugared

if TYPE_CHECKING:
    from transpile.script.emitter import Emitter


def emit_list_comprehension(e: Emitter, node: ast.ListComp | ast.GeneratorExp, hint: T.Type | None) -> Sugared:
    from transpile.script.loops import emit_iteration

    range = e.range(node)
    if isinstance(hint, T.OptionalType):
        hint = hint.element
    result = e.make_list([], hint.element if isinstance(hint, T.ListType) else T.TENSOR, None)
    known = isinstance(hint, T.ListType)

    def body() -> None:
        nonlocal known
        element = e.expression(node.elt, hint.element if isinstance(hint, T.ListType) else None)
        if not known:
            known = True
            result.set_type(T.ListType(element.type))
        e.call_operator("aten::append", range, [Actual(element, range)], (), Actual(result, range, "self"))

    scope = e.insert("prim::ComprehensionScope", (), (), range)
    with e.block(scope.add_block()):
        emit_iteration(e, node.generators[0].target, node.generators[0].iter, range, body)
    return SimpleValue(result)


def emit_dict_comprehension(e: Emitter, node: ast.DictComp, hint: T.Type | None) -> Sugared:
    from transpile.script.expressions import check_key_type
    from transpile.script.loops import emit_iteration

    range = e.range(node)
    if isinstance(hint, T.OptionalType):
        hint = hint.element
    known = isinstance(hint, T.DictType)
    type = hint if isinstance(hint, T.DictType) else T.DictType(T.STR, T.TENSOR)
    result = e.insert("prim::DictConstruct", (), [type], None).output

    def body() -> None:
        nonlocal known
        key = e.expression(node.key, type.key if known else None)
        value = e.expression(node.value, type.value if known else None)
        if not known:
            known = True
            check_key_type(key.type, e, node)
            result.set_type(T.DictType(key.type, value.type))
        e.operator("aten::_set_item", range, [result, key, value])

    scope = e.insert("prim::ComprehensionScope", (), (), range)
    with e.block(scope.add_block()):
        emit_iteration(e, node.generators[0].target, node.generators[0].iter, range, body)
    return SimpleValue(result)
