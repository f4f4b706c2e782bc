"""A module with hooks of its own, for who can only call methods: the hooks become part of ``forward``."""

from __future__ import annotations

from transpile.core import types as T
from transpile.core.schema import Argument, Schema
from transpile.ir.function import Function, ScriptObject
from transpile.ir.graph import Graph, Value

INNER = "forward_without_hooks"


def run_hooks_in_forward(module: ScriptObject) -> None:
    """Let ``forward`` do what a call of the module does.  The hooks are no longer called around it then."""
    owner = module.type
    forward = owner.methods.get("forward")
    if not isinstance(forward, Function) or not (owner.forward_pre_hooks or owner.forward_hooks):
        return
    for method in owner.methods.values():
        if isinstance(method, Function):
            _rename_calls(method, owner)
    inner = Function(
        INNER,
        f"{owner.name}.{INNER}",
        Schema(INNER, "", forward.schema.arguments, forward.schema.returns),
        forward.structured,
        forward.python,
        forward.range,
        owner,
        forward.source_text,
        lower=forward.lower,
    )
    graph = Graph(forward.qualified_name)
    values = [graph.add_input(a.type, a.name) for a in forward.schema.arguments]
    result = _body(graph, owner, values, inner)
    graph.return_type = result.type
    graph.block.add_return(result)
    schema = Schema("forward", "", forward.schema.arguments, (Argument("", result.type),))
    owner.methods["forward"] = Function(
        "forward",
        forward.qualified_name,
        schema,
        graph,
        forward.python,
        forward.range,
        owner,
        forward.source_text,
        lower=forward.lower,
    )
    owner.methods[INNER] = inner
    owner.forward_pre_hooks, owner.forward_hooks = [], []


def _rename_calls(method: Function, owner: T.ClassType) -> None:
    """Code of the module itself calls ``forward`` without its hooks."""
    calls = [
        node
        for node in method.structured.walk()
        if node.kind == "prim::CallMethod" and node.attributes["name"] == "forward" and node.input(0).type is owner
    ]
    for node in calls:
        node.attributes["name"] = INNER
    if calls:
        method.replace_structured(method.structured)


def _body(graph: Graph, owner: T.ClassType, values: list[Value], inner: Function) -> Value:
    module, given = values[0], values[1:]

    def call(name: str, arguments: list[Value], result: T.Type) -> Value:
        node = graph.insert_node("prim::CallMethod", [module, *arguments], [result])
        node.attributes["name"] = name
        return node.output

    def packed() -> Value:
        type = T.TupleType(tuple(v.type for v in given))
        return graph.insert_node("prim::TupleConstruct", given, [type]).output

    for name in owner.forward_pre_hooks:
        type = owner.methods[name].schema.returns[0].type
        changed = call(name, [packed()], type)
        if isinstance(type, T.TupleType):
            given = list(graph.insert_node("prim::TupleUnpack", [changed], type.elements).outputs)
        elif type != T.NONE:
            given = [changed]
    formals = inner.schema.arguments[1 + len(given) :]
    given += [graph.insert_constant(a.default, None if a.default is None else a.type) for a in formals]
    output = call(INNER, given, inner.schema.returns[0].type)
    for name in owner.forward_hooks:
        type = owner.methods[name].schema.returns[0].type
        changed = call(name, [packed(), output], type)
        output = changed if type != T.NONE else output
    return output
