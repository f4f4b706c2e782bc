"""Archives pass between PyTorch and the bundled torch in both directions."""

from __future__ import annotations

import copy
import io
import json
import subprocess
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.build_tree import ROOT
from tests.bundled import bundled_torch, load_bundled
from tests.conformance import archives
from tests.conformance.archives import FAST_FOLDER, FOLDER, PROGRAM, plain, run_old_archive
from tests.conformance.cases import load
from tests.conformance.old_archives import ARCHIVES
from transpile import torch
from transpile.jit.unit import forget_default_unit

COMPUTED = json.loads((FOLDER / "computed.json").read_text())
OLD_COMPUTED = json.loads(archives.OLD_COMPUTED.read_text())
FAST_COMPUTED = json.loads((FAST_FOLDER / "computed.json").read_text())
ARGUMENTS = {
    "everything": (torch.tensor([[1.0, 2.0, 3.0], [0.5, 0.25, -1.0]]), 5),
    "function": ([1.0, 7.5, 2.0], 0),
    **{n: (torch.arange(16.0).reshape(1, 1, 4, 4) / 8,) for n in ("traced", "scripted", "frozen")},
}


def same(found: Any, wanted: Any, rtol: float = 1e-5) -> bool:
    """Equal, floats to their last digits."""
    if isinstance(wanted, list):
        return len(found) == len(wanted) and all(same(f, w, rtol) for f, w in zip(found, wanted, strict=True))
    return bool(np.isclose(found, wanted, rtol, rtol / 10)) if isinstance(wanted, float) else found == wanted


@pytest.mark.parametrize("name", COMPUTED)
def test_what_pytorch_wrote_computes_the_same(name: str) -> None:
    module = torch.jit.load(FOLDER / f"{name}.pt")
    assert same(plain(module(*ARGUMENTS[name])), COMPUTED[name])


@pytest.mark.parametrize("name", COMPUTED)
def test_loading_and_saving_is_a_fixed_point(name: str) -> None:
    once = torch.jit.load(FOLDER / f"{name}.pt").save_to_buffer()
    again = torch.jit.load(io.BytesIO(once))
    assert again.save_to_buffer() == once
    assert same(plain(again(*ARGUMENTS[name])), COMPUTED[name])


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives_of_earlier_versions(name: str) -> None:
    """Operators mean what they meant then, and what is saved again means that today."""
    archive = ARCHIVES[name]
    dtype, values = OLD_COMPUTED[name]
    found = run_old_archive(torch, archive)
    assert found[0] == dtype
    assert same(found[1], values)
    saved = torch.jit.load(io.BytesIO(archive.content())).save_to_buffer()
    module = torch.jit.load(io.BytesIO(saved))
    assert module.save_to_buffer() == saved
    given = [torch.tensor(v) if isinstance(v, np.ndarray) else v for v in copy.deepcopy(archive.arguments)]
    again = module(*given)
    assert str(again.dtype) == dtype
    assert same(plain(again), values)


_ENDS = {"gap": [[False, True, False], [False] * 3], "": [[False, False, True], [False] * 3]}


@pytest.mark.parametrize("name", FAST_COMPUTED)
def test_fast_paths_of_pytorch(name: str) -> None:
    """Attention and encoder layers in evaluation mode; sequences of different lengths among them."""
    x = torch.arange(48.0).view(2, 3, 8).sin()
    ends = torch.tensor(_ENDS["gap" if "gap" in name or "attention" in name else ""])
    with torch.no_grad():
        found = torch.jit.load(FAST_FOLDER / f"{name}.pt")(x, ends)
    assert same(plain(found), FAST_COMPUTED[name], 1e-4)


def test_state_of_a_loaded_module() -> None:
    module = torch.jit.load(FOLDER / "everything.pt")
    assert (module.training, module.large, module.negative, module.flag, module.name) == (
        False,
        2**40,
        -7,
        True,
        "über",
    )
    assert module.table == {"a": [1, 2], "é": []}
    assert (module.pair, module.chosen, module.missing) == ((1.5, [True, False]), None, None)
    assert module.describe(3) == "int -4"
    with pytest.raises(torch.jit.Error, match="expected a text"):
        module.describe(1.5)
    module.memory.fill_(9.0)
    assert module.window.tolist() == [9.0, 9.0]
    assert module.first.weight is module.again.weight or module.first.weight._array is module.again.weight._array
    plain_module = torch.jit.load(FOLDER / "scripted.pt")
    assert {n: p.requires_grad for n, p in plain_module.named_parameters()}["out.weight"] is False
    assert plain_module.original_name == "Plain"


def _saved_here(folder: Path) -> dict[str, Any]:
    forget_default_unit()
    with bundled_torch(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        programs = load(PROGRAM).SAVED
    for name, (saved, _) in programs.items():
        saved.save(str(folder / f"{name}.pt"))
    return programs


def test_what_is_written_here_loads_here(tmp_path: Path) -> None:
    for name, (saved, _) in _saved_here(tmp_path).items():
        module = torch.jit.load(tmp_path / f"{name}.pt")
        assert same(plain(module(*ARGUMENTS[name])), plain(saved(*ARGUMENTS[name])))
        assert same(plain(module(*ARGUMENTS[name])), COMPUTED[name])


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch, the reference, is not installed")
def test_what_is_written_here_loads_in_pytorch(tmp_path: Path) -> None:
    _saved_here(tmp_path)
    program = (
        "import json, sys, torch\n"
        "from tests.conformance.archives import plain\n"
        "image = torch.arange(16.0).reshape(1, 1, 4, 4) / 8\n"
        "given = {'everything': (torch.tensor([[1.0, 2.0, 3.0], [0.5, 0.25, -1.0]]), 5), 'function': ([1.0, 7.5, 2.0], 0)}\n"
        f"loaded = {{n: torch.jit.load(f'{tmp_path}/{{n}}.pt') for n in {list(COMPUTED)}}}\n"
        "print(json.dumps({n: plain(m(*given.get(n, (image,)))) for n, m in loaded.items()}))"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert same(list(json.loads(done.stdout).values()), list(COMPUTED.values()))


_EXAMPLES = """
import importlib, json, sys, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, "examples")
import torch
from tests.conformance.archives import plain
computed = {}
for name in ("greedy_decode", "gru_loop", "lenet"):
    example = importlib.import_module(name)
    scripted = torch.jit.script(example.model)
    scripted.save(sys.argv[1] + f"/{name}.pt")
    with torch.no_grad():
        computed[name] = plain(scripted(*example.example_inputs()))
print(json.dumps(computed))
"""


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch, the reference, is not installed")
def test_examples_saved_by_pytorch(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _EXAMPLES, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for name, wanted in json.loads(done.stdout).items():
        inputs = load_bundled(ROOT / "examples" / f"{name}.py").inputs
        assert inputs is not None
        found = plain(torch.jit.load(tmp_path / f"{name}.pt")(*inputs))
        assert same(found, wanted, 1e-4), name
