"""``torch.jit.freeze``: a copy of a scripted module whose attributes are constants of its graphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from transpile.core import types as T
from transpile.ir.function import Function, ScriptObject
from transpile.ir.graph import Graph
from transpile.jit.module.copying import copy_object
from transpile.jit.module.script_module import RecursiveScriptModule, ScriptModule, wrap_module
from transpile.jit.unit import default_unit
from transpile.passes.fold_constant_batch_norm import fold_constant_batch_norm
from transpile.passes.frozen_values import (
    Key,
    fold_frozen_attributes,
    is_transparent,
    used_attributes,
    written_attributes,
)
from transpile.passes.inline import inline_all
from transpile.passes.normalize_ops import normalize_ops
from transpile.passes.pipelines import clean_up
from transpile.passes.raise_loops import raise_loops

_SCRIPT_FIRST = "Please use torch.jit.script or torch.jit.trace to script your 'nn.Module'."


def freeze(mod: Any, preserved_attrs: Sequence[str] | None = None, optimize_numerics: bool = True) -> Any:
    """A copy of a scripted module in evaluation mode, with its calls inlined and its attributes as constants.

    What ``forward`` and the methods among ``preserved_attrs`` write stays an attribute, and so does what
    ``preserved_attrs`` names.  ``optimize_numerics`` folds batch norms, which may change last digits.
    """
    if not isinstance(mod, ScriptModule):
        raise RuntimeError(f"Freezing expects a ScriptModule as input. {_SCRIPT_FIRST}")
    original = mod._object
    if original.slots.get("training"):
        raise RuntimeError(
            "Freezing is currently only implemented for modules in eval mode. Please call .eval() on your module before "
            "freezing."
        )
    root = copy_object(original, {})
    preserved = list(preserved_attrs or ())
    methods = [n for n in ("forward", *preserved) if isinstance(root.type.methods.get(n), Function)]
    kept = [_lookup(root, name) for name in preserved if name not in methods]
    graphs = {name: _inlined(root.type.methods[name]) for name in methods}
    if _freeze_graphs(root, graphs, {key for key, _ in kept}):
        frozen = _without_unused(root, graphs, kept)
    else:
        frozen = root
    if frozen is not root:
        for name in methods:
            frozen.type.methods[name] = _method(root.type.methods[name], frozen.type, graphs[name])
    made = wrap_module(frozen)
    made.__dict__["_preserved_methods"] = tuple(methods)
    if optimize_numerics:
        run_frozen_optimizations(made, preserved_methods=methods)
    return made


def _lookup(root: ScriptObject, path: str) -> tuple[Key, Any]:
    """The attribute at a path; ``RuntimeError`` if there is none."""
    owner: Any = root
    *parents, name = path.split(".")
    for parent in parents:
        owner = owner.slots.get(parent) if isinstance(owner, ScriptObject) else None
    if not isinstance(owner, ScriptObject) or name not in owner.slots:
        raise RuntimeError(f"Unknown name: {path}")
    return (id(owner), name), owner.slots[name]


def _inlined(method: Function) -> Graph:
    graph = method.structured.copy()
    inline_all(graph)
    raise_loops(graph)
    return graph


def _freeze_graphs(root: ScriptObject, graphs: Mapping[str, Graph], preserved: set[Key]) -> bool:
    """Fold attributes in the graphs, in place; ``False`` if they do not show what is done with the attributes."""
    pairs = [(root, graph) for graph in graphs.values()]
    changed = True
    while changed:
        changed = False
        for graph in graphs.values():
            normalize_ops(graph)
            clean_up(graph)
        if not is_transparent(pairs) and not _narrow_interfaces(pairs):
            return False
        kept = preserved | written_attributes(pairs)
        for graph in graphs.values():
            changed |= fold_frozen_attributes(graph, root, kept) | inline_all(graph) | raise_loops(graph)
    return True


def _narrow_interfaces(pairs: Sequence[tuple[ScriptObject, Graph]]) -> bool:
    """Give attributes with an interface type the type of the module that they hold, and inline what is called on it."""
    changed = False
    for root, graph in pairs:
        everything = {(id(o), n) for o in _objects(root) for n, v in o.slots.items() if not isinstance(v, ScriptObject)}
        changed |= fold_frozen_attributes(graph, root, everything) | inline_all(graph)
    return changed


def _objects(root: ScriptObject) -> list[ScriptObject]:
    found, pending = {id(root): root}, [root]
    while pending:
        for value in pending.pop().slots.values():
            if isinstance(value, ScriptObject) and id(value) not in found:
                found[id(value)] = value
                pending.append(value)
    return list(found.values())


def _without_unused(root: ScriptObject, graphs: Mapping[str, Graph], kept: Sequence[tuple[Key, Any]]) -> ScriptObject:
    """``root`` with those attributes only that are used or preserved; the graphs get its types."""
    used = {*used_attributes([(root, g) for g in graphs.values()]), *(key for key, _ in kept)}
    whole = {id(o) for _, value in kept if isinstance(value, ScriptObject) for o in _objects(value)}
    made: dict[int, ScriptObject] = {id(o): o for o in _objects(root) if id(o) in whole}

    def reaches(owner: ScriptObject, name: str) -> bool:
        """Whether the attribute, or something below it, is used."""
        value = owner.slots.get(name)
        if (id(owner), name) in used and not (isinstance(value, ScriptObject) and value.type.is_module):
            return True
        below = _objects(value) if isinstance(value, ScriptObject) else []
        return any(id(o) in whole or reaches(o, n) for o in below for n in o.slots if not _is_module(o.slots[n]))

    def reduced(owner: ScriptObject) -> ScriptObject:
        if id(owner) in made:
            return made[id(owner)]
        type = T.ClassType(default_unit().names.claim(owner.type.name), is_module=owner.type.is_module)
        type.python_class = owner.type.python_class
        made[id(owner)] = copy = ScriptObject(type)
        for name, attribute in owner.type.attributes.items():
            value = owner.slots[name]
            if not reaches(owner, name):
                continue
            copy.slots[name] = value = reduced(value) if _is_module(value) else value
            found = value.type if _is_module(value) else attribute.type
            type.add_attribute(name, found, parameter=attribute.is_parameter, buffer=attribute.is_buffer)
        return copy

    result = reduced(root)
    for graph in graphs.values():
        _retype(graph, result)
    return result


def _is_module(value: Any) -> bool:
    return isinstance(value, ScriptObject) and value.type.is_module


def _retype(graph: Graph, root: ScriptObject) -> None:
    graph.inputs[0].set_type(root.type)
    objects = {graph.inputs[0]: root}
    for node in graph.walk():
        if node.kind == "prim::GetAttr" and node.input() in objects:
            value = objects[node.input()].slots.get(node.attributes["name"])
            if isinstance(value, ScriptObject):
                objects[node.output] = value
                node.output.set_type(value.type)


def _method(method: Function, owner: T.ClassType, graph: Graph) -> Function:
    first, *rest = method.schema.arguments
    schema = replace(method.schema, arguments=(replace(first, type=owner), *rest))
    name = f"{owner.name}.{method.name}"
    graph.name = name
    return Function(
        method.name, name, schema, graph, method.python, method.range, owner, method.source_text, lower=method.lower
    )


def run_frozen_optimizations(
    mod: Any, optimize_numerics: bool = True, preserved_methods: Sequence[str] | None = None
) -> None:
    """Simplify the graphs of a frozen module in place; ``optimize_numerics`` folds batch norms into the layers before them."""
    for name in ("forward", *(preserved_methods or ())):
        method = mod._object.type.methods.get(name)
        if not isinstance(method, Function):
            continue
        graph = method.structured
        changed = clean_up(graph)
        if optimize_numerics and fold_constant_batch_norm(graph):
            clean_up(graph)
            changed = True
        if changed:
            method.replace_structured(graph)


def optimize_for_inference(mod: Any, other_methods: Sequence[str] | None = None) -> Any:
    """A frozen module (``mod`` is frozen in evaluation mode if it is not yet) with its graphs simplified."""
    if not isinstance(mod, ScriptModule):
        raise RuntimeError(f"optimize_for_inference expects a ScriptModule as input. {_SCRIPT_FIRST}")
    methods = list(other_methods or ())
    if "training" in mod._object.slots:
        mod = freeze(mod.eval(), preserved_attrs=methods)
    assert isinstance(mod, RecursiveScriptModule)
    run_frozen_optimizations(mod, preserved_methods=methods)
    return mod
