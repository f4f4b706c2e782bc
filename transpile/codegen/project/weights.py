"""The weights file: which tensors a program holds, and where each lies in ``weights.safetensors``."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from safetensors.numpy import save

from transpile.archive.tensors import SAFETENSORS
from transpile.core import dtype as D
from transpile.core.errors import ExportError

Array = np.ndarray[Any, Any]
_MAX_NAME = 1024


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
    plain = {}
    for name, array in tensors.items():
        if len(name.encode()) > _MAX_NAME:
            raise ExportError(f"the name of a parameter is longer than {_MAX_NAME} bytes: {name[:40]!r}...")
        dtype = D.from_numpy(array.dtype)
        if dtype not in SAFETENSORS.values():
            raise ExportError(f"parameter {name!r} has dtype {dtype}, which the weights format does not have")
        plain[name] = np.ascontiguousarray(array).reshape(array.shape)
    data = bytes(save(plain))
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    rows = []
    for name in tensors:
        entry = header[name]
        begin, end = entry["data_offsets"]
        rows.append(WeightRow(name, SAFETENSORS[entry["dtype"]], tuple(entry["shape"]), begin, end - begin))
    return WeightFile(data, tuple(rows))
