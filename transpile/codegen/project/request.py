"""What to export, made of a compiled entry: methods, example inputs, and what eager Python computes from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from transpile.codegen.project.arrays import flatten_inputs, flatten_outputs
from transpile.codegen.project.exporter import Example, ExportRequest
from transpile.core.errors import ExportError
from transpile.jit.entry import CompiledEntry


def select_methods(compiled: CompiledEntry, wanted: Sequence[str]) -> list[str]:
    """The methods to export: those that are wanted, or ``forward`` and every exported one."""
    for method in wanted:
        if method not in compiled.functions:
            raise ExportError(f"method {method!r} does not exist; the model has {', '.join(compiled.functions)}")
    return list(wanted) or compiled.exported


def make_request(
    compiled: CompiledEntry, name: str, source: str, methods: Sequence[str] = (), inputs: Sequence[Any] | None = None
) -> ExportRequest:
    """The request for a project called ``name``.

    ``inputs`` are example inputs of the first method: it is run eagerly on them, and both become the golden test of the
    project.
    """
    selected = select_methods(compiled, methods)
    examples: dict[str, Example] = {}
    if inputs is not None:
        first = selected[0]
        names = [n for n, _ in compiled.parameters(first)]
        if len(inputs) > len(names):
            raise ExportError(
                f"{len(inputs)} example inputs were given, but {first} takes {len(names)}: {', '.join(names)}"
            )
        examples[first] = Example(flatten_inputs(names, inputs), flatten_outputs(compiled.expected(first, inputs)))
    return ExportRequest(compiled.root, name, source, selected, examples)
