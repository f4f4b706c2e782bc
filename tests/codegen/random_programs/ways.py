"""The ways to run a program: Python, the interpreter on every form of its graph, and compiled C++."""

from __future__ import annotations

import copy
import importlib.util
import io
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from tests.codegen import cpp_driver
from tests.codegen.cpp_driver import Call, Session, agree, show, show_error, shown_after
from tests.codegen.random_programs import types as T
from tests.codegen.random_programs.program import HEADER, Program
from transpile.codegen.driver import final_program
from transpile.core.types import Type
from transpile.eager.tensor import Tensor
from transpile.ir.function import Function
from transpile.ir.verifier import verify
from transpile.jit.archive.serialize import load
from transpile.jit.interpreter import machine
from transpile.jit.module import conversion
from transpile.jit.module.script_function import ScriptFunction
from transpile.jit.unit import compile_all, forget_default_unit
from transpile.passes.observer import PassObserver


class RefusedError(Exception):
    """A program that was not compiled."""


class DifferenceError(Exception):
    """Two ways that disagree."""

    def __init__(self, way: str, run: int, expected: str, actual: str) -> None:
        super().__init__(f"{way}, input {run}:\n  expected {expected}\n  found    {actual}")
        self.way = way


@dataclass
class Outcome:
    """What a call returned or raised, and what it left in its arguments."""

    result: str
    after: str

    def __str__(self) -> str:
        return f"{self.result} | {self.after}"


def outcome(call: Callable[[list[Any]], Any], arguments: list[Any], types: Sequence[Type], result: Type) -> Outcome:
    """The outcome of a call that takes and returns raw values."""
    try:
        text = show(call(arguments), result)
    except Exception as error:
        text = show_error(error)
    return Outcome(text, shown_after(arguments, types))


def _python(function: Callable[..., Any], result: Type) -> Callable[[list[Any]], Any]:
    """A Python function as one of raw values; tensors share the memory of the arrays."""

    def call(values: list[Any]) -> Any:
        wrapped = [Tensor._from_array(v) if isinstance(v, np.ndarray) else v for v in values]
        try:
            returned = function(*wrapped)
        finally:
            values[:] = map(conversion.infer_raw, wrapped)
        return conversion.to_raw(returned, result)

    return call


def arguments(program: Program, run: int) -> list[Any]:
    """The raw arguments of a run."""
    return [_argument(copy.deepcopy(v), t) for v, t in zip(program.inputs[run], program.parameters, strict=True)]


def _argument(value: Any, type: T.Type) -> Any:
    if isinstance(type, T.TensorType):
        return np.array(value, np.int64 if type.dtype == "int64" else np.float32)
    return value


@contextmanager
def loaded(program: Program, folder: Path) -> Iterator[ModuleType]:
    """The program as a Python module, its file in ``folder``."""
    name = f"program{program.seed}"
    path = folder / f"{name}.py"
    path.write_text(HEADER + program.text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        del sys.modules[name]


@dataclass
class Checked:
    """A program that Python and the interpreter agree on: its compiled function, and what came of each input."""

    program: Program
    function: Function
    outcomes: list[Outcome]

    def session(self) -> Session:
        """The calls that C++ has to make in the same way."""
        calls = [
            Call("main", arguments(self.program, run), result=o.result, after=o.after)
            for run, o in enumerate(self.outcomes)
        ]
        return Session(self.function, calls)


def check(program: Program, folder: Path) -> Checked:
    """Run a program in Python and on all forms of its graph, which the verifier checks before and after every pass.

    ``DifferenceError`` if they do not agree, ``RefusedError`` if it does not compile.
    """
    with loaded(program, folder) as module:
        function = compiled(module)
        types = [a.type for a in function.schema.arguments]
        result = function.schema.returns[0].type
        runs = range(len(program.inputs))
        expected = [outcome(_python(module.main, result), arguments(program, r), types, result) for r in runs]
        outcomes: list[Outcome] = []
        for way, call in forms(function):
            outcomes = [outcome(call, arguments(program, r), types, result) for r in runs]
            for run, (wanted, actual) in enumerate(zip(expected, outcomes, strict=True)):
                if not agree(_kind_only(str(wanted)), _kind_only(str(actual))):
                    raise DifferenceError(way, run, str(wanted), str(actual))
    return Checked(program, function, outcomes)


def _kind_only(text: str) -> str:
    """An outcome without the wording of its exception: TorchScript has its own."""
    if not text.startswith("raised "):
        return text
    return text.partition(": ")[0] + text[text.rindex(" | ") :]


def compiled(module: ModuleType) -> Function:
    forget_default_unit()
    try:
        _, function = compile_all(module.main)
    except Exception as error:
        raise RefusedError(f"{type(error).__name__}: {error}") from error
    assert isinstance(function, Function)
    return function


def forms(function: Function) -> Sequence[tuple[str, Callable[[list[Any]], Any]]]:
    """The structured graph, what the export passes make of it, and the lowered graph; each is well formed."""
    verify(function.graph)
    program = final_program(function, observer=PassObserver(verify_passes=True))
    optimised = {spec.function: spec.graph for spec in program.functions}
    return [
        ("structured graph", lambda values: machine.run_graph(function.structured, values)),
        ("optimised graph", lambda values: machine.run_graph(optimised[function], values)),
        ("lowered graph", lambda values: machine.run_graph(function.graph, values)),
        *_archived_forms(function),
    ]


def _archived_forms(function: Function) -> Sequence[tuple[str, Callable[[list[Any]], Any]]]:
    """The graphs of a function that was saved and loaded: what runs, and what is exported."""
    root = load(io.BytesIO(ScriptFunction(function).save_to_buffer()))._object
    loaded = root.type.methods["forward"]
    verify(loaded.graph)
    verify(loaded.structured)
    program = final_program(root, ["forward"], observer=PassObserver(verify_passes=True))
    optimised = program.entries[0].graph
    return [
        ("graph of the archive", lambda values: machine.run_graph(loaded.graph, [root, *values])),
        ("structured graph of the archive", lambda values: machine.run_graph(loaded.structured, [root, *values])),
        ("optimised graph of the archive", lambda values: machine.run_graph(optimised, [root, *values])),
    ]


def check_cpp(programs: Sequence[Checked], folder: Path, units: int) -> Mapping[int, cpp_driver.Outcome]:
    """Build the C++ of programs and run it: what became of each seed's.  They show g++'s warnings, if there is one."""
    sessions = {f"seed{c.program.seed}": [c.session()] for c in programs}
    found = cpp_driver.run(sessions, folder, units=units, compiler="g++" if shutil.which("g++") else None)
    return {int(label.removeprefix("seed")): outcome for label, outcome in found.items()}
