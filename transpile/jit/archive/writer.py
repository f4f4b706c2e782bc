"""Objects of compiled code as TorchScript archives."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from transpile.archive.pickle_data import Call, Global, Instance
from transpile.archive.pickle_writer import dump
from transpile.archive.source_ranges import TABLE, table_of
from transpile.archive.tensors import StorageWriter
from transpile.archive.zip_writer import ZipWriter
from transpile.core import types as T
from transpile.core.errors import ArchiveError
from transpile.core.schema import Argument, Schema
from transpile.ir.function import Function, ScriptObject
from transpile.ir.graph import Graph
from transpile.jit.archive.code import CodeWriter
from transpile.jit.interpreter.machine import run_graph

_PICKLE = "torch.jit._pickle"
_SAVED_FUNCTION = "__torch__.PlaceholderModule"  # the class of the module that a function is saved as
_DEFINED = re.compile(r"def (\w+)\(")
_BUILDERS: tuple[tuple[T.Type, str], ...] = (
    (T.INT, "build_intlist"), (T.FLOAT, "build_doublelist"), (T.BOOL, "build_boollist"), (T.TENSOR, "build_tensorlist"),
)  # fmt: skip


def write_archive(archive: Callable[[str, Mapping[str, Any] | None], bytes], f: Any, extra_files: Any) -> None:
    """Write what ``archive`` makes (given the name of the root folder) to a path or a binary stream."""
    if isinstance(f, (str, os.PathLike)):
        Path(f).write_bytes(archive(Path(f).stem, extra_files))
    else:
        f.write(archive("archive", extra_files))


def archive_of(
    value: ScriptObject, trainable: set[int], root: str, extra_files: Mapping[str, Any] | None = None
) -> bytes:
    """The archive of a module; ``trainable`` are its arrays that require a gradient, ``root`` names the folder of all."""
    code = CodeWriter()
    code.add_type(value.type)
    data, constants = StorageWriter(), StorageWriter()
    pickler = _Pickler(data, trainable)
    pickled = dump(pickler.value(value, value.type))
    for held in pickler.objects:  # an interface does not say what is behind it
        code.add_type(held.type)
    pickled_constants = dump(tuple(_Pickler(constants, set()).value(c, type_of_constant(c)) for c in code.constants))
    out = ZipWriter(root or "archive")
    for name, content in (extra_files or {}).items():
        out.add(f"extra/{name}", content.encode() if isinstance(content, str) else bytes(content))
    _add_records(out, "data", data, pickled)
    for path, text in code.files.items():
        out.add(f"code/{path}", text.encode(), compress=True)
        out.add(f"code/{path}{TABLE}", table_of(code.ranges[path]), compress=True)
    _add_records(out, "constants", constants, pickled_constants)
    out.add(".data/version" if code.version >= 6 else "version", f"{code.version}\n".encode())
    out.add("byteorder", b"little")
    return out.finish()


def _add_records(out: ZipWriter, name: str, storages: StorageWriter, pickled: bytes) -> None:
    for number, record in enumerate(storages.records):
        out.add(f"{name}/{number}", record)
    out.add(f"{name}.pkl", pickled)


def as_module(function: Function, class_name: str = _SAVED_FUNCTION) -> ScriptObject:
    """A module whose ``forward`` is ``function``: what it is saved as."""
    owner = T.ClassType(class_name, is_module=True)
    owner.add_attribute("training", T.BOOL)

    def with_self(graph: Graph) -> Graph:
        made = graph.copy()
        made.block.param_node.insert_output(0, owner).set_name("self")
        return made

    schema = Schema("forward", "", (Argument("self", owner), *function.schema.arguments), function.schema.returns)
    name = f"{owner.name}.forward"
    owner.methods["forward"] = Function(
        "forward",
        name,
        schema,
        with_self(function.structured),
        function.python,
        function.range,
        owner,
        lower=function.lower,
    )
    if function.is_traced:
        owner.methods["forward"].graph = with_self(function.graph)
    return ScriptObject(owner, {"training": True})


def as_function(value: ScriptObject) -> Function | None:
    """The function that ``as_module`` was given, if the module of an archive is such a one; PyTorch's has the same class."""
    method = value.type.methods.get("forward")
    if value.type.name != _SAVED_FUNCTION or set(value.slots) != {"training"} or not isinstance(method, Function):
        return None
    if len(value.type.methods) != 1 or method.structured.inputs[0].uses or method.graph.inputs[0].uses:
        return None

    def without_self(graph: Graph) -> Graph:
        made = graph.copy()
        made.block.param_node.remove_output(0)
        return made

    written = _DEFINED.match(method.range.text) if method.range is not None else None
    name = written.group(1) if written is not None else method.name
    schema = Schema(name, "", method.schema.arguments[1:], method.schema.returns)
    made = Function(
        name, f"__torch__.{name}", schema, without_self(method.structured), None, method.range, lower=method.lower
    )
    made.graph = without_self(method.graph)
    return made


def type_of_constant(constant: Any) -> T.Type:
    """The type of a value in the table of constants; ``ArchiveError`` if such a value cannot be there."""
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
            if "__setstate__" in value.type.methods:
                getter = value.type.methods.get("__getstate__")
                if not isinstance(getter, Function):
                    raise ArchiveError(f"objects of {value.type.name} have a method __setstate__, but no __getstate__")
                state = run_graph(getter.graph, [value])
                return Instance(Global(module, name), self.value(state, getter.schema.returns[0].type))
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
