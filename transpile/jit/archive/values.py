"""Plain data of pickles as raw values of compiled code, checked against the types that the archive's code declares."""

from __future__ import annotations

from typing import Any

from transpile.archive.pickle_data import Call, Global, Instance
from transpile.archive.tensors import REBUILD, StorageReader
from transpile.core import types as T
from transpile.core.errors import ArchiveError
from transpile.ir.evaluate import is_instance
from transpile.ir.function import ScriptObject
from transpile.script.archive_program import ArchiveProgram

MAX_DEPTH = 512
_BUILDERS = frozenset(("build_intlist", "build_doublelist", "build_boollist", "build_tensorlist", "restore_type_tag"))


class ValueReader:
    """Turns the data of one pickle into values.  ``trainable`` collects the arrays that require a gradient."""

    def __init__(self, program: ArchiveProgram | None, storages: StorageReader, entry: str) -> None:
        self.program = program
        self.storages = storages
        self.entry = entry
        self.trainable: list[Any] = []
        self.objects: list[ScriptObject] = []
        self.promised: list[tuple[ScriptObject, T.InterfaceType]] = []
        self._made: dict[int, Any] = {}
        self._active: set[int] = set()

    def compile_methods(self) -> None:
        """Compile what the objects can do, and see that it is what is expected of them."""
        assert self.program is not None
        for object_ in self.objects:
            self.program.compile_methods(object_.type)
        for object_, wanted in self.promised:
            if not T.is_subtype(object_.type, wanted):
                raise ArchiveError(
                    f"an object of {object_.type.name} does not have the methods of {wanted.name}", self.entry
                )

    def value(self, data: Any, type: T.Type, depth: int = 0) -> Any:
        """The value; ``ArchiveError`` if it is not of ``type``."""
        if depth > MAX_DEPTH:
            raise ArchiveError("values are nested too deeply", self.entry)
        if data is None or isinstance(data, (bool, int, float, str)):
            value = float(data) if type == T.FLOAT and data.__class__ is int else data
            return self._checked(value, type)
        if isinstance(data, tuple):
            types = type.elements if isinstance(type, T.TupleType) else (T.ANY,) * len(data)
            if len(types) != len(data):
                raise ArchiveError(f"a tuple of {len(data)} is no {type.annotation()}", self.entry)
            return tuple(self.value(v, t, depth + 1) for v, t in zip(data, types, strict=True))
        known = self._made.get(id(data))
        if known is None:
            if id(data) in self._active:
                raise ArchiveError("a value contains itself", self.entry)
            self._active.add(id(data))
            known = self._compound(data, type.element if isinstance(type, T.OptionalType) else type, depth)
            self._active.discard(id(data))
            self._made[id(data)] = known
        return self._checked(known, type)

    def _checked(self, value: Any, type: T.Type) -> Any:
        if type == T.DEVICE or is_instance(value, type):
            return value
        if isinstance(type, T.InterfaceType) and isinstance(value, ScriptObject):
            self.promised.append((value, type))
            return value
        raise ArchiveError(
            f"a {value.__class__.__name__} was found where the code declares {type.annotation()}", self.entry
        )

    def _compound(self, data: Any, type: T.Type, depth: int) -> Any:
        if isinstance(data, Instance):
            return self._object(data, depth)
        if isinstance(data, list):
            element = type.element if isinstance(type, T.ListType) else T.ANY
            return [self.value(v, element, depth + 1) for v in data]
        if isinstance(data, dict):
            key, item = (type.key, type.value) if isinstance(type, T.DictType) else (T.ANY, T.ANY)
            return {self.value(k, key, depth + 1): self.value(v, item, depth + 1) for k, v in data.items()}
        if not isinstance(data, Call) or not isinstance(data.function, Global):
            raise ArchiveError(f"a {data.__class__.__name__} is no value of a module", self.entry)
        return self._call(data.function, data, type, depth)

    def _call(self, function: Global, data: Call, type: T.Type, depth: int) -> Any:
        arguments = data.arguments
        if function == REBUILD:
            array, requires_grad = self.storages.tensor(data)
            if requires_grad:
                self.trainable.append(array)
            return array
        if function.module == "torch.jit._pickle" and function.name in _BUILDERS:
            if not isinstance(arguments, tuple) or not arguments or not isinstance(arguments[0], (list, dict)):
                raise ArchiveError(f"{function} is given no list or dict", self.entry)
            return self.value(arguments[0], type, depth + 1)
        if function == Global("builtins", "complex") and _are(arguments, (int, float), 2):
            return complex(*arguments)
        if function == Global("torch", "device") and _are(arguments, (str,), 1):
            return arguments[0]
        if isinstance(type, T.EnumType) or (self.program is not None and str(function) in self.program.found):
            wanted = self.program.type(str(function)) if self.program is not None else type
            value = arguments[0] if isinstance(arguments, tuple) and len(arguments) == 1 else arguments
            if isinstance(wanted, T.EnumType):
                for name, held in wanted.members:
                    if held.__class__ is value.__class__ and held == value:
                        return wanted.python_class[name]
            raise ArchiveError(f"there is no such member of {function}", self.entry)
        raise ArchiveError(f"{function} is not part of the format", self.entry)

    def _object(self, data: Instance, depth: int) -> ScriptObject:
        if self.program is None:
            raise ArchiveError(f"an object of {data.type} cannot stand here", self.entry)
        type = self.program.type(str(data.type))
        if not isinstance(type, T.ClassType) or not isinstance(data.state, dict):
            raise ArchiveError(f"{data.type} is no class whose state is a dict", self.entry)
        made = ScriptObject(type)
        self.objects.append(made)
        for attribute in type.attributes.values():
            if attribute.name not in data.state:
                raise ArchiveError(f"an object of {data.type} has no attribute {attribute.name!r}", self.entry)
            made.slots[attribute.name] = self.value(data.state[attribute.name], attribute.type, depth + 1)
        return made


def _are(values: Any, kinds: tuple[type, ...], count: int) -> bool:
    return isinstance(values, tuple) and len(values) == count and all(isinstance(v, kinds) for v in values)
