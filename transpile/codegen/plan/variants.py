"""Names for the structs of one class that differ: they say how, ``BlockWithShortcut`` or ``BlockStride2``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from transpile.codegen.plan.program import ModuleSpec
from transpile.ir.function import ScriptObject


def struct_hints(modules: Sequence[ModuleSpec]) -> Mapping[ModuleSpec, str]:
    """A name for every struct: that of its class, and for all but the first of a class what sets it apart from that one."""
    first: dict[str, ModuleSpec] = {}
    hints: dict[ModuleSpec, str] = {}
    for module in modules:
        name = module.type.name.rpartition(".")[2]
        base = first.setdefault(name, module)
        hints[module] = name if base is module else name + _difference(base, module)
    return hints


def _difference(base: ModuleSpec, other: ModuleSpec) -> str:
    """What is said of ``other`` that does not hold for ``base``; nothing if that is not short."""
    mine, theirs = set(other.members.children), set(base.members.children)
    for name in other.members.children:
        if name not in theirs:
            return f"With{_words(name)}"
    for name in base.members.children:
        if name not in mine:
            return f"Without{_words(name)}"
    known = dict(_settings(base.instance))
    for path, value in _settings(other.instance):
        if path in known and known[path] != value and (said := _said(path[-1], value)):
            return said
    return ""


def _settings(instance: ScriptObject, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The numbers and truth values that a module and the modules in it are made with, outer ones first."""
    for name, value in (*instance.slots.items(), *instance.type.constants.items()):
        if isinstance(value, (bool, int, tuple)) and not name.startswith("_"):
            yield (*path, name), value
    for name, value in instance.slots.items():
        if isinstance(value, ScriptObject) and value.type.is_module:
            yield from _settings(value, (*path, name))


def _said(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return f"{'With' if value else 'Without'}{_words(name)}"
    if isinstance(value, tuple) and value and all(v == value[0] for v in value):
        value = value[0]
    return f"{_words(name)}{value}" if type(value) is int and value >= 0 else ""


def _words(name: str) -> str:
    """``attention_norm`` as a part of a name: ``AttentionNorm``."""
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))
