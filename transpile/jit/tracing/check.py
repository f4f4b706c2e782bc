"""Checking a trace: is a second trace the same graph, and do both compute what Python computes?"""

from __future__ import annotations

import ast
import difflib
import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from transpile.core.names import without_numbers
from transpile.core.source import Source, SourceRange
from transpile.eager.closeness import TOLERANCES, assert_close
from transpile.eager.grad_mode import no_grad
from transpile.eager.tensor import Tensor
from transpile.ir.graph import Block, Graph, Node
from transpile.ir.printer import print_node
from transpile.jit.code.inlining import inlined
from transpile.trace.export_form import unspecialised
from transpile.trace.frames import running_frame
from transpile.trace.tracer_warning import warn

_MOST_NODES = 20


def _indent(text: str) -> str:
    return "\n".join("\t" + line for line in text.splitlines())


class TracingCheckError(Exception):
    """A trace that does not repeat itself."""

    def __init__(
        self, graph_diff_error: str | None, tensor_compare_error: str | None, extra_msg: str | None = None
    ) -> None:
        self.message = "Tracing failed sanity checks!\n"
        if extra_msg is not None:
            self.message += extra_msg + "\n"
        if graph_diff_error is not None:
            self.message += f"ERROR: Graphs differed across invocations!\n{_indent(graph_diff_error)}\n"
        if tensor_compare_error is not None:
            self.message += (
                "ERROR: Tensor-valued Constant nodes differed in value across invocations. This often indicates that "
                f"the tracer has encountered untraceable code.\n{_indent(tensor_compare_error)}\n"
            )
        super().__init__(self.message)


def check_trace_against(
    traced: Any,
    python: Callable[..., Any],
    again: Callable[[Any], Any],
    inputs: Any,
    tolerance: float,
    *,
    by_name: bool,
    method: str = "",
) -> None:
    """Trace once more on copies of ``inputs`` and compare: outputs with a warning, graphs with an error.

    ``again`` makes the second trace; ``method`` is set when ``inputs`` maps method names to their inputs.
    """
    with no_grad():
        _Check(traced, python, again, inputs, tolerance, by_name=by_name, method=method).run()


def copy_inputs(value: Any) -> Any:
    """Copies of all tensors in a nest of containers."""
    if isinstance(value, Tensor):
        return Tensor._from_array(value._array.copy(order="K"), value.requires_grad)
    if isinstance(value, (list, tuple)):
        return (
            type(value)(copy_inputs(v) for v in value)
            if not hasattr(value, "_fields")
            else tuple(map(copy_inputs, value))
        )
    if isinstance(value, Mapping):
        return {k: copy_inputs(v) for k, v in value.items()}
    return value


class _Check:
    def __init__(
        self, traced: Any, python: Any, again: Any, inputs: Any, tolerance: float, *, by_name: bool, method: str
    ) -> None:
        self.traced, self.python, self.tolerance, self.by_name = traced, python, tolerance, by_name
        self.repeated = again(copy_inputs(inputs))
        self.inputs = inputs[method] if method else inputs
        if isinstance(self.inputs, Tensor) or (isinstance(self.inputs, dict) and not by_name):
            self.inputs = (self.inputs,)
        self.warned = False

    def run(self) -> None:
        traced = self.outputs(self.traced, "trace")
        if self.agree(traced, self.outputs(self.python, "Python function"), "Python function"):
            self.agree(traced, self.outputs(self.repeated, "repeated trace"), "repeated trace")
        problems = self.graph_problems()
        if any(p is not None for p in problems):
            raise TracingCheckError(*problems)

    # ---- outputs
    def outputs(self, function: Any, what: str) -> list[Tensor]:
        try:
            given = copy_inputs(self.inputs)
            result = function(**given) if self.by_name and isinstance(given, dict) else function(*given)
        except Exception as error:
            text = f"encountered an exception while running the {what} with test inputs.\nException:\n{_indent(str(error))}"
            raise TracingCheckError(*self.graph_problems(), extra_msg=text) from error
        return [r for r in (result if isinstance(result, tuple) else (result,)) if isinstance(r, Tensor)]

    def agree(self, traced: list[Tensor], expected: list[Tensor], what: str) -> bool:
        equal = True
        for number, (one, other) in enumerate(zip(traced, expected, strict=False), 1):
            try:
                wide = "cdouble" if one.is_complex() or other.is_complex() else "double"
                atol = max(TOLERANCES.get(t.dtype, (0.0, 0.0))[1] for t in (one, other))
                assert_close(
                    getattr(one, wide)(), getattr(other, wide)(), rtol=self.tolerance, atol=atol, equal_nan=True
                )
            except AssertionError as error:
                self.warn_of_randomness()
                warn(
                    f"Output nr {number}. of the traced function does not match the corresponding output of the {what}. "
                    f"Detailed error:\n{error}",
                    running_frame(),
                )
                equal = False
        return equal

    def warn_of_randomness(self) -> None:
        if self.warned:
            return
        self.warned = True
        random = [n for n in self.traced.graph.nodes if _is_random(n)]
        if random:
            nodes = "\n".join([_indent(print_node(n)) for n in random][:_MOST_NODES])
            warn(
                "Trace had nondeterministic nodes. Did you forget call .eval() on your model? Nodes:\n"
                f"{nodes}\nThis may cause errors in trace checking. To disable trace checking, pass check_trace=False "
                "to torch.jit.trace()",
                running_frame(),
            )

    # ---- graphs
    def graph_problems(self) -> tuple[str | None, str | None]:
        one, other = (_comparable(t.graph) for t in (self.traced, self.repeated))
        return _graph_difference(one, other), _constant_difference(one, other)


