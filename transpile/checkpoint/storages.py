"""The memory of a checkpoint's tensors: where it lies in a file, and on which device the program wants it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from transpile.archive.tensors import is_size
from transpile.checkpoint.names import StorageKind
from transpile.core import dtype as D
from transpile.core.errors import ArchiveError
from transpile.eager.size import device
from transpile.eager.storage import TypedStorage, UntypedStorage

_ENTRY = "the checkpoint"
Restore = Callable[[UntypedStorage, str], UntypedStorage]


def restore_location(map_location: Any) -> Restore:
    """What brings a storage to the device that ``map_location`` says, in all the forms that ``torch.load`` takes.

    ``RuntimeError`` for every device but the CPU.
    """
    if map_location is None:
        return _on_cpu
    if isinstance(map_location, dict):
        return lambda storage, location: _on_cpu(storage, map_location.get(location, location))
    if isinstance(map_location, (str, bytes, device)):
        wanted = map_location.decode() if isinstance(map_location, bytes) else str(map_location)
        return lambda storage, location: _on_cpu(storage, wanted)

    def restore(storage: UntypedStorage, location: str) -> UntypedStorage:
        result = map_location(storage, location)
        if result is None:
            return _on_cpu(storage, location)
        return result.untyped()  # type: ignore[no-any-return]

    return restore


def _on_cpu(storage: UntypedStorage, location: Any) -> UntypedStorage:
    kind = str(location).partition(":")[0]
    if kind in ("cuda", "xpu", "hpu"):
        name = kind.upper()
        raise RuntimeError(
            f"Attempting to deserialize object on a {name} device but torch.{kind}.is_available() is False. If you are "
            "running on a CPU-only machine, please use torch.load with map_location=torch.device('cpu') to map your "
            "storages to the CPU."
        )
    if kind == "mps":
        raise RuntimeError("torch.UntypedStorage(): Storage device not recognized: mps")
    if kind != "cpu":
        raise RuntimeError(
            f"don't know how to restore data location of torch.storage.UntypedStorage (tagged with {location})"
        )
    return storage


class Storages:
    """The storages of one checkpoint, each made once.  ``size`` of the file bounds what they may take together."""

    def __init__(self, size: int, restore: Restore) -> None:
        self._left = size
        self._restore = restore
        self.known: dict[Any, TypedStorage] = {}

    def add(self, key: Any, dtype: D.DType, location: Any, memory: Callable[[int], Any], count: int) -> TypedStorage:
        """The storage of ``key``; ``memory`` gives its bytes when it is asked for first."""
        found = self.known.get(key)
        size = count * dtype.itemsize
        if found is None:
            self._left -= size
            if self._left < 0:
                raise ArchiveError("the storages are larger than the file", _ENTRY)
            untyped = self._restore(UntypedStorage._over(memory(size)), str(_text(location)))
            found = self.known[key] = TypedStorage(wrap_storage=untyped, dtype=dtype)
        elif found.nbytes() != size:
            raise ArchiveError(f"storage {key!r} has two sizes", _ENTRY)
        return found if found.dtype is dtype else TypedStorage(wrap_storage=found.untyped(), dtype=dtype)


class ZipStorages:
    """The storages of a zip file; ``record`` gives the bytes of a member, ``little`` says how numbers lie in them."""

    def __init__(self, storages: Storages, record: Callable[[str], memoryview], little: bool) -> None:
        self._storages = storages
        self._record = record
        self._swap = little != (sys.byteorder == "little")

    def __call__(self, identity: Any) -> TypedStorage:
        if not isinstance(identity, tuple) or len(identity) != 5 or _text(identity[0]) != "storage":
            raise ArchiveError("what is stored outside of the pickle is no storage", _ENTRY)
        kind, key, location, count = identity[1:]
        dtype = _dtype(kind, key, count)

        def memory(size: int) -> Any:
            raw = self._record(str(key))
            if len(raw) != size:
                raise ArchiveError(f"storage {key!r} has {len(raw)} bytes, expected {size}", _ENTRY)
            made = np.frombuffer(raw, np.uint8).copy()
            return _swapped(made, dtype) if self._swap else made

        return self._storages.add(str(key), dtype, location, memory, count)


class StreamStorages:
    """The storages of older files, whose bytes follow after the pickle."""

    def __init__(self, storages: Storages) -> None:
        self._storages = storages
        self._views: dict[Any, TypedStorage] = {}

    def __call__(self, identity: Any) -> Any:
        if not isinstance(identity, tuple) or not identity:
            raise ArchiveError("what is stored outside of the pickle is not described as expected", _ENTRY)
        if _text(identity[0]) == "module" and len(identity) == 4:
            return identity[1]
        if _text(identity[0]) != "storage" or len(identity) not in (5, 6):
            raise ArchiveError("what is stored outside of the pickle is no storage", _ENTRY)
        kind, key, location, count = identity[1:5]
        dtype = _dtype(kind, key, count)
        made = self._storages.add(key, dtype, location, lambda size: np.zeros(size, np.uint8), count)
        view = identity[5] if len(identity) == 6 else None
        if view is None:
            return made
        if not isinstance(view, tuple) or len(view) != 3 or not is_size(view[1]) or not is_size(view[2]):
            raise ArchiveError("a view of a storage is not described as expected", _ENTRY)
        return self.view(made, view[0], view[1], view[2])

    def view(self, whole: TypedStorage, key: Any, offset: int, count: int) -> TypedStorage:
        """A part of a storage as a storage; the same for the same ``key``."""
        if not isinstance(key, (str, int)) or offset + count > whole.size():
            raise ArchiveError("a view reaches beyond its storage", _ENTRY)
        if key not in self._views:
            item = whole.dtype.itemsize
            part = whole.untyped()[offset * item : (offset + count) * item]
            self._views[key] = TypedStorage(wrap_storage=part, dtype=whole.dtype)
        return self._views[key]

    def fill(self, key: Any, take: Callable[[int], memoryview], little: bool) -> None:
        """Read the bytes of a storage: how many elements there are, and these."""
        known = self._storages.known.get(key) if isinstance(key, (str, int)) else None
        if known is None:
            raise ArchiveError("there are bytes of a storage that no tensor lies in", _ENTRY)
        count = int.from_bytes(take(8), "little" if little else "big", signed=True)
        if count != known.size():
            raise ArchiveError(f"storage {key!r} has {count} elements, expected {known.size()}", _ENTRY)
        raw = np.frombuffer(take(known.size() * known.dtype.itemsize), np.uint8)
        memory = known.untyped()._bytes
        memory[: raw.size] = raw if little == (sys.byteorder == "little") else _swapped(raw.copy(), known.dtype)


def _dtype(kind: Any, key: Any, count: Any) -> D.DType:
    if not isinstance(kind, StorageKind):
        raise ArchiveError(f"storages of {getattr(kind, 'name', kind)} are not supported", _ENTRY)
    if not isinstance(key, (str, int)) or not is_size(count):
        raise ArchiveError("a storage is not described as expected", _ENTRY)
    return kind.dtype or D.uint8


def _swapped(memory: Any, dtype: D.DType) -> Any:
    """The bytes with those of each number the other way round."""
    width = dtype.itemsize // (2 if dtype.is_complex else 1)
    return np.ascontiguousarray(memory.reshape(-1, width)[:, ::-1]).reshape(-1)


def _text(value: Any) -> Any:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else value
