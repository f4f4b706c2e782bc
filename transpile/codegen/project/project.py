"""A generated project on disk: building it, running it, comparing it."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from transpile.codegen.project import toolchain
from transpile.codegen.project.arrays import flatten_inputs, read_npz
from transpile.codegen.project.compare import ATOL, Difference, compare
from transpile.codegen.project.staging import MANIFEST
from transpile.core.errors import ExportError, ProgramError, ToolError

Array = np.ndarray[Any, Any]
INPUTS_AT_FAULT, PROGRAM_RAISED = 2, 3  # exit codes of a generated program


class Project:
    """A project folder written by ``export``.

    ``training_lines`` are the Python lines that behave as in training, if the program has just been exported.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.training_lines: list[str] = []
        try:
            self.manifest: dict[str, Any] = json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))
            self.name = str(self.manifest["name"])
        except (OSError, ValueError, KeyError, TypeError):
            raise ExportError(
                f"{self.path} is not a project written by ts2cpp: {MANIFEST} is missing or damaged"
            ) from None

    def __repr__(self) -> str:
        state = "built" if self.runner.exists() else "not built"
        return f"<Project {self.name!r} in {str(self.path)!r}: {', '.join(self.manifest['methods'])}; {state}>"

    def _repr_html_(self) -> str:
        """What notebooks show."""
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{escape(', '.join(map(': '.join, zip(m['parameters'], m['types'], strict=True))))}"
            f"</td><td>{escape(m['returns'])}</td></tr>"
            for name, m in self.manifest["methods"].items()
        )
        return (
            f"<b>{escape(self.name)}</b> in <code>{escape(str(self.path))}</code>"
            f"<table><tr><th>method</th><th>parameters</th><th>returns</th></tr>{rows}</table>"
        )

    @property
    def build_folder(self) -> Path:
        return self.path / "build"

    @property
    def runner(self) -> Path:
        return self.build_folder / f"{self.name}_run"

    def parameters(self, method: str) -> list[str]:
        """The names of the arguments of a method, ``self`` left out."""
        return list(self.manifest["methods"][method]["parameters"])

    def build(self, options: Sequence[str] = (), *, build_type: str = "Release") -> Project:
        """Configure and compile; ``ToolError`` with the compiler's output if that fails."""
        toolchain.configure(self.path, self.build_folder, options, build_type=build_type)
        toolchain.build(self.build_folder)
        return self

    def run(self, *inputs: Any, method: str = "forward", threads: int | None = None) -> dict[str, Array]:
        """Run the compiled program on values; gives its outputs by name (``output``, ``output.0``...).

        ``ProgramError`` if the program raises: also of the exception's own class, with its Python lines.
        """
        return self.run_arrays(flatten_inputs(self.parameters(method), inputs), method=method, threads=threads)

    def run_arrays(
        self, inputs: Mapping[str, Array], *, method: str = "forward", threads: int | None = None
    ) -> dict[str, Array]:
        """``run`` on arrays that are flattened already."""
        if not self.runner.exists():
            self.build()
        with tempfile.TemporaryDirectory() as folder:
            given, result = Path(folder) / "in.npz", Path(folder) / "out.npz"
            np.savez(given, **inputs)  # type: ignore[arg-type]
            command = [str(self.runner), "--inputs", str(given), "--outputs", str(result), "--method", method]
            if threads is not None:
                command += ["--threads", str(threads)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode == PROGRAM_RAISED:
                raise ProgramError.of(done.stderr)
            if done.returncode == INPUTS_AT_FAULT:
                raise ExportError(done.stderr.strip().removeprefix(f"{self.name}: "))
            if done.returncode != 0:
                raise ToolError(f"{self.name}_run ended with exit code {done.returncode}", command, done.stderr)
            return read_npz(result)

    def check_method(self, method: str | None) -> None:
        """``ExportError`` for a method that the project does not have."""
        if method is not None and method not in self.manifest["methods"]:
            raise ExportError(
                f"method {method!r} does not exist; the project has {', '.join(self.manifest['methods'])}"
            )

    def verify(self, *, method: str | None = None, rtol: float | None = None, atol: float = ATOL) -> list[Difference]:
        """Build if needed, run on the recorded example inputs, and compare with the recorded eager outputs.

        All methods with example inputs are compared, or ``method`` alone.
        """
        self.check_method(method)
        self.build()
        result: list[Difference] = []
        recorded = [m for m in self.manifest["methods"] if (self.path / "golden" / m / "inputs.npz").exists()]
        for one in recorded if method is None else [method]:
            if one not in recorded:
                break
            folder = self.path / "golden" / one
            actual = self.run_arrays(read_npz(folder / "inputs.npz"), method=one)
            found = compare(read_npz(folder / "expected.npz"), actual, rtol, atol)
            result += [replace(d, name=f"{one}: {d.name}") for d in found] if len(recorded) > 1 else found
        if not result:
            of_method = "" if method is None else f" of {method}"
            raise ExportError(
                f"the project has no example inputs{of_method}; give example_inputs in the model file, or --inputs"
            )
        return result
