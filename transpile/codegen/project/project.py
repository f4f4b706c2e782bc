"""A generated project on disk: building it, running it, comparing it."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from transpile.codegen.project import toolchain
from transpile.codegen.project.arrays import flatten_inputs, read_npz
from transpile.codegen.project.compare import ATOL, Difference, compare
from transpile.codegen.project.staging import MANIFEST
from transpile.core.errors import ExportError, ToolError

Array = np.ndarray[Any, Any]


class Project:
    """A project folder written by ``export``."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        try:
            self.manifest: dict[str, Any] = json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))
            self.name = str(self.manifest["name"])
        except (OSError, ValueError, KeyError, TypeError):
            raise ExportError(
                f"{self.path} is not a project written by ts2cpp: {MANIFEST} is missing or damaged"
            ) from None

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
        """Run the compiled program on values; gives its outputs by name (``output``, ``output.0``...)."""
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
            if done.returncode != 0:
                raise ToolError(f"{self.name}_run ended with exit code {done.returncode}", command, done.stderr)
            return read_npz(result)

    def verify(self, *, rtol: float | None = None, atol: float = ATOL) -> list[Difference]:
        """Build if needed, run on the recorded example inputs, and compare with the recorded eager outputs."""
        self.build()
        result: list[Difference] = []
        for method in self.manifest["methods"]:
            folder = self.path / "golden" / method
            if (folder / "inputs.npz").exists():
                actual = self.run_arrays(read_npz(folder / "inputs.npz"), method=method)
                result += compare(read_npz(folder / "expected.npz"), actual, rtol, atol)
        if not result:
            raise ExportError("the project has no example inputs; give example_inputs in the model file, or --inputs")
        return result
