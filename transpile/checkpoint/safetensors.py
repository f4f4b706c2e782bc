"""Tensors of ``.safetensors`` files, without the names that the package takes from an installed torch."""

from __future__ import annotations

import numpy as np
import safetensors

from transpile.archive.tensors import SAFETENSORS
from transpile.core.errors import ArchiveError
from transpile.eager.tensor import Tensor


def read_safetensors(content: memoryview, name: str) -> dict[str, Tensor]:
    """The tensors of a file by name; ``ArchiveError`` says what is wrong with it."""
    try:
        entries = safetensors.deserialize(bytes(content))  # type: ignore[no-untyped-call]
    except safetensors.SafetensorError as error:
        raise ArchiveError(f"not a readable safetensors file: {error}", name) from None
    found = {}
    for key, entry in entries:
        dtype = SAFETENSORS.get(entry["dtype"])
        if dtype is None:
            raise ArchiveError(f"tensor {key!r} has the type {entry['dtype']}, which is not supported", name)
        array = np.frombuffer(entry["data"], dtype.numpy).reshape(entry["shape"])
        found[key] = Tensor._from_array(array if array.flags.writeable else array.copy())
    return found
