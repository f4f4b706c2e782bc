"""Nested values as flat named arrays: how inputs and outputs travel in ``.npz`` files.

Lists and tuples are flattened by position (``xs.0``), dicts by key (``d.key``); numbers and strings are 0-d arrays, the
members of an enum the text of their name; ``None`` and empty containers are absent.
"""

from __future__ import annotations

import enum
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.core.errors import ArchiveError, Ts2cppError

Array = np.ndarray[Any, Any]


def flatten(name: str, value: Any) -> Iterator[tuple[str, Array]]:
    """The arrays of a nested value under ``name``; tensors (anything with ``numpy()``) become arrays."""
    if value is None:
        return
    if isinstance(value, np.ndarray):
        yield name, value
    elif isinstance(value, enum.Enum):
        yield name, np.asarray(value.name)
    elif isinstance(value, (bool, int, float, complex)):
        yield name, np.asarray(value, dtype=_number_dtype(value))
    elif isinstance(value, str):
        yield name, np.asarray(value)
    elif isinstance(value, D.DType):
        yield name, np.asarray(value.code)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from flatten(f"{name}.{key}", item)
    elif isinstance(value, Sequence):
        for position, item in enumerate(value):
            yield from flatten(f"{name}.{position}", item)
    elif hasattr(value, "detach"):
        yield name, tensor_array(value)
    else:
        raise Ts2cppError(f"{name}: a value of Python type {type(value).__name__} cannot be stored as arrays")


def _number_dtype(value: Any) -> type:
    if isinstance(value, bool):
        return np.bool_
    return np.int64 if isinstance(value, int) else np.float64 if isinstance(value, float) else np.complex128


def tensor_array(value: Any) -> Array:
    """The array of a tensor of either implementation; NumPy's own bfloat16 is that of ``ml_dtypes``."""
    tensor = value.detach()
    if str(tensor.dtype) == "torch.bfloat16":
        return np.asarray(tensor.float().numpy()).astype(D.bfloat16.numpy)
    return np.array(np.asarray(tensor.numpy()))


def flatten_outputs(value: Any) -> dict[str, Array]:
    """The arrays of a result: ``output``, ``output.0``..."""
    return dict(flatten("output", value))


def flatten_inputs(names: Sequence[str], values: Sequence[Any]) -> dict[str, Array]:
    """The arrays of arguments, by parameter name."""
    result: dict[str, Array] = {}
    for name, value in zip(names, values, strict=False):
        result.update(flatten(name, value))
    return result


def read_npz(path: Path) -> dict[str, Array]:
    """The arrays of an ``.npz`` file; ``ArchiveError`` says what is wrong with it.  Nothing in it is executed."""
    try:
        archive = np.load(path, allow_pickle=False)
        if isinstance(archive, np.ndarray):
            raise ArchiveError("one array without a name, expected an .npz file (numpy.savez)", str(path))
        with archive:
            return {name: _typed(np.asarray(archive[name])) for name in archive.files}
    except FileNotFoundError:
        raise ArchiveError(f"there is no file {path}") from None
    except (OSError, ValueError, zipfile.BadZipFile, EOFError, KeyError, AttributeError, MemoryError) as error:
        raise ArchiveError(f"not a readable .npz file: {error}", str(path)) from None


def read_npy(path: Path) -> Array:
    """The array of an ``.npy`` file; ``ArchiveError`` says what is wrong with it.  Nothing in it is executed."""
    try:
        array = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise ArchiveError(f"there is no file {path}") from None
    except (OSError, ValueError, zipfile.BadZipFile, EOFError, MemoryError) as error:
        raise ArchiveError(f"not a readable .npy file: {error}", str(path)) from None
    if not isinstance(array, np.ndarray):
        raise ArchiveError("an .npz file under the name of an .npy file", str(path))
    return _typed(array)


def _typed(array: Array) -> Array:
    """bfloat16 lies in files as two bytes without a meaning (``V2``)."""
    return array.view(D.bfloat16.numpy) if array.dtype.kind == "V" and array.dtype.itemsize == 2 else array
