"""Programs computed four ways: Python, the interpreter on the lowered and on the structured graph, compiled C++.

All programs of a suite go into one project: a module with an exported method for each.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import functools
import inspect
import io
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from tests.build_tree import BUILD, BuildTree
from tests.bundled import load_bundled
from transpile.codegen.project.arrays import flatten_inputs, flatten_outputs
from transpile.codegen.project.compare import compare
from transpile.codegen.project.exporter import ExportRequest
from transpile.core import types as T
from transpile.entry import compile_entry
from transpile.jit.entry import CompiledEntry
from transpile.jit.interpreter import machine
from transpile.jit.module import conversion


class Suite:
    """Functions and modules of one source text, and inputs for them.

    ``inputs`` holds rows of arguments by program; a program is a function, or a module class if ``modules`` says how to make
    an instance (``"Counter(3)"``); its ``forward`` is what runs.  Of the programs ``unlike_python`` TorchScript makes something
    else than Python does.
    """

    def __init__(
        self,
        name: str,
        source: str,
        inputs: Mapping[str, Sequence[tuple[Any, ...]]],
        modules: Mapping[str, str] | None = None,
        unlike_python: Collection[str] = (),
    ) -> None:
        self.name = name
        self.source = source
        self.inputs = inputs
        self.modules = dict(modules or {})
        self.unlike_python = unlike_python

    @property
    def cases(self) -> list[tuple[str, int]]:
        return [(name, number) for name, rows in self.inputs.items() for number in range(len(rows))]

    def _module_text(self) -> str:
        """The source, and a module with one exported method for each program: a project has one root."""
        root = f"{self.name.capitalize()}Root"
        lines = [self.source, "", f"class {root}(torch.nn.Module):"]
        if self.modules:
            lines += ["    def __init__(self):", "        super().__init__()"]
            lines += [f"        self.held_{name} = {made}" for name, made in self.modules.items()]
        for program in ast.parse(self.source).body:
            if isinstance(program, ast.FunctionDef) and program.name in self.inputs:
                lines += _exported(program.name, program, program.name)
            elif isinstance(program, ast.ClassDef) and program.name in self.modules:
                forward = next(f for f in program.body if isinstance(f, ast.FunctionDef) and f.name == "forward")
                lines += _exported(program.name, forward, f"self.held_{program.name}")
        return "\n".join([*lines, "", f"model = {root}()", ""])

    @functools.cached_property
    def compiled(self) -> CompiledEntry:
        path = BUILD / self.name / f"{self.name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._module_text(), encoding="utf-8")
        return compile_entry(load_bundled(path).entry)

    @functools.cached_property
    def tree(self) -> BuildTree:
        request = ExportRequest(self.compiled.root, self.name, f"{self.name}.py", list(self.inputs))
        return BuildTree(self.name).sync({self.name: request})

    @property
    def generated(self) -> str:
        """The C++ source of all programs."""
        return (self.tree.source(self.name) / f"src/{self.name}.cpp").read_text()

    @property
    def header(self) -> str:
        """The C++ header of all programs."""
        return (self.tree.source(self.name) / f"include/{self.name}/{self.name}.hpp").read_text()

    def raw_inputs(self, name: str, number: int) -> list[Any]:
        """The inputs of a case as raw values."""
        given = copy.deepcopy(self.inputs[name][number])
        types = [t for _, t in self.compiled.parameters(name)]
        return [_raw(v, t) for v, t in zip(given, types, strict=True)]

    def run_python(self, name: str, number: int) -> dict[str, Any] | str:
        """What plain Python computes."""
        types = [t for _, t in self.compiled.parameters(name)]
        values = [conversion.to_python(v, t) for v, t in zip(self.raw_inputs(name, number), types, strict=True)]
        if name in self.modules:
            return outcome(getattr(copy.deepcopy(self.compiled.python), f"held_{name}"), *values)
        return outcome(inspect.unwrap(getattr(type(self.compiled.python), name)).__globals__[name], *values)

    def check(self, name: str, number: int) -> None:
        """Compute one case four ways; what is printed is compared among the last three."""
        function = self.compiled.functions[name]
        with contextlib.redirect_stdout(io.StringIO()):
            if name in self.unlike_python:
                given = [copy.deepcopy(self.compiled.root), *self.raw_inputs(name, number)]
                expected = outcome(machine.run_graph, function.graph, given)
            else:
                expected = self.run_python(name, number)
        printed: list[str] = []
        for graph in (function.graph, function.structured):
            given = [copy.deepcopy(self.compiled.root), *self.raw_inputs(name, number)]
            with contextlib.redirect_stdout(io.StringIO()) as text:
                computed = outcome(machine.run_graph, graph, given)
            if isinstance(expected, str) and isinstance(computed, str):
                expected = computed  # what fails in Python fails here too, in TorchScript's words
            agree(expected, computed)
            printed.append(text.getvalue())
        assert printed[0] == printed[1]
        names = [n for n, _ in self.compiled.parameters(name)]
        inputs = flatten_inputs(names, self.raw_inputs(name, number))
        done, outputs = self.tree.start(self.name, inputs, "--method", name)
        if isinstance(expected, str):
            assert done.returncode == 3, done.stderr
            lines = expected.splitlines()
            assert done.stderr.splitlines()[: len(lines)] == lines
            assert f"at {self.name}.py:" in done.stderr
        else:
            assert done.returncode == 0, done.stderr
            agree(expected, outputs)
        assert done.stdout == printed[0]


def _raw(value: Any, type: T.Type) -> Any:
    """An input as a raw value: nested lists become tensors where one is expected, text the member of an enum."""
    if type == T.TENSOR:
        return np.array(value, np.float32)
    if isinstance(type, T.EnumType):
        return type.python_class[value]
    if isinstance(type, T.TupleType):
        return tuple(_raw(v, t) for v, t in zip(value, type.elements, strict=True))
    return value


def _exported(name: str, signature: ast.FunctionDef, callee: str) -> list[str]:
    parameters = [a for a in signature.args.args if a.arg != "self"]
    annotated = ", ".join(f"{a.arg}: {ast.unparse(a.annotation)}" for a in parameters if a.annotation)
    assert signature.returns is not None, name
    return [
        "    @torch.jit.export",
        f"    def {name}(self, {annotated}) -> {ast.unparse(signature.returns)}:",
        f"        return {callee}({', '.join(a.arg for a in parameters)})",
        "",
    ]


def outcome(call: Any, *arguments: Any) -> dict[str, Any] | str:
    """Flat arrays, or the exception as text."""
    try:
        return flatten_outputs(call(*arguments))
    except Exception as error:  # programs raise what they like
        text = error.args[0] if isinstance(error, KeyError) else error  # whose text is quoted otherwise
        return f"{type(error).__name__}: {text}"


def agree(expected: dict[str, Any] | str, actual: dict[str, Any] | str) -> None:
    """Equal arrays, or the same exception."""
    if isinstance(expected, str) or isinstance(actual, str):
        assert expected == actual
        return
    assert not [d.describe() for d in compare(expected, actual, 1e-6, 1e-7) if not d.equal]
