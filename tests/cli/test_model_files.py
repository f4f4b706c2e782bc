"""Model files as people have them: in packages, made by functions with arguments, with weights in checkpoints."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from tests.bundled import bundled_torch, pytorch
from transpile import torch
from transpile.cli import main
from transpile.cli.model_file import load_model
from transpile.entry import trace_entry
from transpile.jit.unit import forget_default_unit

Command = Callable[..., tuple[int, str, str]]

LAYERS = """
from torch import nn

class Block(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.fc = nn.Linear(width, width)
        self.bn = nn.BatchNorm1d(width)
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(self.bn(self.fc(x)))
"""
NET = """
import argparse
import sys
import zipfile

import torch
from torch import nn

from {dots}layers import Block

assert len(sys.argv) == 1 and sys.argv[0].endswith("net.py"), sys.argv

class Net(nn.Module):
    def __init__(self, width: int, depth: int = 1):
        super().__init__()
        self.blocks = nn.Sequential(*[Block(width) for _ in range(depth)])

    def forward(self, x):
        return self.blocks(x)

    @torch.jit.export
    def scaled(self, x, factor: float):
        return self.blocks(x) * factor

def build(width: int, depth: int = 1) -> Net:
    return Net(width, depth).eval()

def small(depth: int = 1):
    return build(2, depth)

def model():
    return build(2)

def example_inputs():
    from {dots}layers import Block as again

    assert again is Block
    return {{"forward": (torch.ones(3, 2),), "scaled": (torch.ones(2, 2), 2.0)}}

if __name__ == "__main__":
    argparse.ArgumentParser().parse_args()
    raise AssertionError("the main guard ran")
"""
TRACED = """
import torch

class Net(torch.nn.Module):
    def forward(self, x):
        return x.sum(tuple(range(x.dim())))

    def other(self, x, y):
        return x * y

model = Net()
example_inputs = {"forward": (torch.ones(2, 3),), "other": (torch.ones(2), torch.ones(2))}
"""


@pytest.fixture
def ts2cpp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> Iterator[Command]:
    """The command line in this process, in a folder with the package ``pkg``."""
    for folder, dots in (("pkg", "."), ("pkg/sub", "..")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").write_text("")
        (tmp_path / folder / "net.py").write_text(NET.format(dots=dots))
    (tmp_path / "pkg/layers.py").write_text(LAYERS)
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain/net.py").write_text(NET.format(dots="."))
    (tmp_path / "plain/layers.py").write_text(LAYERS)
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> tuple[int, str, str]:
        arguments = [str(w) for w in words]
        forget_default_unit()
        before = set(sys.modules)
        path = list(sys.path)
        with bundled_torch(), pytest.raises(SystemExit) as ended:
            main([*arguments, "--torch", "bundled"])
        for name in set(sys.modules) - before:
            if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]
        assert sys.path == path
        out, error = capfd.readouterr()
        assert "Traceback" not in error
        return int(ended.value.code or 0), out, error

    yield run


@pytest.mark.parametrize(
    "model", ["pkg/net.py", "pkg/sub/net.py", "plain/net.py", "pkg.net", "pkg.sub.net:small", "pkg/net.py:small"]
)
def test_packages(ts2cpp: Command, model: str) -> None:
    status, out, error = ts2cpp("export", model, "--out", "out", "--json")
    assert status == 0, error
    assert json.loads(out)["name"] == "net"
    assert list(json.loads(out)["methods"]) == ["forward", "scaled"]
    for method, rows in (("forward", 3), ("scaled", 2)):
        assert np.load(f"out/golden/{method}/inputs.npz")["x"].shape == (rows, 2)
        assert np.load(f"out/golden/{method}/expected.npz")["output"].shape == (rows, 2)
        assert f"golden/{method}/inputs.npz" in Path("out/CMakeLists.txt").read_text()
    assert "net.py" in Path("out/src/net.cpp").read_text()


def test_every_method_is_recorded(ts2cpp: Command) -> None:
    assert ts2cpp("golden", "record", "pkg/net.py")[0] == 0
    for name, rows in (("net", 3), ("net.scaled", 2)):
        assert np.load(f"pkg/{name}.expected.npz")["output"].shape == (rows, 2)


def test_a_method_of_many(ts2cpp: Command) -> None:
    assert ts2cpp("export", "pkg.net", "--out", "out", "--method", "scaled")[0] == 0
    assert not Path("out/golden/forward").exists()
    assert Path("out/golden/scaled").exists()


@pytest.mark.parametrize(
    ("arguments", "depth"),
    [('{"width": 4, "depth": 3}', 3), ("[4, 2]", 2), ('{"width": 4}', 1), ("arguments.json", 5)],
)
def test_an_entry_with_arguments(ts2cpp: Command, arguments: str, depth: int) -> None:
    Path("arguments.json").write_text('{"width": 4, "depth": 5}')
    Path("depth.py").write_text(
        "import torch\n"
        "class Net(torch.nn.Module):\n"
        "    def __init__(self, width, depth=1):\n        super().__init__()\n        self.depth = depth\n"
        "    def forward(self) -> int:\n        return self.depth\n"
        "model = Net\n"
    )
    np.savez("in.npz", np.ones((2, 4), np.float32))
    for entry in ("Net", "build"):
        name = ("--entry", entry, "--entry-args", arguments)
        status, _, error = ts2cpp("run", "pkg/net.py", *name, "--inputs", "in.npz", "--outputs", "out.npz")
        assert status == 0, error
        assert np.load("out.npz")["output"].shape == (2, 4)
    _, out, _ = ts2cpp("inspect", "depth.py", "--entry-args", arguments, "--optimized")
    assert f"prim::Constant[value={depth}]" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["pkg.net:build"], ["build of net.py makes a module of arguments", "--entry-args '{\"width\": ...}'"]),
        (["pkg.net:Net"], ["--entry-args", '"width"']),
        (["pkg.net:build", "--entry-args", "[1"], ["not valid JSON"]),
        (["pkg.net:build", "--entry-args", "3"], ["is a int, expected a JSON object or array"]),
        (["pkg.net:build", "--entry-args", '{"height": 3}'], ["unexpected keyword argument 'height'"]),
        (["pkg.net:example_inputs", "--entry-args", "[]"], ["returned a dict, expected an nn.Module or a function"]),
        (["pkg.nothing"], ["No module named 'pkg.nothing'"]),
        (["nothing"], ["no file nothing, and no module of that name"]),
        (["pkg.net:nothing"], ["no module-level name 'nothing'", "Net, build, small, model"]),
        (["pkg.net:small", "--entry", "build"], ["the entry is given twice"]),
        (["parsing.py"], ["parsing.py ended the program (SystemExit: 2)", 'parsing.py", line 2', "__main__"]),
        (["pkg/broken.py"], ["no_such_name", 'broken.py", line 2']),
        (["methods.py"], ["example_inputs are given for 'other', which does not exist"]),
    ],
)
def test_what_goes_wrong(ts2cpp: Command, arguments: list[str], words: list[str]) -> None:
    Path("parsing.py").write_text("import argparse\nargparse.ArgumentParser().parse_args(['--unknown'])\n")
    Path("pkg/broken.py").write_text("from .layers import Block\nprint(no_such_name)\n")
    Path("methods.py").write_text("def model(x):\n    return x\nexample_inputs = {'other': ()}\n")
    status, _, error = ts2cpp("inspect", *arguments)
    assert status == 2
    for word in words:
        assert word in error


def test_training_mode(ts2cpp: Command) -> None:
    command = ("export", "pkg/net.py", "--entry", "Net", "--entry-args", "[2]", "--out", "out", "--force")
    status, _, error = ts2cpp(*command)
    assert status == 0
    assert "training mode" in error and "--training" in error
    assert "layers.py:12  return self.drop(self.bn(self.fc(x)))  [batch_norm, dropout]" in error
    for quiet in ((*command, "--training"), ("export", "pkg/net.py", "--out", "out", "--force")):
        assert "training mode" not in ts2cpp(*quiet)[2]


def test_methods_are_traced(ts2cpp: Command) -> None:
    Path("traced.py").write_text(TRACED)
    status, out, error = ts2cpp("export", "traced.py", "--out", "out", "--trace", "--json")
    assert status == 0, error
    assert list(json.loads(out)["methods"]) == ["forward", "other"]
    assert Path("out/golden/other").exists()


# ---- weights
def state() -> dict[str, Any]:
    """Weights for ``model`` of the package, which makes the output 7 whatever goes in."""
    weight = {"weight": torch.zeros(2, 2), "bias": torch.zeros(2)}
    norm = {"weight": torch.ones(2), "bias": torch.full((2,), 7.0), "running_mean": torch.zeros(2)}
    norm |= {"running_var": torch.ones(2), "num_batches_tracked": torch.tensor(1)}
    return {f"blocks.0.{n}.{k}": v for n, values in (("fc", weight), ("bn", norm)) for k, v in values.items()}


def checkpoints() -> dict[str, tuple[Any, str]]:
    prefixed = {f"module.{k}": v for k, v in state().items()}
    twice = {f"_orig_mod.module.{k}": v for k, v in state().items()}
    optimizer = {"state": {0: {"step": torch.tensor(1.0)}}, "param_groups": [{"lr": 0.1}]}
    other = {k: v + 1 for k, v in state().items()}
    return {
        "plain.pt": (state(), "weights: 7 entries of plain.pt\n"),
        "wrapped.ckpt": ({"epoch": 3, "state_dict": state(), "optimizer": optimizer}, "found under 'state_dict'"),
        "parallel.pth": ({"model": prefixed}, "the prefix 'module.' of their names is left out"),
        "compiled.pth": (twice, "the prefix '_orig_mod.module.'"),
        "averaged.pt": ({"model_ema": other, "model": state()}, "found under 'model'; not those under 'model_ema'"),
        "several.pt:b": ({"a": other, "b": state()}, "found under 'b'"),
        "deep.pt": ({"saved": {"by": {"network": state()}}}, "found under 'saved.by.network'"),
    }


@pytest.mark.parametrize("name", checkpoints())
def test_weights_from(ts2cpp: Command, name: str) -> None:
    value, said = checkpoints()[name]
    torch.save(value, name.partition(":")[0], _use_new_zipfile_serialization=not name.endswith("h"))
    np.savez("in.npz", np.ones((2, 2), np.float32))
    status, _, error = ts2cpp("run", "pkg.net", "--weights-from", name, "--inputs", "in.npz", "--outputs", "out.npz")
    assert status == 0, error
    assert said in error
    assert np.load("out.npz")["output"].tolist() == [[7, 7], [7, 7]]


def test_weights_in_an_exported_project(ts2cpp: Command) -> None:
    load_file = safetensors.numpy.load_file
    safetensors.numpy.save_file({k: v.numpy() for k, v in state().items()}, "w.safetensors")
    status, _, error = ts2cpp("export", "pkg.net", "--weights-from", "w.safetensors", "--out", "out")
    assert status == 0, error
    assert np.load("out/golden/forward/expected.npz")["output"].tolist() == [[7, 7]] * 3
    assert any(7.0 in v for v in load_file("out/weights.safetensors").values())
    torch.jit.script(torch.nn.Linear(2, 2)).save("m.pt")
    torch.save(torch.nn.Linear(2, 2).state_dict(), "linear.pt")
    assert ts2cpp("export", "m.pt", "--weights-from", "linear.pt", "--out", "archive")[0] == 0
    assert np.array_equal(load_file("archive/weights.safetensors")["weight"], torch.load("linear.pt")["weight"].numpy())


def test_weights_in_several_files(ts2cpp: Command) -> None:
    names = list(state())
    shards = {"1.safetensors": names[:3], "2.bin": names[3:]}
    safetensors.numpy.save_file({k: state()[k].numpy() for k in names[:3]}, "1.safetensors")
    torch.save({k: state()[k] for k in names[3:]}, "2.bin")
    Path("m.index.json").write_text(
        json.dumps({"weight_map": {n: file for file, held in shards.items() for n in held}})
    )
    np.savez("in.npz", np.ones((2, 2), np.float32))
    run = ("run", "pkg.net", "--weights-from", "m.index.json", "--inputs", "in.npz", "--outputs", "out.npz")
    status, _, error = ts2cpp(*run)
    assert status == 0, error
    assert np.load("out.npz")["output"].tolist() == [[7, 7], [7, 7]]
    Path("2.bin").unlink()
    assert "names 2.bin, which does not lie beside it" in ts2cpp(*run)[2]
    Path("m.index.json").write_text("[")
    assert "is no index of a checkpoint in several files" in ts2cpp(*run)[2]


def test_weights_that_do_not_fit(ts2cpp: Command) -> None:
    wrong = state() | {"more": torch.ones(1), "blocks.0.bn.weight": torch.ones(3)}
    del wrong["blocks.0.fc.bias"]
    torch.save(wrong, "wrong.pt")
    torch.save({"a": state(), "b": {k: v + 1 for k, v in state().items()}}, "several.pt")
    torch.save([1], "list.pt")
    Path("empty.pt").write_bytes(b"")
    Path("bad.safetensors").write_bytes(b"\xff" * 40)
    Path("function.py").write_text("def model(x):\n    return x\n")
    for model, name, words in (
        ("pkg.net", "wrong.pt", [
            "Error(s) in loading state_dict for Net:", 'Missing key(s) in state_dict: "blocks.0.fc.bias".',
            'Unexpected key(s) in state_dict: "more".',
            "size mismatch for blocks.0.bn.weight: copying a param with shape torch.Size([3]) from checkpoint, the shape in "
            "current model is torch.Size([2])."]),
        ("pkg.net", "several.pt", ["several state dicts, under 'a', 'b'", "--weights-from several.pt:a"]),
        ("pkg.net", "several.pt:c", ["no state dict under 'c'; it has 'a', 'b'"]),
        ("pkg.net", "list.pt", ["list.pt holds no state dict"]),
        ("pkg.net", "empty.pt", ["the file is empty"]),
        ("pkg.net", "bad.safetensors", ["not a readable safetensors file"]),
        ("pkg.net", "nothing.pt", ["there is no file nothing.pt"]),
        ("function.py", "wrong.pt", ["the entry is a function, which holds no weights"]),
    ):  # fmt: skip
        status, _, error = ts2cpp("inspect", model, "--weights-from", name)
        assert status == 2
        for word in words:
            assert word in error.replace("\t", " ")


def test_weights_in_the_place_of_a_model(ts2cpp: Command) -> None:
    torch.save(state(), "plain.pt")
    torch.save({"state_dict": state()}, "old.pth", _use_new_zipfile_serialization=False)
    safetensors.numpy.save_file({k: v.numpy() for k, v in state().items()}, "w.safetensors")
    for name in ("plain.pt", "old.pth", "w.safetensors"):
        status, _, error = ts2cpp("export", name, "--out", "out")
        assert status == 2
        assert f"{name} holds a state dict of 7 tensors (blocks.0." in error
        assert f"ts2cpp export MODEL.py --weights-from {name} --out DIR" in error
    torch.save([1], "list.pt")
    assert "neither a program nor a state dict" in ts2cpp("inspect", "list.pt")[2]


def test_an_archive_of_any_suffix_is_read(ts2cpp: Command) -> None:
    """As `.torchscript` and `.ptl`, which other tools write."""
    torch.jit.script(torch.nn.Linear(2, 2)).save("net.torchscript")
    status, _, error = ts2cpp("export", "net.torchscript", "--out", "out")
    assert status == 0, error
    assert json.loads(Path("out/ts2cpp-manifest.json").read_text())["name"] == "net"
    with zipfile.ZipFile("net.pt2", "w") as exported:
        exported.writestr("net/archive_format", "pt2")
    status, _, error = ts2cpp("export", "net.pt2", "--out", "other")
    assert status == 2
    assert "torch.export.save" in error


@pytest.mark.reference
def test_modules_of_pytorch(ts2cpp: Command) -> None:
    theirs = pytorch()
    torch.save({"state_dict": state()}, "ours.pt")
    theirs.save({f"module.{k}": theirs.from_numpy(v.numpy()) for k, v in state().items()}, "theirs.pt")
    Path("traced.py").write_text(TRACED)
    try:
        for name in ("ours.pt", "theirs.pt"):
            loaded = load_model("pkg.net", None, "pytorch", None, name)
            assert isinstance(loaded.entry, theirs.nn.Module)
            assert loaded.entry(theirs.ones(2, 2)).tolist() == [[7, 7], [7, 7]]
        traced = load_model("traced.py", None, "pytorch")
        assert trace_entry(traced.entry, traced.inputs).exported == ["forward", "other"]
    finally:
        for name in ("pkg.net", "pkg.layers", "pkg", "traced"):
            sys.modules.pop(name, None)
