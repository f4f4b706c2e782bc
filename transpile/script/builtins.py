"""Python's builtins inside a script, and the forms of ``torch.jit`` that look at their arguments unevaluated."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from transpile.core import types as T
from transpile.core.errors import ScriptTypeError
from transpile.core.source import SourceRange
from transpile.ir.graph import Block, Graph, Node, Value
from transpile.script import conditions, matching
from transpile.script.environment import shown
from transpile.script.values import (
    Actual,
    CountingValue,
    IterableTree,
    MethodValue,
    OperatorFunction,
    RangeValue,
    SimpleValue,
    Sugared,
    SugaredTuple,
)

if TYPE_CHECKING:
    from transpile.script.emitter import Emitter


class CastFunction(OperatorFunction):
    """``int``, ``float``, ``bool``, ``str``, ``complex``: nothing to do for a value that has the type already."""

    def __init__(self, type: T.Type, operator: str, magic: str) -> None:
        super().__init__(operator)
        self.type = type
        self.magic = magic

    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        if len(arguments) == 1 and not keywords:
            value = arguments[0].value
            if value.type == self.type:
                return SimpleValue(value)
            if isinstance(value.type, T.ClassType) and self.magic in value.type.methods:
                return MethodValue(value, [self.magic]).call(e, range, (), ())
            if self.type == T.BOOL and isinstance(value.type, (T.ListType, T.DictType, T.SimpleType)):
                return SimpleValue(conditions.to_bool(e, value, range))
        return super().call(e, range, arguments, keywords)


class MagicFunction(OperatorFunction):
    """A builtin that an object may answer with a method: ``len``, ``abs``."""

    def __init__(self, operator: str, magic: str) -> None:
        super().__init__(operator)
        self.magic = magic

    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        if arguments and isinstance(arguments[0].value.type, T.ClassType):
            method = SimpleValue(arguments[0].value).attribute(e, range, self.magic)
            return method.call(e, range, arguments[1:], keywords)
        return super().call(e, range, arguments, keywords)


class PrintFunction(Sugared):
    kind = "builtin"

    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        if keywords:
            raise ScriptTypeError(
                "print doesn't accept any keyword arguments", range, hint="build the text with format()"
            )
        e.insert("prim::Print", [a.value for a in arguments], (), range)
        return NoResult()


class NoResult(Sugared):
    """What a call of ``print`` stands for: nothing that could be used."""

    kind = "None"


class RaisedValue(Sugared):
    """An exception with its message: what ``raise`` takes."""

    kind = "exception"

    def __init__(self, message: Value, class_name: Value | None) -> None:
        self.message = message
        self.class_name = class_name


class ExceptionClass(Sugared):
    """An exception class; ``qualified_name`` is empty for the builtin ``AssertionError`` of assert statements."""

    kind = "exception"

    def __init__(self, name: str, qualified_name: str = "") -> None:
        self.name = name
        self.qualified_name = qualified_name

    def call(
        self, e: Emitter, range: SourceRange | None, arguments: Sequence[Actual], keywords: Sequence[Actual]
    ) -> Sugared:
        if not self.qualified_name:
            message = e.constant(f"{self.name}: ", range)
            for argument in arguments:
                text = argument.value
                if text.type != T.STR:
                    text = e.operator("aten::str", range, [text])
                message = e.operator("aten::add", range, [message, text])
            return RaisedValue(message, None)
        if not arguments:
            message = e.constant("", range)
        elif len(arguments) == 1:
            message = arguments[0].value
        else:
            message = e.make_tuple([a.value for a in arguments], range)
        return RaisedValue(message, e.constant(self.qualified_name, range))


class SpecialForm(Sugared):
    """A call whose arguments are not all values: types, names, iterables, functions."""

    kind = "builtin"
    value_hint = "builtins can be called, not passed: write a loop, or a class with __lt__ for an order of your own"

    def __init__(self, name: str) -> None:
        self.name = name

    def call_form(self, e: Emitter, node: ast.Call, range: SourceRange, hint: T.Type | None) -> Sugared:
        return _FORMS[self.name](e, node, range, hint)


_Form = Callable[["Emitter", ast.Call, SourceRange, "T.Type | None"], Sugared]


def _range_form(e: Emitter, node: ast.Call, range: SourceRange, hint: T.Type | None) -> Sugared:
    arguments, _ = e.arguments(node)
    return RangeValue(e, range, [a.value for a in arguments])


def _zip_form(e: Emitter, node: ast.Call, range: SourceRange, hint: T.Type | None) -> Sugared:
    if not node.args:
        raise ScriptTypeError("zip expected at least 1 arguments, got 0", range)
    return IterableTree([e.sugared(a).iterate(e, range) for a in node.args], range)


def _enumerate_form(e: Emitter, node: ast.Call, range: SourceRange, hint: T.Type | None) -> Sugared:
    given = list(node.args)
    start = next((k.value for k in node.keywords if k.arg == "start"), None)
    if len(given) == 2:
        start = given.pop()
    if len(given) != 1:
        raise ScriptTypeError(f"enumerate expected 1 or 2 arguments, got {len(node.args)}", range)
    counter = CountingValue(e.literal((1 << 63) - 1, range), e.expression(start) if start is not None else None)
    return IterableTree([counter, e.sugared(given[0]).iterate(e, range)], range)


def _list_form(e: Emitter, node: ast.Call, range: SourceRange, hint: T.Type | None) -> Sugared:
    if not node.args:
        element = hint.element if isinstance(hint, T.ListType) else T.TENSOR
        return SimpleValue(e.make_list([], element, None))
    given = e.sugared(node.args[0])
    if isinstance(given, SimpleValue) and (isinstance(given.value.type, T.ListType) or given.value.type == T.STR):
        return SimpleValue(e.operator("aten::list", range, [given.value]))
    name = ast.copy_location(ast.Name("$element", ast.Load()), node)
    target = ast.copy_location(ast.Name("$element", ast.Store()), node)
    loop = ast.comprehension(target, node.args[0], [], 0)
    return e.sugared(ast.copy_location(ast.ListComp(name, [loop]), node), hint)


def _dict_form(e: Emitter, node: ast.Call, range: SourceRange, hint: T.Type | None) -> Sugared:
    if not node.args and not node.keywords:
        type = hint if isinstance(hint, T.DictType) else T.DictType(T.STR, T.TENSOR)
        return SimpleValue(e.insert("prim::DictConstruct", (), [type], None).output)
    if not node.args:
        from transpile.script.expressions import dict_of

        keys = [e.constant(k.arg or "", range) for k in node.keywords]
        return SimpleValue(dict_of(e, keys, [e.expression(k.value) for k in node.keywords], None, None, node))
    value = e.expression(node.args[0])
    return SimpleValue(e.operator("aten::dict", range, [value]))


def _tuple_form(e: Emitter, node: ast.Call, range: SourceRange, hint: T.Type | None) -> Sugared:
    if not node.args:
        return SimpleValue(e.make_tuple([], None))
    given = e.sugared(node.args[0])
    return (
        SugaredTuple(given.as_tuple(e, range))
        if not isinstance(given, SimpleValue)
        else SimpleValue(e.make_tuple([p.as_value(e, range) for p in given.as_tuple(e, range)], None))
    )


def _getattr_form(e: Emitter, node: ast.Call, range: SourceRange, hint: T.Type | None) -> Sugared:
    if not 2 <= len(node.args) <= 3:
        raise ScriptTypeError(f"getattr expected 2 or 3 arguments, got {len(node.args)}", range)
    name = node.args[1]
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        raise ScriptTypeError(
            "getattr's second argument must be a string literal", range, hint="choose with 'if' among names written out"
        )
    owner = e.sugared(node.args[0])
    if len(node.args) == 3 and not owner.has_attribute(e, range, name.value):
        return e.sugared(node.args[2])
    return owner.attribute(e, range, name.value)


def _hasattr_form(e: Emitter, node: ast.Call, range: SourceRange, hint: T.Type | None) -> Sugared:
    return SimpleValue(e.constant(conditions.has_attribute(e, node), range))


def _isinstance_form(e: Emitter, node: ast.Call, range: SourceRange, hint: T.Type | None) -> Sugared:
    return SimpleValue(conditions.isinstance_condition(e, node).value)


def _is_scripting_form(e: Emitter, node: ast.Call, range: SourceRange, hint: T.Type | None) -> Sugared:
    return SimpleValue(e.constant(True, None))


def _annotate_form(e: Emitter, node: ast.Call, range: SourceRange, hint: T.Type | None) -> Sugared:
    if len(node.args) != 2:
        raise ScriptTypeError(f"annotate expected 2 arguments, got {len(node.args)}", range)
    type = e.resolver.annotation(e, node.args[0])
    value = matching.convert(e, e.expression(node.args[1], type), type, range)
    if not T.is_subtype(value.type, type):
        raise ScriptTypeError(
            f"expected an expression of type {type.annotation()} but found {shown(value.type)}", range
        )
    if value.type == T.NONE and type != T.NONE:
        value = e.constant(None, range, type)
    return SimpleValue(value)


def _fork_form(e: Emitter, node: ast.Call, range: SourceRange, hint: T.Type | None) -> Sugared:
    if not node.args:
        raise ScriptTypeError("Expected at least one argument to fork()", range)
    callee = e.sugared(node.args[0])
    arguments = e.positional(node.args[1:])
    keywords = [Actual(e.expression(k.value), e.range(k.value), k.arg or "") for k in node.keywords]
    fork = e.insert("prim::fork", (), (), range)
    block = fork.add_block()
    with e.block(block):
        result = callee.call(e, range, arguments, keywords).as_value(e, range)
    return SimpleValue(outline_task(fork, block, result))


def outline_task(fork: Node, block: Block, result: Value) -> Value:
    """Make the only block of ``fork`` a graph of its own, which gives ``result``; the future of it."""
    graph = Graph()
    captured: dict[Value, Value] = {}
    nodes = list(block.walk())
    blocks = [b for n in nodes for b in n.blocks]
    inside = {v for n in nodes for v in n.outputs} | {v for b in blocks for v in b.params}
    for value in (*(v for n in nodes for v in n.inputs), *(v for b in blocks for v in b.returns), result):
        if value not in inside and value not in captured:
            captured[value] = graph.add_input(value.type, value.base_name)
            fork.add_input(value)
    mapping = dict(captured)
    for inner in block.nodes:
        graph.block.append(graph.clone_node(inner, mapping))
    graph.block.add_return(mapping.get(result, result))
    block.destroy()
    fork.blocks.clear()
    fork.attributes["Subgraph"] = graph
    return fork.add_output(T.FutureType(result.type))


_FORMS: dict[str, _Form] = {
    "range": _range_form,
    "zip": _zip_form,
    "enumerate": _enumerate_form,
    "list": _list_form,
    "dict": _dict_form,
    "tuple": _tuple_form,
    "getattr": _getattr_form,
    "hasattr": _hasattr_form,
    "isinstance": _isinstance_form,
    "is_scripting": _is_scripting_form,
    "annotate": _annotate_form,
    "fork": _fork_form,
}

GLOBALS: dict[str, Sugared] = {
    "print": PrintFunction(),
    "int": CastFunction(T.INT, "aten::Int", "__int__"),
    "float": CastFunction(T.FLOAT, "aten::Float", "__float__"),
    "bool": CastFunction(T.BOOL, "aten::Bool", "__bool__"),
    "str": CastFunction(T.STR, "aten::str", "__str__"),
    "complex": CastFunction(T.COMPLEX, "aten::Complex", "__complex__"),
    "len": MagicFunction("aten::len", "__len__"),
    "hex": MagicFunction("aten::hex", "__hex__"),
    "oct": MagicFunction("aten::oct", "__oct__"),
    "round": MagicFunction("aten::round", "__round__"),
    "AssertionError": ExceptionClass("AssertionError"),
    **{name: SpecialForm(name) for name in _FORMS if name not in ("annotate", "fork", "is_scripting")},
    **{
        name: OperatorFunction(operator)
        for name, operator in {
            "hash": "aten::hash", "id": "prim::id", "min": "prim::min", "max": "prim::max", "abs": "prim::abs",
            "all": "aten::all", "any": "aten::any", "divmod": "aten::divmod", "sum": "aten::sum", "ord": "aten::ord",
            "chr": "aten::chr", "bin": "aten::bin", "pow": "aten::pow", "sorted": "aten::sorted",
            "rangelist": "prim::rangelist",
        }.items()
    },
}  # fmt: skip
