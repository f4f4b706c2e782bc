"""``torch.jit.save`` and ``load``: modules as TorchScript archives."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from transpile.archive.pickle_data import Instance
from transpile.archive.pickle_reader import PickleReader
from transpile.archive.source_ranges import SourceRanges
from transpile.archive.tensors import StorageReader
from transpile.archive.zip_reader import ZipReader
from transpile.core import types as T
from transpile.core.errors import ArchiveError
from transpile.core.types import Attribute
from transpile.eager.tensor import Tensor
from transpile.ir.function import ScriptObject
from transpile.jit.archive.export_form import give_export_form
from transpile.jit.archive.library_code import LibraryCode
from transpile.jit.archive.values import ValueReader
from transpile.jit.archive.writer import type_of_constant, write_archive
from transpile.jit.module.script_module import wrap_module
from transpile.jit.module.tables import tensor_of
from transpile.jit.unit import new_unit
from transpile.nn.parameter import Parameter
from transpile.script.archive_program import ArchiveProgram
from transpile.script.archive_source import definitions, max_text


def save(m: Any, f: Any, _extra_files: Mapping[str, Any] | None = None) -> None:
    """Write a scripted or traced module, or a function, to a path or a binary stream."""
    archive = getattr(m, "_archive", None)
    if archive is None:
        raise AttributeError(f"'{type(m).__name__}' object has no attribute 'save'")
    write_archive(archive, f, _extra_files)


def load(
    f: Any, map_location: Any = None, _extra_files: dict[str, Any] | None = None, _restore_shapes: bool = False
) -> Any:
    """The module of an archive.  ``map_location`` may name the CPU only.  Nothing in the file is executed.

    ``ArchiveError`` says what is wrong with a file, ``SourceError`` which line of its code is not supported.
    """
    if map_location is not None and str(map_location).partition(":")[0] != "cpu":
        raise RuntimeError(
            f"Attempting to deserialize object on a {str(map_location).partition(':')[0].upper()} device, which is not "
            "available: use map_location='cpu'"
        )
    if isinstance(f, (str, os.PathLike)):
        if not os.path.exists(f):
            raise ValueError(f"The provided filename {f} does not exist")
        if os.path.isdir(f):
            raise ValueError(f"The provided filename {f} is a directory")
        content = Path(f).read_bytes()
    else:
        content = f.read()
    try:
        return read_archive(content, _extra_files)
    except RecursionError:
        raise ArchiveError("the archive's code or data is nested too deeply") from None


def read_archive(content: bytes, extra_files: dict[str, Any] | None = None) -> Any:
    """The module of an archive that is in memory."""
    archive = _Archive(content)
    version = archive.version()
    found = definitions(archive.code(), archive.source_ranges(), archive.size)
    library = LibraryCode(found).known(version)
    storages = archive.storages("constants")
    pickled = archive.read("constants.pkl")
    data = PickleReader(pickled, "constants.pkl").load()
    if not isinstance(data, tuple):
        raise ArchiveError("expected a tuple of constants", "constants.pkl")
    constants: list[tuple[Any, T.Type]] = []
    reader = ValueReader(None, storages, "constants.pkl", len(pickled))
    for item in data:
        value = reader.value(item, T.ANY)
        constants.append((value, type_of_constant(value)))
    unit = new_unit()  # names of other programs do not matter
    program = ArchiveProgram(unit, found, constants, version)
    pickled = archive.read("data.pkl")
    values = ValueReader(program, archive.storages("data"), "data.pkl", len(pickled))
    top = PickleReader(pickled, "data.pkl").load()
    if not isinstance(top, Instance):
        raise ArchiveError("expected a module", "data.pkl")
    root = values.value(top, program.type(str(top.type)))
    archive.check()
    values.compile_methods()
    program.require_methods(root.type)
    for function in program.compiled:
        function.is_library = function.qualified_name in library
    give_export_form(program.compiled)
    for name in extra_files or ():
        entry = f"extra/{name}"
        extra_files[name] = bytes(archive.read(entry)) if archive.has(entry) else b""  # type: ignore[index]
    _share_tensors(values.objects)
    made = wrap_module(root)
    made.__dict__["_unit"] = unit
    trainable = {id(array) for array in values.trainable}
    for parameter in made.parameters():
        parameter.requires_grad_(id(parameter._array) in trainable)
    return made


def _share_tensors(objects: Sequence[ScriptObject]) -> None:
    """Let a tensor with several names be one for Python too."""
    first: dict[int, tuple[ScriptObject, Attribute]] = {}
    for object_ in objects:
        for attribute in object_.type.attributes.values():
            value = object_.slots[attribute.name]
            if not isinstance(value, np.ndarray):
                continue
            owner, name = first.setdefault(id(value), (object_, attribute))
            if (owner, name) != (object_, attribute):
                held = tensor_of(owner, name.name, Parameter if name.is_parameter else Tensor)
                object_.slots.hold(attribute.name, held)


class _Archive:
    """The members of an archive below its root folder, whatever that is called."""

    def __init__(self, content: bytes) -> None:
        self._zip = ZipReader(content)
        self.size = len(content)
        first = self._zip.names[0] if self._zip.names else ""
        self._root, slash, _ = first.partition("/")
        if not slash:
            raise ArchiveError("the archive has no root folder", first)

    def has(self, name: str) -> bool:
        return f"{self._root}/{name}" in self._zip

    def read(self, name: str) -> memoryview:
        return self._zip.read(f"{self._root}/{name}")

    def check(self) -> None:
        """Check what nobody has read."""
        self._zip.check()

    def version(self) -> int:
        """The format version."""
        name = next((n for n in (".data/version", "version") if self.has(n)), None)
        if name is None:
            raise ArchiveError("the archive does not say its format version", "version")
        text = bytes(self.read(name)).strip()
        if not text.isdigit() or len(text) > 9:
            raise ArchiveError(f"expected the number of a format version, found {text[:20]!r}", name)
        if self.has("model.json"):
            raise ArchiveError(
                "models of PyTorch 1.2 and earlier are not read: save it anew with PyTorch 1.4", "model.json"
            )
        if not 1 <= int(text) <= _NEWEST:
            raise ArchiveError(f"format version {int(text)} is not supported; expected 1 to {_NEWEST}", name)
        if self.has("byteorder") and bytes(self.read("byteorder")) != b"little":
            raise ArchiveError("the tensors are not in little-endian order", "byteorder")
        return int(text)

    def code(self) -> dict[str, bytes]:
        """The texts of the code, by path."""
        prefix = f"{self._root}/code/"
        paths = [n for n in self._zip.names if n.startswith(prefix) and n.endswith(".py")]
        if sum(self._zip.size(path) for path in paths) > max_text(self.size):
            raise ArchiveError(f"the code of the archive is longer than {max_text(self.size)} bytes")
        return {path.removeprefix(prefix): bytes(self._zip.read(path)) for path in paths}

    def source_ranges(self) -> dict[str, SourceRanges]:
        """The tables that say where the code comes from, by the path of the code."""
        prefix = f"{self._root}/code/"
        paths = [n for n in self._zip.names if n.startswith(prefix) and n.endswith(_TABLE)]
        if sum(self._zip.size(path) for path in paths) > 4 * max_text(self.size):
            return {}
        return {
            path.removeprefix(prefix).removesuffix(_TABLE) + ".py": SourceRanges(self._zip.read(path), path)
            for path in paths
        }

    def storages(self, folder: str) -> StorageReader:
        return StorageReader(lambda key: self.read(f"{folder}/{key}"), f"{folder}.pkl")


_NEWEST = 10
_TABLE = ".py.debug_pkl"
