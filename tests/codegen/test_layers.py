"""Every layer of ``torch.nn`` in one compiled project, compared with eager execution."""

from __future__ import annotations

import functools
import warnings
from typing import Any

import numpy as np
import pytest

from tests.build_tree import BUILD, BuildTree
from tests.bundled import load_bundled
from tests.codegen.layers import LAYERS
from transpile.codegen.project.arrays import flatten_inputs, flatten_outputs
from transpile.codegen.project.compare import compare
from transpile.codegen.project.exporter import ExportRequest
from transpile.entry import compile_entry
from transpile.jit.entry import CompiledEntry

pytestmark = pytest.mark.xdist_group("layers")
# PyTorch refuses to script it: a comprehension with a condition.
REFUSED = {"GaussianNLLLoss"}
NAMES = [name for name in LAYERS if name not in REFUSED]


def _module_text() -> str:
    """A module that holds all layers, with one exported method for each."""
    lines = ["import torch", "from torch import nn", "", "", "class Layers(nn.Module):", "    def __init__(self):"]
    lines += ["        super().__init__()", "        torch.manual_seed(11)"]
    lines += [f"        self.layer_{name} = {LAYERS[name][0]}" for name in NAMES]
    lines += ["        self.eval()", ""]
    for name in NAMES:
        arguments = ", ".join(f"x{i}: torch.Tensor" for i in range(len(LAYERS[name][1])))
        values = ", ".join(f"x{i}" for i in range(len(LAYERS[name][1])))
        lines += ["    @torch.jit.export", f"    def {name}(self, {arguments}):"]
        lines += [f"        return self.layer_{name}({values})", ""]
    return "\n".join([*lines, "", "model = Layers()", ""])


@functools.cache
def compiled() -> CompiledEntry:
    path = BUILD / "layers" / "layers.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_module_text(), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names of constants that no attribute has
        return compile_entry(load_bundled(path).entry)


@functools.cache
def tree() -> BuildTree:
    request = ExportRequest(compiled().root, "layers", "layers.py", NAMES)
    return BuildTree("layers").sync({"layers": request})


def arrays(name: str) -> list[np.ndarray[Any, Any]]:
    generator = np.random.default_rng(len(name))
    made: list[np.ndarray[Any, Any]] = []
    for given in LAYERS[name][1]:
        if given[0] == "i":
            low, high = given[2] if len(given) == 3 else given[3], given[2]
            made.append(generator.integers(0, high, given[1]) if len(given) == 3 else np.full(given[1], low))
        elif given[0] == "p":
            made.append(generator.uniform(0.05, 0.95, given[1]).astype(np.float32))
        elif given[0] == "s":
            made.append(np.where(generator.random(given[1]) < 0.5, -1.0, 1.0).astype(np.float32))
        else:
            made.append(np.asarray(generator.standard_normal(given)).astype(np.float32))
    return made


@pytest.mark.parametrize("name", NAMES)
def test_like_eager(name: str) -> None:
    from transpile import torch

    entry = compiled()
    given = arrays(name)
    expected = flatten_outputs(entry.run_eagerly(name, [torch.tensor(a) for a in given]))
    names = [n for n, _ in entry.parameters(name)]
    done, actual = tree().start("layers", flatten_inputs(names, given), "--method", name)
    assert done.returncode == 0, done.stderr
    assert not [d.describe() for d in compare(expected, actual, 1e-4, 1e-5) if not d.equal]
