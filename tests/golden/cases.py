"""The golden cases, compiled, and the build tree of their C++."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.build_tree import ROOT, BuildTree
from tests.bundled import load_bundled
from transpile.codegen.project.arrays import flatten_inputs, flatten_outputs
from transpile.codegen.project.exporter import Example, ExportRequest, generate
from transpile.entry import compile_entry
from transpile.jit.code.printer import print_code
from transpile.jit.entry import entry_functions

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Case:
    """A folder below ``golden/``: ``model.py`` and what was recorded of it."""

    name: str

    @property
    def folder(self) -> Path:
        return ROOT / "golden" / self.name

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class CompiledCase:
    """What a case's model becomes.  ``cpp_files`` are the header and the source, by file name."""

    request: ExportRequest
    graph_text: str
    code_text: str
    cpp_files: Mapping[str, str]
    inputs: Mapping[str, Array]
    eager: Mapping[str, Array]
    interpreted: Mapping[str, Array]


CASES = [Case(path.parent.name) for path in sorted((ROOT / "golden").glob("*/model.py"))]


@functools.cache
def compiled_case(case: Case) -> CompiledCase:
    """Execute, compile and run a case's model in Python."""
    loaded = load_bundled(case.folder / "model.py")
    compiled = compile_entry(loaded.entry)
    assert loaded.inputs is not None, "a golden case needs example_inputs"
    (method,) = compiled.exported
    inputs = flatten_inputs([name for name, _ in compiled.parameters(method)], loaded.inputs)
    eager = flatten_outputs(compiled.run_eagerly(method, loaded.inputs))
    interpreted = flatten_outputs(compiled.run_interpreter(method, loaded.inputs))
    functions = entry_functions(compiled.root, compiled.exported)
    request = ExportRequest(compiled.root, case.name, "model.py", [method], {method: Example(inputs, eager)})
    files = generate(request).files
    return CompiledCase(
        request,
        without_checkout("\n".join(str(f.graph) for f in functions)),
        "\n".join(print_code(f) for f in functions),
        {f"{case.name}{end}": files[f"{place}/{case.name}{end}"].decode() for end, place in _places(case)},
        inputs,
        eager,
        interpreted,
    )


def without_checkout(text: str) -> str:
    """Graph text with file names that do not depend on where the repository lies."""
    return text.replace(f"{ROOT}/", "")


def _places(case: Case) -> tuple[tuple[str, str], ...]:
    return ((".hpp", f"include/{case.name}"), (".cpp", "src"))


class GoldenTree:
    """The compiled C++ of all cases."""

    def __init__(self) -> None:
        self._tree = BuildTree("golden").sync({case.name: compiled_case(case).request for case in CASES})

    def run(self, case: Case) -> dict[str, Array]:
        """The outputs of a case's program on its example inputs."""
        status, message, outputs = self.start(case, compiled_case(case).inputs)
        assert status == 0, message
        return outputs

    def start(self, case: Case, inputs: Mapping[str, Array]) -> tuple[int, str, dict[str, Array]]:
        """Exit code, standard error and outputs of a case's program."""
        done, outputs = self._tree.start(case.name, inputs)
        return done.returncode, done.stderr, outputs


@functools.cache
def project_tree() -> GoldenTree:
    """The tree, brought up to date once per test process."""
    return GoldenTree()
