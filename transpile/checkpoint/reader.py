"""``torch.load``: checkpoints in every format that PyTorch has written.

A zip file (since 1.6), a series of pickles with the storages behind them (since 0.1.10), or a tar file (before).
"""

from __future__ import annotations

import io
import mmap
import os
import tarfile
from dataclasses import dataclass
from typing import Any

from transpile.archive.tensors import REBUILD, is_size
from transpile.archive.zip_reader import ZipReader
from transpile.checkpoint.machine import CheckpointReader, NotAllowedError
from transpile.checkpoint.names import CheckpointNames, StorageKind
from transpile.checkpoint.storages import Storages, StreamStorages, ZipStorages, restore_location
from transpile.core.errors import ArchiveError
from transpile.eager.storage import TypedStorage

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
_TAR_MEMBERS = ("storages", "tensors", "pickle")


@dataclass(frozen=True)
class Reading:
    """How a checkpoint is read.  With ``foreign``, objects of classes that are not known stay data (``Foreign``)."""

    map_location: Any = None
    weights_only: bool = True
    foreign: bool = False
    encoding: str = "utf-8"


def content_of(path: str | os.PathLike[str]) -> memoryview:
    """The bytes of a file, mapped; the file is let go when nothing refers to them any more."""
    with open(path, "rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def is_zip(content: memoryview) -> bool:
    """Whether a file is a zip file, as PyTorch tells it."""
    return bytes(content[:4]) == b"PK\x03\x04"


def is_script(archive: ZipReader) -> bool:
    """Whether a zip file holds a program."""
    return any(name.endswith("/constants.pkl") for name in archive.names)


def is_tar(content: memoryview) -> bool:
    """Whether a file is a checkpoint of the oldest format."""
    return bytes(content[257:262]) == b"ustar"


def read(content: memoryview, how: Reading) -> tuple[Any, int]:
    """The value of a checkpoint, and how many bytes it takes.

    ``ArchiveError`` says what is wrong with a file; it is a ``pickle.UnpicklingError`` if the file asks for more than data.
    """
    try:
        if is_zip(content):
            return _read_zip(content, how), len(content)
        if is_tar(content):
            if how.weights_only:
                raise RuntimeError(
                    "Cannot use ``weights_only=True`` with files saved in the legacy .tar format. In PyTorch 2.6, we changed "
                    "the default value of the `weights_only` argument in `torch.load` from `False` to `True`. Re-running "
                    "`torch.load` with `weights_only` set to `False` will likely succeed: nothing in the file is executed."
                )
            return _read_tar(content, how), len(content)
        return _read_stream(content, how)
    except RecursionError:
        raise ArchiveError("the data is nested too deeply", "the checkpoint") from None


def _names(storage: Any, how: Reading, size: int) -> CheckpointNames:
    return CheckpointNames(storage, weights_only=how.weights_only, foreign=how.foreign, budget=2 * size)


# ---- zip
def _read_zip(content: memoryview, how: Reading) -> Any:
    archive = ZipReader(content)
    pickled = next((name for name in archive.names if name.count("/") == 1 and name.endswith("/data.pkl")), None)
    if pickled is None:
        raise ArchiveError("there is no data.pkl in the file: it is no checkpoint")
    root = pickled.removesuffix("data.pkl")
    order = bytes(archive.read(f"{root}byteorder")) if f"{root}byteorder" in archive else b"little"
    if order not in (b"little", b"big"):
        raise ArchiveError(f"Unknown endianness type: {order[:20].decode('ascii', 'replace')}", "byteorder")
    storages = Storages(len(content) * 100, restore_location(how.map_location))
    of_members = ZipStorages(storages, lambda key: archive.read(f"{root}data/{key}"), order == b"little")
    names = _names(of_members, how, len(content))
    return CheckpointReader(archive.read(pickled), "data.pkl", names, how.encoding).load()


# ---- a series of pickles
def _read_stream(content: memoryview, how: Reading) -> tuple[Any, int]:
    if len(content) == 0:
        raise EOFError("Ran out of input")
    storages = StreamStorages(Storages(len(content), restore_location(how.map_location)))
    reader = CheckpointReader(content, "the checkpoint", _names(storages, how, len(content)), how.encoding)
    try:
        magic = reader.load_next()
    except NotAllowedError:
        raise
    except ArchiveError:
        magic = None
    if magic != MAGIC:
        raise ArchiveError("Invalid magic number; corrupt file?")
    protocol = reader.load_next()
    if protocol != PROTOCOL:
        raise ArchiveError(f"Invalid protocol version: {str(protocol)[:20]}")
    system = reader.load_next()
    little = not isinstance(system, dict) or system.get("little_endian") is not False
    value = reader.load_next()
    keys = reader.load_next()
    if not isinstance(keys, list):
        raise ArchiveError("expected the list of storages", "the checkpoint")
    for key in keys:
        storages.fill(key, reader.take, little)
    return value, reader.position


# ---- tar
def _read_tar(content: memoryview, how: Reading) -> Any:
    members = _tar_members(content)
    storages = StreamStorages(Storages(len(content), restore_location(how.map_location)))
    made: dict[Any, Any] = {}

    def persistent(identity: Any) -> Any:
        if isinstance(identity, tuple) and identity:
            return identity[0]
        try:
            return made[int(identity)]
        except (TypeError, ValueError, KeyError):
            raise ArchiveError("the pickle names a tensor that is not in the file", "pickle") from None

    names = _names(persistent, how, len(content))
    reader = CheckpointReader(members["storages"], "storages", names, how.encoding)
    for _ in range(_count(reader.load_next())):
        key, location, kind = _parts(reader.load_next(), 3)
        count = int.from_bytes(bytes(reader.take(8)), "little", signed=True)
        if not isinstance(kind, StorageKind) or not isinstance(key, (str, int)) or not is_size(count):
            raise ArchiveError("a storage is not described as expected", "storages")
        made[int(key)] = storages(("storage", kind, key, location, count))
        taken = reader.take(made[int(key)].nbytes())
        made[int(key)].untyped()._bytes[:] = memoryview(taken)
    for target, root, offset, count in (_parts(v, 4) for v in _list(reader.load_next())):
        whole = made.get(root)
        if not isinstance(whole, TypedStorage) or not is_size(offset) or not is_size(count) or not is_size(target):
            raise ArchiveError("a view of a storage is not described as expected", "storages")
        made[target] = storages.view(whole, target, offset, count)
    reader = CheckpointReader(members["tensors"], "tensors", names, how.encoding)
    for _ in range(_count(reader.load_next())):
        key, of, _kind = _parts(reader.load_next(), 3)
        rank = int.from_bytes(reader.take(4), "little")
        reader.take(4)
        numbers = [int.from_bytes(reader.take(8), "little", signed=True) for _ in range(min(2 * rank + 1, 129))]
        size, stride, offset = tuple(numbers[:rank]), tuple(numbers[rank : 2 * rank]), numbers[-1]
        if rank > 64 or not is_size(key) or not is_size(of):
            raise ArchiveError("a tensor is not described as expected", "tensors")
        made[key] = names.call(names.find(REBUILD), (made.get(of), offset, size, stride))
    return CheckpointReader(members["pickle"], "pickle", names, how.encoding).load()


def _tar_members(content: memoryview) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for member in archive:
                name = member.name.removeprefix("./")
                if name not in _TAR_MEMBERS or not member.isreg() or name in found:
                    continue
                file = archive.extractfile(member)
                found[name] = b"" if file is None else file.read()
    except (tarfile.TarError, EOFError, ValueError, OverflowError, OSError) as error:
        raise ArchiveError(f"the tar file cannot be read: {error}") from None
    for name in _TAR_MEMBERS:
        if name not in found:
            raise ArchiveError("there is no such member in the tar file", name)
    return found


def _count(value: Any) -> int:
    if not is_size(value):
        raise ArchiveError("expected a number of entries", "the checkpoint")
    return int(value)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ArchiveError("expected a list", "the checkpoint")
    return value


def _parts(value: Any, count: int) -> tuple[Any, ...]:
    if not isinstance(value, tuple) or len(value) != count:
        raise ArchiveError(f"expected {count} values", "the checkpoint")
    return value
