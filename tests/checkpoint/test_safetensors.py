"""The safetensors package on the bundled torch."""

from __future__ import annotations

from pathlib import Path

from tests.cli.command_line import ts2cpp

PROGRAM = """
import torch
from safetensors import safe_open
from safetensors.torch import load, load_file, load_model, save, save_file, save_model

names = "float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 bool complex64".split()
tensors = {name: torch.arange(6).view(2, 3).to(getattr(torch, name)) for name in names}
tensors |= {"empty": torch.zeros(0, 2), "scalar": torch.tensor(3)}
save_file(tensors, "all.safetensors", metadata={"format": "pt"})
for found in (load_file("all.safetensors"), load(save(tensors)), torch.load("all.safetensors")):
    assert found.keys() == tensors.keys()
    assert all(found[n].dtype is t.dtype and found[n].shape == t.shape and torch.equal(found[n], t) for n, t in tensors.items())
with safe_open("all.safetensors", framework="pt", device="cpu") as file:
    assert file.metadata() == {"format": "pt"}
    assert torch.equal(file.get_tensor("float64"), tensors["float64"])
    assert file.get_slice("int32")[:, 1:].tolist() == [[1, 2], [4, 5]]
try:
    save_file({"a": tensors["scalar"], "b": tensors["scalar"]}, "shared.safetensors")
except RuntimeError as error:
    assert "share memory" in str(error)
else:
    raise AssertionError("shared memory was saved twice")
layers = [torch.nn.Linear(2, 2) for _ in range(2)]
model, other = (torch.nn.Sequential(l, torch.nn.ReLU(), l) for l in layers)
save_model(model, "model.safetensors")
assert load_model(other, "model.safetensors") == (set(), [])
assert torch.equal(other[2].weight, layers[0].weight)
print("done")
"""


def test_the_package_works_on_the_bundled_torch(tmp_path: Path) -> None:
    done = ts2cpp("python", "-c", PROGRAM, cwd=tmp_path)
    assert done.stdout == "done\n", done.stderr
