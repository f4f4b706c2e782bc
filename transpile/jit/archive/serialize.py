"""``torch.jit.save`` and ``load``: modules as TorchScript archives."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from transpile.archive.pickle_data import Call, Global, Instance
from transpile.archive.pickle_reader import PickleReader
from transpile.archive.pickle_writer import dump
from transpile.archive.tensors import StorageReader, StorageWriter
from transpile.archive.zip_reader import ZipReader
from transpile.archive.zip_writer import ZipWriter
from transpile.core import types as T
from transpile.core.errors import ArchiveError
from transpile.core.schema import Argument, Schema
from transpile.ir.function import Function, ScriptObject
from transpile.jit.archive.code import OLDEST, CodeWriter
from transpile.jit.archive.values import ValueReader
from transpile.jit.module.script_function import ScriptFunction
from transpile.jit.module.script_module import ScriptModule, wrap_module
from transpile.script.archive_program import ArchiveProgram
from transpile.script.archive_source import MAX_TEXT, definitions
from transpile.script.unit import Unit

_PICKLE = "torch.jit._pickle"
_BUILDERS: tuple[tuple[T.Type, str], ...] = (
    (T.INT, "build_intlist"), (T.FLOAT, "build_doublelist"), (T.BOOL, "build_boollist"), (T.TENSOR, "build_tensorlist"),
)  # fmt: skip


def save(m: Any, f: Any, _extra_files: Mapping[str, Any] | None = None) -> None:
    """Write a scripted or traced module, or a function, to a path or a binary stream."""
    if isinstance(f, (str, os.PathLike)):
        content = archive_of(m, Path(f).stem, _extra_files)
        Path(f).write_bytes(content)
    else:
        f.write(archive_of(m, "archive", _extra_files))


def archive_of(m: Any, root: str, extra_files: Mapping[str, Any] | None = None) -> bytes:
    """The archive of a module or function."""
    if isinstance(m, ScriptFunction):
        value, trainable = _placeholder(m._function), set[int]()
    elif isinstance(m, ScriptModule) and "_object" in m.__dict__:
        value, trainable = m._object, {id(p._array) for p in m.parameters() if p.requires_grad}
    else:
        raise AttributeError(f"'{type(m).__name__}' object has no attribute 'save'")
    code = CodeWriter()
    code.add_type(value.type)
    data, constants = StorageWriter(), StorageWriter()
    pickler = _Pickler(data, trainable)
    pickled = dump(pickler.value(value, value.type))
    for held in pickler.objects:  # an interface does not say what is behind it
        code.add_type(held.type)
    pickled_constants = dump(tuple(_Pickler(constants, set()).value(c, _type_of(c)) for c in code.constants))
    out = ZipWriter(root or "archive")
    for name, content in (extra_files or {}).items():
        out.add(f"extra/{name}", content.encode() if isinstance(content, str) else bytes(content))
    _add_records(out, "data", data, pickled)
    for path, text in code.files.items():
        out.add(f"code/{path}", text.encode(), compress=True)
    _add_records(out, "constants", constants, pickled_constants)
    out.add(".data/version" if code.version >= 6 else "version", f"{code.version}\n".encode())
    out.add("byteorder", b"little")
    return out.finish()


def _add_records(out: ZipWriter, name: str, storages: StorageWriter, pickled: bytes) -> None:
    for number, record in enumerate(storages.records):
        out.add(f"{name}/{number}", record)
    out.add(f"{name}.pkl", pickled)


def _placeholder(function: Function) -> ScriptObject:
    """The module that a function is saved as."""
    owner = T.ClassType("__torch__.PlaceholderModule", is_module=True)
    owner.add_attribute("training", T.BOOL)
    graph = function.structured.copy()
    first = graph.block.param_node.insert_output(0, owner)
    first.set_name("self")
    schema = Schema("forward", "", (Argument("self", owner), *function.schema.arguments), function.schema.returns)
    name = f"{owner.name}.forward"
    owner.methods["forward"] = Function("forward", name, schema, graph, function.python, function.range, owner)
    return ScriptObject(owner, {"training": True})


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
    found = definitions(archive.code())
    storages = archive.storages("constants")
    data = PickleReader(archive.read("constants.pkl"), "constants.pkl").load()
    if not isinstance(data, tuple):
        raise ArchiveError("expected a tuple of constants", "constants.pkl")
    constants: list[tuple[Any, T.Type]] = []
    reader = ValueReader(None, storages, "constants.pkl")
    for item in data:
        value = reader.value(item, T.ANY)
        constants.append((value, _type_of(value)))
    unit = Unit()  # names of other programs do not matter
    program = ArchiveProgram(unit, found, constants, version)
    values = ValueReader(program, archive.storages("data"), "data.pkl")
    top = PickleReader(archive.read("data.pkl"), "data.pkl").load()
    if not isinstance(top, Instance):
        raise ArchiveError("expected a module", "data.pkl")
    root = values.value(top, program.type(str(top.type)))
    values.compile_methods()
    for name in extra_files or ():
        entry = f"extra/{name}"
        extra_files[name] = bytes(archive.read(entry)) if archive.has(entry) else b""  # type: ignore[index]
    made = wrap_module(root)
    made.__dict__["_unit"] = unit
    trainable = {id(array) for array in values.trainable}
    for parameter in made.parameters():
        parameter.requires_grad_(id(parameter._array) in trainable)
    return made


class _Archive:
    """The members of an archive below its root folder, whatever that is called."""

    def __init__(self, content: bytes) -> None:
        self._zip = ZipReader(content)
        first = self._zip.names[0] if self._zip.names else ""
        self._root, slash, _ = first.partition("/")
        if not slash:
            raise ArchiveError("the archive has no root folder", first)

    def has(self, name: str) -> bool:
        return f"{self._root}/{name}" in self._zip

    def read(self, name: str) -> memoryview:
        return self._zip.read(f"{self._root}/{name}")

    def version(self) -> int:
        """The format version."""
        name = next((n for n in (".data/version", "version") if self.has(n)), None)
        if name is None:
            raise ArchiveError("the archive does not say its format version", "version")
        text = bytes(self.read(name)).strip()
        if not text.isdigit() or len(text) > 9:
            raise ArchiveError(f"expected the number of a format version, found {text[:20]!r}", name)
        if not OLDEST <= int(text) <= _NEWEST:
            raise ArchiveError(f"format version {int(text)} is not supported; expected {OLDEST} to {_NEWEST}", name)
        if self.has("byteorder") and bytes(self.read("byteorder")) != b"little":
            raise ArchiveError("the tensors are not in little-endian order", "byteorder")
        return int(text)

    def code(self) -> dict[str, bytes]:
        """The texts of the code, by path."""
        prefix = f"{self._root}/code/"
        paths = [n for n in self._zip.names if n.startswith(prefix) and n.endswith(".py")]
        if sum(self._zip.size(path) for path in paths) > MAX_TEXT:
            raise ArchiveError(f"the code of the archive is longer than {MAX_TEXT >> 20} MB")
        return {path.removeprefix(prefix): bytes(self._zip.read(path)) for path in paths}

    def storages(self, folder: str) -> StorageReader:
        return StorageReader(lambda key: self.read(f"{folder}/{key}"), f"{folder}.pkl")


_NEWEST = 10


def _type_of(constant: Any) -> T.Type:
    if isinstance(constant, np.ndarray):
        return T.TENSOR
    if isinstance(constant, str):
        return T.STR
    if isinstance(constant, ScriptObject):
        return constant.type
    raise ArchiveError(f"a constant of type {type(constant).__name__} cannot be saved")


class _Pickler:
    """Raw values as the plain data of a pickle.  ``trainable`` are the arrays that require a gradient."""

    def __init__(self, storages: StorageWriter, trainable: set[int]) -> None:
        self.storages = storages
        self.trainable = trainable
        self.made: dict[int, tuple[Any, Any]] = {}
        self.objects: list[ScriptObject] = []

    def value(self, value: Any, type: T.Type) -> Any:
        if value is None or isinstance(value, (bool, int, float)) or (isinstance(value, str) and type != T.DEVICE):
            return value
        if isinstance(value, complex):
            return Call(Global("builtins", "complex"), (value.real, value.imag))
        if type == T.DEVICE:
            return Call(Global("torch", "device"), (str(value),))
        if isinstance(value, tuple):
            types = type.elements if isinstance(type, T.TupleType) else (T.ANY,) * len(value)
            return tuple(self.value(v, t) for v, t in zip(value, types, strict=True))
        known = self.made.get(id(value))
        if known is None:
            known = self.made[id(value)] = (value, self._compound(value, type))
        return known[1]

    def _compound(self, value: Any, type: T.Type) -> Any:
        if isinstance(type, T.OptionalType):
            type = type.element
        if isinstance(value, np.ndarray):
            return self.storages.tensor(value, id(value) in self.trainable)
        if isinstance(value, ScriptObject):
            self.objects.append(value)
            module, _, name = value.type.name.rpartition(".")
            slots, attributes = value.slots, value.type.attributes
            return Instance(Global(module, name), {n: self.value(slots[n], a.type) for n, a in attributes.items()})
        if isinstance(value, list):
            element = type.element if isinstance(type, T.ListType) else T.ANY
            items = [self.value(v, element) for v in value]
            builder = next((b for t, b in _BUILDERS if element == t), None)
            if builder is not None:
                return Call(Global(_PICKLE, builder), (items,))
            return Call(Global(_PICKLE, "restore_type_tag"), (items, type.annotation()))
        if isinstance(value, dict):
            key, item = (type.key, type.value) if isinstance(type, T.DictType) else (T.ANY, T.ANY)
            pairs = {self.value(k, key): self.value(v, item) for k, v in value.items()}
            return Call(Global(_PICKLE, "restore_type_tag"), (pairs, type.annotation()))
        if isinstance(type, T.EnumType):
            module, _, name = type.name.rpartition(".")
            return Call(Global(module, name), self.value(value.value, type.value_type))
        raise ArchiveError(f"an attribute of type {type.annotation()} cannot be saved")