def _is_random(node: Node) -> bool:
    if node.operator is None or "random" not in node.operator.tags:
        return False
    if node.kind == "aten::dropout":
        return node.input(2).constant_as(bool) is True
    return True


def _comparable(graph: Graph) -> Graph:
    """A copy with all calls inlined, values renumbered, and nothing said about shapes."""
    copy = inlined(graph)
    _renumber(copy.block)
    _erase_shapes(copy.block)
    return copy


def _renumber(block: Block) -> None:
    """Number the values in order."""
    graph = block.graph
    values = [*block.params, *(v for n in block.walk() for v in n.outputs)]
    for number, value in enumerate(values):
        value.id = number
    graph._next_id = len(values)


def _erase_shapes(block: Block) -> None:
    for value in [*block.params, *(v for n in block.walk() for v in n.outputs)]:
        value.type = unspecialised(value.type)
    for node in block.walk():
        for inner in node.attributes.values():
            if isinstance(inner, Graph):
                _erase_shapes(inner.block)


def _text(graph: Graph) -> str:
    return without_numbers(str(graph))


def _diff(one: str, other: str) -> str:
    return "".join(difflib.ndiff(one.splitlines(True), other.splitlines(True)))


def _graph_difference(one: Graph, other: Graph) -> str | None:
    texts = _text(one), _text(other)
    if texts[0] == texts[1]:
        return None
    out = f"Graph diff:\n{_indent(_diff(*texts))}\n"
    for a, b in zip(one.nodes, other.nodes, strict=False):
        if print_node(a) == print_node(b):
            continue
        out += "First diverging operator:\n"
        shown = f"Node diff:\n{_indent(_diff(print_node(a), print_node(b)))}\n"
        for what, node in (("Trace", a), ("Check", b)):
            if node.range is not None:
                shown += f"{what} source location:\n{_indent(_place(node))}\n"
        return out + shown
    return out


def _place(node: Node) -> str:
    """The lines that were running, innermost first: ``model.py(12): forward``."""
    ranges = [node.range, *(call for _, call in reversed(node.stack))]
    return "\n".join(f"{r.filename}({r.line}): {_function_at(r)}" for r in ranges if r is not None)


@functools.cache
def _functions_of(source: Source) -> list[tuple[int, int, str]]:
    """First line, last line and name of every function in a source, outer ones first."""
    try:
        tree = ast.parse(source.text)
    except SyntaxError:
        return []
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    found = [n for n in ast.walk(tree) if isinstance(n, kinds)]
    return [(n.lineno, n.end_lineno or n.lineno, getattr(n, "name", "<lambda>")) for n in found]


def _function_at(where: SourceRange) -> str:
    names = [name for first, last, name in _functions_of(where.source) if first <= where.line <= last]
    return names[-1] if names else "<module>"


def _constant_difference(one: Graph, other: Graph) -> str | None:
    for a, b in zip(one.nodes, other.nodes, strict=False):
        if a.kind != b.kind:
            return None
        values = [n.output.literal for n in (a, b) if len(n.outputs) == 1]
        if not values or not all(isinstance(v, np.ndarray) for v in values):
            continue
        try:
            assert_close(*(Tensor._from_array(np.asarray(v)) for v in values), equal_nan=True)
        except AssertionError as error:
            text = f"Node:\n{_indent(print_node(a))}\n"
            if a.range is not None:
                text += f"Source Location:\n{_indent(_place(a))}\n"
            return text + "Comparison exception: " + _indent(str(error))
    return None
