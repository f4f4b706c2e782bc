"""Modules that agree share a struct."""

from __future__ import annotations

import re
from typing import Any

from transpile.codegen.plan.program import ModuleSpec, Program
from transpile.core.names import without_numbers
from transpile.ir.graph import Graph


def merge_equal_modules(program: Program) -> None:
    """Let modules share a struct when their optimised methods are the same text, whatever their layers' sizes are."""
    chosen: dict[Any, ModuleSpec] = {}
    merged: dict[ModuleSpec, ModuleSpec] = {}
    for module in program.modules:  # callees come first
        module.children = {path: merged[child] for path, child in module.children.items()}
        signature = (
            module.type.python_class,
            tuple((name, _text(spec.graph)) for name, spec in sorted(module.methods.items())),
            tuple((path, id(child)) for path, child in sorted(module.children.items())),
            tuple(sorted(name for type, name in program.mutated if type is module.type)),
            tuple(sorted(i.name for i in module.interfaces)),
            tuple(map(repr, module.folds)),
        )
        merged[module] = chosen.setdefault(signature, module)
    program.modules = [m for m in program.modules if merged[m] is m]
    if program.root is not None:
        program.root = merged[program.root]
        program.entries = [program.root.methods[e.function.name] for e in program.entries]


def _text(graph: Graph) -> str:
    """A graph's text without locations and without what makes class names unique; values are numbered by appearance."""
    text = without_numbers(re.sub(r" # .*", "", graph.str(False)))
    numbers: dict[str, str] = {}
    return re.sub(r"%[\w.]+", lambda m: numbers.setdefault(m.group(), f"%{len(numbers)}"), text)
