"""The weights file of a project is one that safetensors itself would write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save

import transpile
from transpile import torch
from transpile.archive.tensors import SAFETENSORS
from transpile.codegen.project.weights import pack


def test_bytes_are_those_of_safetensors() -> None:
    tensors = {}
    for place, dtype in enumerate(SAFETENSORS.values()):
        tensors[f"b.{place}"] = np.arange(3 * (place % 3)).reshape(3, place % 3).astype(dtype.numpy)
        tensors[f'a "ü".{place}'] = np.asarray(1).astype(dtype.numpy)
    packed = pack({**tensors, "t": np.arange(12.0, dtype=np.float32).reshape(3, 4).T})
    dense = {**tensors, "t": np.ascontiguousarray(np.arange(12.0, dtype=np.float32).reshape(3, 4).T)}
    assert packed.data == bytes(save(dense))
    assert [row.name for row in packed.rows] == list(dense)
    assert pack({}).data == bytes(save({}))


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    layer = torch.nn.Linear(3, 2)
    transpile.export(layer, tmp_path / "out", example_inputs=(torch.ones(1, 3),))
    found = load_file(tmp_path / "out" / "weights.safetensors")
    assert {name: array.tolist() for name, array in found.items()} == {
        name: tensor.tolist() for name, tensor in layer.state_dict().items()
    }
