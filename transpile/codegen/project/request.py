"""What to export, made of a compiled entry: methods, example inputs, and what eager Python computes from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from transpile.codegen.project.arrays import flatten_inputs, flatten_outputs
from transpile.codegen.project.exporter import Example, ExportRequest
from transpile.core.errors import ExportError
from transpile.jit.entry import CompiledEntry, Inputs


def select_methods(compiled: CompiledEntry, wanted: Sequence[str]) -> list[str]:
    """The methods to export: those that are wanted, or ``forward`` and every exported one."""
    for method in wanted:
        if method not in compiled.functions:
            raise ExportError(f"method {method!r} does not exist; the model has {', '.join(compiled.functions)}")
    return list(wanted) or compiled.exported


def make_request(
    compiled: CompiledEntry, name: str, source: str, methods: Sequence[str] = (), inputs: Inputs | None = None
) -> ExportRequest:
    """The request for a project called ``name``.

    ``inputs`` are example inputs of the first method, or of every method that a mapping names: each is run eagerly on its own
    and both become the golden test of the project.  Methods that are not exported are passed over.
    """
    selected = select_methods(compiled, methods)
    given = inputs if isinstance(inputs, Mapping) else {} if inputs is None else {selected[0]: inputs}
    for method in given:
        if method not in compiled.functions:
            raise ExportError(
                f"example_inputs are given for {method!r}, which does not exist; the model has {', '.join(compiled.functions)}"
            )
    examples = {method: _example(compiled, method, given[method]) for method in selected if method in given}
    return ExportRequest(compiled.root, name, source, selected, examples)


def _example(compiled: CompiledEntry, method: str, inputs: Sequence[Any]) -> Example:
    names = [n for n, _ in compiled.parameters(method)]
    if len(inputs) > len(names):
        raise ExportError(
            f"{len(inputs)} example inputs were given, but {method} takes {len(names)}: {', '.join(names)}"
        )
    for formal in compiled.functions[method].schema.arguments[-len(names) :] if names else ():
        index = names.index(formal.name)
        if formal.has_default and not formal.default_fits and (index >= len(inputs) or inputs[index] is None):
            raise ExportError(
                f"the example inputs of {method} leave out {formal.name!r}, which has no annotation and therefore is a tensor: "
                f"write {formal.name}: Optional[torch.Tensor] = None"
            )
    return Example(flatten_inputs(names, inputs), flatten_outputs(compiled.expected(method, inputs)))
