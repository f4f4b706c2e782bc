"""Small programs computed four ways: Python, the interpreter on the lowered and on the structured graph, compiled C++."""

from __future__ import annotations

import ast
import copy
import functools
import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.build_tree import BUILD, BuildTree
from tests.bundled import load_bundled
from tests.codegen.programs import INPUTS, SOURCE
from transpile.codegen.arrays import flatten_inputs, flatten_outputs
from transpile.codegen.compare import compare
from transpile.codegen.exporter import ExportRequest
from transpile.core import types as T
from transpile.jit import conversion, interpreter
from transpile.jit.entry import CompiledEntry, compile_entry

pytestmark = pytest.mark.xdist_group("programs")
CASES = [(name, number) for name, rows in INPUTS.items() for number in range(len(rows))]


def _module_text() -> str:
    """The functions, and a module with one exported method for each: a project has one root."""
    lines = [SOURCE, "", "class Programs(torch.nn.Module):"]
    for function in ast.parse(SOURCE).body:
        if isinstance(function, ast.FunctionDef) and function.name in INPUTS:
            names = ", ".join(a.arg for a in function.args.args)
            arguments = ", ".join(f"{a.arg}: {ast.unparse(a.annotation)}" for a in function.args.args if a.annotation)
            assert function.returns is not None
            lines += [
                "    @torch.jit.export",
                f"    def {function.name}(self, {arguments}) -> {ast.unparse(function.returns)}:",
                f"        return {function.name}({names})",
                "",
            ]
    return "\n".join([*lines, "", "model = Programs()", ""])


@functools.cache
def compiled() -> CompiledEntry:
    path = BUILD / "programs" / "programs.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_module_text(), encoding="utf-8")
    return compile_entry(load_bundled(path).entry)


@functools.cache
def tree() -> BuildTree:
    entry = compiled()
    request = ExportRequest(entry.root, "programs", "programs.py", list(INPUTS))
    return BuildTree("programs").sync({"programs": request})


def raw_inputs(name: str, number: int) -> list[Any]:
    """The inputs of a case as raw values."""
    given = copy.deepcopy(INPUTS[name][number])
    types = [t for _, t in compiled().parameters(name)]
    return [np.array(v, np.float32) if t == T.TENSOR else v for v, t in zip(given, types, strict=True)]


def outcome(call: Any, *arguments: Any) -> dict[str, Any] | str:
    """Flat arrays, or the exception as text."""
    try:
        return flatten_outputs(call(*arguments))
    except (AssertionError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


def agree(expected: dict[str, Any] | str, actual: dict[str, Any] | str) -> None:
    if isinstance(expected, str) or isinstance(actual, str):
        assert expected == actual
        return
    assert not [d.describe() for d in compare(expected, actual, 1e-6, 1e-7) if not d.equal]


@pytest.mark.parametrize(("name", "number"), CASES)
def test_four_ways(name: str, number: int) -> None:
    python = inspect.unwrap(getattr(type(compiled().python), name)).__globals__[name]
    types = [t for _, t in compiled().parameters(name)]
    tensors = [conversion.to_python(v) if t == T.TENSOR else v for v, t in zip(raw_inputs(name, number), types, strict=True)]
    expected = outcome(python, *tensors)

    function = compiled().functions[name]
    for graph in (function.graph, function.structured):
        agree(expected, outcome(interpreter.run_graph, graph, [copy.deepcopy(compiled().root), *raw_inputs(name, number)]))

    names = [n for n, _ in compiled().parameters(name)]
    done, outputs = tree().start("programs", flatten_inputs(names, raw_inputs(name, number)), "--method", name)
    if isinstance(expected, str):
        assert done.returncode == 3
        assert done.stderr.splitlines()[0] == expected
        assert "at programs.py:" in done.stderr
    else:
        assert done.returncode == 0, done.stderr
        agree(expected, outputs)


def test_generated_text() -> None:
    """What should come out as itself does, and what needs care gets it."""
    text = (tree().source("programs") / "src/programs.cpp").read_text()
    for fragment in (
        "for (std::int64_t i = 0; i < n; ++i) {", "break;", "continue;", "while (true) {", 'return "small odd";',
    ):  # fmt: skip
        assert fragment in text
    assert "??/" not in text


def test_project_has_only_the_headers_it_needs(tmp_path: Path) -> None:
    text = (tree().source("programs") / "src/programs.cpp").read_text()
    assert "#include <ts2cpp/text.hpp>" in text or "#include <ts2cpp/python.hpp>" in text
    assert "convolution.hpp" not in text
    includes = [line for line in text.splitlines() if line.startswith("#include")]
    assert len(includes) == len(set(includes))
