"""What the struct of each module holds: the attributes that the program reads or assigns, as a tree of paths."""

from __future__ import annotations

from typing import Any

from transpile.codegen.plan.fields import Member, array_length
from transpile.codegen.plan.program import ModuleSpec, Program, attribute_path
from transpile.core import types as T
from transpile.ir.function import ScriptObject


def collect_members(program: Program) -> None:
    """Fill ``members`` of every module; a struct's own submodules are the ``members`` of their structs."""
    for module in program.modules:
        _attributes(module, program)
    for module in program.modules:
        for attribute in module.type.attributes.values():
            if (module.type, attribute.name) in program.mutated:
                module.members.grow((attribute.name,)).held = attribute.type
        for path, child in module.children.items():
            if module.holder_of(path)[0] is module:
                module.members.grow(path).inner = child.members
        _order(module.members, module.instance)


def _attributes(module: ModuleSpec, program: Program) -> None:
    """Everything that the methods read or assign, in this struct or in one that it holds."""
    for method in module.methods.values():
        for node in method.graph.walk_with_forks():
            if node.kind not in ("prim::GetAttr", "prim::SetAttr"):
                continue
            owner = node.input(0).type
            path = attribute_path(node.input(0))
            if path is None or not isinstance(owner, T.ClassType) or not owner.is_module:
                continue
            name = str(node.attributes["name"])
            changes = (owner, name) in program.mutated
            held = owner.attributes[name].type if changes else node.outputs[0].type
            if isinstance(held, T.ClassType) and held.is_module:
                continue
            if not changes and isinstance(held, T.OptionalType) and held.element == T.TENSOR:
                held = T.TENSOR  # what is never assigned is there or not
            holder, rest = module.holder_of((*path, name))
            member = holder.members.grow(rest)
            member.held, member.range = held, node.range


def arrays_of(members: Member, path: str = "") -> dict[str, int]:
    """The containers below ``members`` that hold modules of one struct and nothing else, with their lengths."""
    found: dict[str, int] = {}
    for name, member in members.children.items():
        here = f"{path}.{name}" if path else name
        inner = [child.inner for child in member.children.values()]
        if len(inner) > 1 and inner[0] is not None and all(one is inner[0] for one in inner):
            if list(member.children) == [str(i) for i in range(len(inner))]:
                found[here] = len(inner)
        found |= arrays_of(member, here)
    return found


def uniform_of(members: Member, path: str = "") -> dict[str, int]:
    """The containers below ``members`` that are arrays in C++, with their lengths: of modules, or of groups of parameters."""
    found: dict[str, int] = {}
    for name, member in members.children.items():
        here = f"{path}.{name}" if path else name
        if member.inner is None and (count := array_length(member)):
            found[here] = count
        found |= uniform_of(member, here)
    return found


# Fewer calls than this are as short as a loop.
_RUN = 3


def runs_of(members: Member, path: str = "") -> dict[str, int]:
    """The first ones of neighbours that are modules of one struct, in containers that are no arrays, and how many they are."""
    found: dict[str, int] = {}
    for name, member in members.children.items():
        here = f"{path}.{name}" if path else name
        numbers = [int(attribute) for attribute in member.children if attribute.isdecimal()]
        start = 0
        while start < len(numbers):
            first, stop = member.children[str(numbers[start])].inner, start + 1
            while stop < len(numbers) and numbers[stop] == numbers[stop - 1] + 1:
                if first is None or member.children[str(numbers[stop])].inner is not first:
                    break
                stop += 1
            if stop - start >= _RUN:
                found[f"{here}.{numbers[start]}"] = stop - start
            start = stop
        found |= runs_of(member, here)
    arrays = arrays_of(members, path)
    return {first: count for first, count in found.items() if first.rpartition(".")[0] not in arrays}


def _order(member: Member, instance: Any) -> None:
    """Members stand in the order of the Python attributes."""
    if not isinstance(instance, ScriptObject):
        return
    known = [name for name in instance.slots if name in member.children]
    rest = [name for name in member.children if name not in instance.slots]
    member.children = {name: member.children[name] for name in (*known, *rest)}
    for name in known:
        _order(member.children[name], instance.slots[name])
