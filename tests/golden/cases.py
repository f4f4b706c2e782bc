"""The golden cases, compiled, and the build tree of their C++."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.build_tree import ROOT, BuildTree, compiler, parts_library
from tests.bundled import load_bundled
from transpile.codegen.project import toolchain
from transpile.codegen.project.arrays import flatten_inputs, flatten_outputs
from transpile.codegen.project.exporter import Example, ExportRequest, generate
from transpile.entry import compile_entry
from transpile.jit.code.printer import print_code
from transpile.jit.entry import entry_functions

Array = np.ndarray[Any, Any]
_WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror")


@dataclass(frozen=True)
class Case:
    """A folder below ``golden/`` with what was recorded of a model: of ``model.py`` in it, or of the example of its name."""

    name: str

    @property
    def folder(self) -> Path:
        return ROOT / "golden" / self.name

    @property
    def model(self) -> Path:
        own = self.folder / "model.py"
        return own if own.exists() else ROOT / "examples" / f"{self.name}.py"

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class CompiledCase:
    """What a case's model becomes.  ``cpp_files`` are the header and the source, by file name."""

    request: ExportRequest
    graph_text: str
    code_text: str
    cpp_files: Mapping[str, str]
    inputs: Mapping[str, Mapping[str, Array]]
    eager: Mapping[str, Mapping[str, Array]]
    interpreted: Mapping[str, Mapping[str, Array]]


CASES = [Case(path.name) for path in sorted((ROOT / "golden").iterdir()) if path.is_dir()]


def recorded(case: Case, method: str) -> Path:
    """The file with a method's outputs; that of ``forward``, or of a function, is called ``expected.npz``."""
    (first, *_) = compiled_case(case).inputs
    return case.folder / ("expected.npz" if method == first else f"expected_{method}.npz")


@functools.cache
def compiled_case(case: Case) -> CompiledCase:
    """Execute, compile and run a case's model in Python."""
    loaded = load_bundled(case.model)
    compiled = compile_entry(loaded.entry)
    given = loaded.inputs
    assert given is not None, "a golden case needs example_inputs"
    by_method = given if isinstance(given, Mapping) else {compiled.exported[0]: given}
    inputs: dict[str, Mapping[str, Array]] = {}
    eager: dict[str, Mapping[str, Array]] = {}
    interpreted: dict[str, Mapping[str, Array]] = {}
    for method, values in by_method.items():
        inputs[method] = flatten_inputs([name for name, _ in compiled.parameters(method)], values)
        eager[method] = flatten_outputs(compiled.run_eagerly(method, values))
        interpreted[method] = flatten_outputs(compiled.run_interpreter(method, values))
    functions = entry_functions(compiled.root, compiled.exported)
    request = ExportRequest(
        compiled.root,
        case.name,
        case.model.name,
        compiled.exported,
        {m: Example(inputs[m], eager[m]) for m in by_method},
    )
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

    def run(self, case: Case, method: str) -> dict[str, Array]:
        """The outputs of a method of a case's program on its example inputs."""
        status, message, outputs = self.start(case, compiled_case(case).inputs[method], method)
        assert status == 0, message
        return outputs

    def link(self, program: Path, name: str) -> Path:
        """An executable from a C++ file of ours and the library of the case ``name``."""
        tool = compiler()
        assert tool is not None
        source, made = self._tree.source(name), self._tree.folder / program.stem
        runtime = ["-isystem", str(source / "runtime/include")]
        library = [str(self._tree.runner(name).with_name(f"lib{name}.a")), str(parts_library(tool)), "-pthread", "-ldl"]
        toolchain.run(
            [
                tool,
                "-std=c++17",
                "-O0",
                *_WARNINGS,
                f"-I{source / 'include'}",
                *runtime,
                str(program),
                *library,
                "-o",
                str(made),
            ],
            f"building {program.name}",
        )
        return made

    def weights(self, name: str) -> Path:
        """The weights file of the case ``name``."""
        return self._tree.source(name) / "weights.safetensors"

    def start(self, case: Case, inputs: Mapping[str, Array], method: str) -> tuple[int, str, dict[str, Array]]:
        """Exit code, standard error and outputs of a case's program."""
        done, outputs = self._tree.start(case.name, inputs, "--method", method)
        return done.returncode, done.stderr, outputs


@functools.cache
def project_tree() -> GoldenTree:
    """The tree, brought up to date once per test process."""
    return GoldenTree()
