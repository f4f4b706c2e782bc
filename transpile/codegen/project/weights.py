"""The weights file: which tensors a program holds, and where each lies in ``weights.safetensors``."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from transpile.archive.tensors import SAFETENSORS
from transpile.core import dtype as D
from transpile.core.errors import ExportError

Array = np.ndarray[Any, Any]
_MAX_NAME = 1024
_TYPES = {dtype: name for name, dtype in SAFETENSORS.items()}
_RANKS = {dtype: rank for rank, dtype in enumerate(SAFETENSORS.values())}


@dataclass(frozen=True)
class WeightRow:
    """One tensor of the file; ``offset`` counts from the end of the header."""

    name: str
    dtype: D.DType
    shape: tuple[int, ...]
    offset: int
    size: int


@dataclass(frozen=True)
class WeightFile:
    data: bytes
    rows: tuple[WeightRow, ...]


def pack(tensors: dict[str, Array]) -> WeightFile:
    """The bytes of the file and its table; equal tensors under several names must have been merged before."""
    rows: dict[str, WeightRow] = {}
    header: dict[str, object] = {}
    contents: list[memoryview] = []
    offset = 0
    for name, array in tensors.items():
        if len(name.encode()) > _MAX_NAME:
            raise ExportError(f"the name of a parameter is longer than {_MAX_NAME} bytes: {name[:40]!r}...")
        dtype = D.from_numpy(array.dtype)
        if dtype not in _TYPES:
            raise ExportError(f"parameter {name!r} has dtype {dtype}, which the weights format does not have")
    for name in sorted(tensors, key=lambda name: (_RANKS[D.from_numpy(tensors[name].dtype)], name)):
        array, dtype = tensors[name], D.from_numpy(tensors[name].dtype)
        rows[name] = WeightRow(name, dtype, tuple(array.shape), offset, array.nbytes)
        header[name] = {
            "dtype": _TYPES[dtype],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        contents.append(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    # Joined once: the file of a large model is the largest thing that an export holds.
    return WeightFile(b"".join([struct.pack("<Q", len(text)), text, *contents]), tuple(rows[name] for name in tensors))
