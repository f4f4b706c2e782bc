"""Plain data of pickles as raw values of compiled code, checked against the types that the archive's code declares."""

from __future__ import annotations

from typing import Any

from transpile.archive.pickle_data import Call, Global, Instance
from transpile.archive.tensors import REBUILD, StorageReader
from transpile.core import types as T
from transpile.core.errors import ArchiveError
from transpile.ir.evaluate import is_instance
from transpile.ir.function import ScriptObject
from transpile.jit.archive.restoring import METHOD, restore
from transpile.script.archive_program import ArchiveProgram

MAX_DEPTH = 512
_FREE_STEPS, _STEPS_PER_BYTE = 10_000, 16
_FREE_PARTS, _PARTS_PER_BYTE = 100_000, 16
_BUILDERS = frozenset(("build_intlist", "build_doublelist", "build_boollist", "build_tensorlist", "restore_type_tag"))


class ValueReader:
    """Turns the data of one pickle of ``size`` bytes into values.

    ``trainable`` collects the arrays that require a gradient.
    """

    def __init__(self, program: ArchiveProgram | None, storages: StorageReader, entry: str, size: int) -> None:
        self.program = program
        self.storages = storages
        self.entry = entry
        self.trainable: list[Any] = []
        self.objects: list[ScriptObject] = []
        self.promised: list[tuple[ScriptObject, T.InterfaceType]] = []
        self._made: dict[Any, tuple[Any, T.Type]] = {}
        self._active: set[Any] = set()
        self._verdicts: dict[tuple[int, int], tuple[bool, T.Type]] = {}
        self._sizes: dict[int, int] = {}
        self._written = 0
        self._steps = _FREE_STEPS + _STEPS_PER_BYTE * size
        self._room = _FREE_PARTS + _PARTS_PER_BYTE * size

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
        self._spend(1)
        if data is None or isinstance(data, (bool, int, float, str)):
            return self._checked(float(data) if type == T.FLOAT and data.__class__ is int else data, type)
        inner = type.element if isinstance(type, T.OptionalType) else type
        key = (id(data), id(inner)) if isinstance(data, tuple) else id(data)  # what is shared is one value
        known = self._made.get(key)
        if known is None:
            if key in self._active:
                raise ArchiveError("a value contains itself", self.entry)
            self._active.add(key)
            value = self._tuple(data, inner, depth) if isinstance(data, tuple) else self._compound(data, inner, depth)
            self._active.discard(key)
            known = self._made[key] = (value, inner)  # the type stays alive, and its number its own
            self._measure(value)
        return self._checked(known[0], type)

    def _tuple(self, data: tuple[Any, ...], type: T.Type, depth: int) -> tuple[Any, ...]:
        types = type.elements if isinstance(type, T.TupleType) else (T.ANY,) * len(data)
        if len(types) != len(data):
            raise ArchiveError(f"a tuple of {len(data)} is no {type.annotation()}", self.entry)
        return tuple(self.value(v, t, depth + 1) for v, t in zip(data, types, strict=True))

    # ---- limits
    def _spend(self, steps: int) -> None:
        self._steps -= steps
        if self._steps < 0:
            raise ArchiveError("the values are made of far more parts than the file has bytes", self.entry)

    def _measure(self, value: Any) -> None:
        """Refuse a value that would be large if everything in it that is shared were written out: who compiles the
        program or copies the value does that."""
        parts: Any = ()
        if isinstance(value, (list, tuple)):
            parts = value
        elif isinstance(value, dict):
            parts = (*value, *value.values())
        size = 1 + sum(self._size(part) for part in parts)
        self._sizes[id(value)] = size
        self._limit(size)

    def _limit(self, size: int) -> None:
        if size > self._room:
            raise ArchiveError(f"the values would have more than {self._room} parts if they shared nothing", self.entry)

    def _size(self, value: Any) -> int:
        return 1 + len(value) // 8 if isinstance(value, str) else self._sizes.get(id(value), 1)

    def _checked(self, value: Any, type: T.Type) -> Any:
        if self._fits(value, type):
            return value
        if isinstance(type, T.InterfaceType) and isinstance(value, ScriptObject):
            self.promised.append((value, type))
            return value
        raise ArchiveError(
            f"a {value.__class__.__name__} was found where the code declares {type.annotation()}", self.entry
        )

    def _fits(self, value: Any, type: T.Type) -> bool:
        """``is_instance``, asked once about a value that is shared."""
        if type == T.DEVICE:
            return isinstance(value, str)
        if not isinstance(value, (list, tuple, dict)):
            return is_instance(value, type)
        key = (id(value), id(type))
        known = self._verdicts.get(key)
        if known is None:
            self._spend(1 + len(value))
            known = self._verdicts[key] = (self._has_parts(value, type), type)
        return known[0]

    def _has_parts(self, value: Any, type: T.Type) -> bool:
        if isinstance(type, T.OptionalType):
            return self._fits(value, type.element)
        if isinstance(type, T.UnionType):
            return any(self._fits(value, m) for m in type.members)
        if isinstance(type, T.ListType):
            return isinstance(value, list) and all(self._part(v, type.element) for v in value)
        if isinstance(type, T.DictType):
            return isinstance(value, dict) and all(
                self._part(k, type.key) and self._part(v, type.value) for k, v in value.items()
            )
        if isinstance(type, T.TupleType):
            same = isinstance(value, tuple) and len(value) == len(type.elements)
            return same and all(self._part(v, t) for v, t in zip(value, type.elements, strict=True))
        return is_instance(value, type)

    def _part(self, value: Any, type: T.Type) -> bool:
        """An object behind an interface has been promised to have its methods, where it was read."""
        return self._fits(value, type) or (isinstance(type, T.InterfaceType) and isinstance(value, ScriptObject))

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
        if isinstance(type, T.ClassType) and METHOD in type.methods:
            return self._restored(type, data, depth)
        if not isinstance(type, T.ClassType) or not isinstance(data.state, dict):
            raise ArchiveError(f"{data.type} is no class whose state is a dict", self.entry)
        made = ScriptObject(type)
        self.objects.append(made)
        for attribute in type.attributes.values():
            if attribute.name not in data.state:
                raise ArchiveError(f"an object of {data.type} has no attribute {attribute.name!r}", self.entry)
            made.slots[attribute.name] = held = self.value(data.state[attribute.name], attribute.type, depth + 1)
            self._count(held)
        return made

    def _restored(self, type: T.ClassType, data: Instance, depth: int) -> ScriptObject:
        """An object that its ``__setstate__`` gives its attributes."""
        made = ScriptObject(type)
        self.objects.append(made)
        method = type.methods[METHOD]
        if len(method.schema.arguments) != 2:
            raise ArchiveError(f"{METHOD} of {type.name} does not take a state", self.entry)
        restore(made, method, self.value(data.state, method.schema.arguments[1].type, depth + 1), self.entry)
        for attribute in type.attributes.values():
            if attribute.name not in made.slots and not is_instance(None, attribute.type):
                raise ArchiveError(f"{METHOD} of {type.name} leaves {attribute.name!r} without a value", self.entry)
            made.slots[attribute.name] = held = self._checked(made.slots.pop(attribute.name, None), attribute.type)
            self._count(held)
        return made

    def _count(self, held: Any) -> None:
        self._written += self._size(held)
        self._limit(self._written)


def _are(values: Any, kinds: tuple[type, ...], count: int) -> bool:
    return isinstance(values, tuple) and len(values) == count and all(isinstance(v, kinds) for v in values)
