"""One model file, taken through the front door by PyTorch or by the bundled torch, in a process of its own.

    python -m tests.conformance.front_door pytorch|bundled MODEL FOLDER PROJECT [ENTRY]

exports the model to ``PROJECT`` and writes what else came out into ``FOLDER``: ``eager.npz`` and ``interpreter.npz`` (outputs
for the example inputs ``inputs.npz``), ``state.npz`` (the ``state_dict``) and ``graph.txt``, ``code.txt``.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.build_tree import ROOT
from transpile.codegen.project.arrays import flatten_inputs, flatten_outputs, read_npz

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Passage:
    """What one door made of a model file.  Tensors of the state are bits: integers of the width of an element."""

    project: Path
    state: Mapping[str, Array]
    inputs: Mapping[str, Array]
    eager: Mapping[str, Array]
    interpreted: Mapping[str, Array]
    graphs: str
    code: str

    def project_files(self) -> dict[str, bytes]:
        """The files of the project that do not depend on the implementation's rounding."""
        files = {p.relative_to(self.project).as_posix(): p.read_bytes() for p in self.project.rglob("*") if p.is_file()}
        return {name: data for name, data in files.items() if not name.startswith(("golden/", "build/"))}


def pass_through(
    implementation: str, model: Path, folder: Path, project: Path | None = None, entry: str = "model"
) -> Passage:
    """Take a model file through a door; ``AssertionError`` with what the process said if it fails."""
    project = project if project is not None else folder / "project" / model.stem
    folder.mkdir(parents=True, exist_ok=True)
    module = "tests.conformance.front_door"
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        module,
        implementation,
        str(model),
        str(folder),
        str(project),
        entry,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    arrays = {name: read_npz(folder / f"{name}.npz") for name in ("state", "inputs", "eager", "interpreter")}
    texts = [(folder / f"{name}.txt").read_text(encoding="utf-8") for name in ("graph", "code")]
    return Passage(project, arrays["state"], arrays["inputs"], arrays["eager"], arrays["interpreter"], *texts)


def _bits(tensor: Any) -> Array:
    """A tensor of either implementation as integers, so that comparison is of bits and NumPy can store every dtype."""
    if hasattr(tensor, "_array"):
        array = np.ascontiguousarray(tensor._array).reshape(tensor._array.shape)
    else:
        plain = tensor.detach().contiguous()
        array = (plain.view(_torch().int16) if str(plain.dtype) == "torch.bfloat16" else plain).numpy()
    return array if array.dtype.kind == "b" else array.view(f"i{min(array.dtype.itemsize, 8)}")


def _torch() -> Any:
    import importlib

    return importlib.import_module("torch")


def _main(implementation: str, model: Path, folder: Path, project: Path, entry: str) -> None:
    from transpile.cli.model_file import load_model
    from transpile.codegen.project.exporter import Example, ExportRequest, export
    from transpile.entry import compile_entry
    from transpile.jit.code.printer import print_code
    from transpile.jit.entry import entry_functions

    loaded = load_model(model, entry, implementation)
    assert loaded.implementation == implementation
    compiled = compile_entry(loaded.entry)
    inputs: dict[str, Array] = {}
    eager: dict[str, Array] = {}
    interpreted: dict[str, Array] = {}
    examples = {}
    if loaded.inputs is not None:
        first = compiled.exported[0]
        by_method = loaded.inputs if isinstance(loaded.inputs, Mapping) else {first: loaded.inputs}
        for method, given in by_method.items():
            flat = flatten_inputs([name for name, _ in compiled.parameters(method)], given)
            examples[method] = Example(flat, flatten_outputs(compiled.run_eagerly(method, given)))
        inputs, eager = dict(examples[first].inputs), dict(examples[first].outputs)
        interpreted = flatten_outputs(compiled.run_interpreter(first, by_method[first]))
    state = {n: _bits(t) for n, t in loaded.entry.state_dict().items()} if compiled.is_module else {}
    request = ExportRequest(compiled.root, project.name, model.name, compiled.exported, examples)
    export(request, project, force=True)
    for name, arrays in (("state", state), ("inputs", inputs), ("eager", eager), ("interpreter", interpreted)):
        np.savez(folder / f"{name}.npz", **arrays)
    functions = entry_functions(compiled.root, compiled.exported)
    for name, texts in (("graph", [str(f.graph) for f in functions]), ("code", [print_code(f) for f in functions])):
        (folder / f"{name}.txt").write_text("\n".join(texts), encoding="utf-8")


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]), (*sys.argv[5:], "model")[0])
