"""Calls whose result nobody uses, of functions that do nothing but give one, are not made.

PyTorch writes some expressions into an archive more than once: of ``rest[overlap(box, rest) <= limit]`` three calls of
``overlap`` are left there, the first two without use.  As everywhere, that a function might raise does not keep it; a
``raise`` or ``assert`` in it does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from transpile.codegen.plan.program import FunctionSpec, Program, target_of
from transpile.ir.facts import facts_of
from transpile.ir.function import Function
from transpile.ir.graph import Node

_CALLS = ("prim::CallFunction", "prim::CallMethod")


def drop_unused_calls(program: Program) -> list[FunctionSpec]:
    """Remove them, except the only call of a function; gives the functions that have changed.

    Needs ``mark_mutation``.  What only the calls used is left for ``dead_code``.
    """
    specs = program.all_functions()
    by_function = {s.function: s for s in specs if s.owner is None}
    calls = {spec: _calls(spec, by_function) for spec in specs}
    counts = Counter(target for found in calls.values() for target in found.values())
    effects = _with_effects(specs, calls)
    changed: list[FunctionSpec] = []
    for spec, found in calls.items():
        for node, target in found.items():
            if target in effects or counts[target] == 1 or any(v.uses for v in node.outputs):
                continue
            node.destroy()
            counts[target] -= 1
            if spec not in changed:
                changed.append(spec)
    return changed


def _calls(spec: FunctionSpec, by_function: Mapping[Function, FunctionSpec]) -> dict[Node, FunctionSpec]:
    """The calls whose target is known."""
    found = {n: target_of(spec, n, by_function) for n in spec.graph.walk_with_forks() if n.kind in _CALLS}
    return {node: target for node, target in found.items() if target is not None}


def _with_effects(specs: list[FunctionSpec], calls: dict[FunctionSpec, dict[Node, FunctionSpec]]) -> set[FunctionSpec]:
    """Those that change something that was there before, print, draw, raise, or call what does or is not known."""
    found = {s for s in specs if s.mutates or s.writes_arguments or _acts(s, calls[s])}
    while more := {s for s in specs if s not in found and not found.isdisjoint(calls[s].values())}:
        found |= more
    return found


def _acts(spec: FunctionSpec, known: dict[Node, FunctionSpec]) -> bool:
    leaves = ("prim::Return", "prim::Break", "prim::Continue")
    return any(facts_of(n).effect for n in spec.graph.walk_with_forks() if n not in known and n.kind not in leaves)
