"""The state that ``load`` gives a model: tensors out of the weights file, everything else as C++ expressions."""

from __future__ import annotations

from typing import Any

import numpy as np

from transpile.codegen.emit.constants import TypeNames, constant
from transpile.codegen.emit.cpp_types import cpp_type
from transpile.core import types as T
from transpile.core.names import NameScope
from transpile.cpp import tree as C
from transpile.ir.function import ScriptObject

Array = np.ndarray[Any, Any]


class State:
    """Collects the statements of ``load``, and the tensors of the weights file by name.

    A tensor or an object that several attributes hold is one in C++ as well.
    """

    def __init__(self, names: TypeNames) -> None:
        self.tensors: dict[str, Array] = {}
        self._names = names
        self._stored: dict[tuple[int, tuple[int, ...], tuple[int, ...], np.dtype[Any]], str] = {}
        self._from_weights: list[C.Stmt] = []
        self._others: list[C.Stmt] = []
        self._objects: dict[int, C.Name] = {}
        self._scope = NameScope(taken=["model", "weights", "file"])

    @property
    def statements(self) -> list[C.Stmt]:
        """Tensors first, then everything else."""
        return [*self._from_weights, *self._others]

    def assign(self, target: C.Expr, value: Any, type: T.Type, name: str) -> None:
        """Give the member ``target`` the value of the attribute ``name``."""
        if isinstance(value, np.ndarray):
            self._from_weights.append(C.Assign(target, self.value(value, type, name)))
        elif value is not None:
            self._others.append(C.Assign(target, self.value(value, type, name)))

    def tensor(self, array: Array, name: str) -> str:
        """The name under which a tensor is stored, ``name`` if it is new."""
        key = (array.__array_interface__["data"][0], array.shape, array.strides, array.dtype)
        if array.size == 0 or key not in self._stored:
            while name in self.tensors:
                name += "_"
            self._stored[key] = name
            self.tensors[name] = array
        return self._stored[key]

    def value(self, value: Any, type: T.Type, name: str) -> C.Expr:
        """The C++ expression of the attribute ``name``; tensors inside it are read from ``weights``."""
        if isinstance(type, T.OptionalType):
            return C.NULLOPT if value is None else self.value(value, type.element, name)
        if isinstance(value, np.ndarray):
            return C.Call(C.Member(C.Name("weights"), "get"), [C.string(self.tensor(value, name))])
        if isinstance(type, T.ListType):
            items = [self.value(v, type.element, f"{name}.{i}") for i, v in enumerate(value)]
            return C.Braces(cpp_type(type, self._names.class_namer), items)
        if isinstance(type, T.TupleType):
            parts = zip(value, type.elements, strict=True)
            return C.Braces(
                cpp_type(type, self._names.class_namer),
                [self.value(v, t, f"{name}.{i}") for i, (v, t) in enumerate(parts)],
            )
        if isinstance(type, T.DictType):
            rows: list[C.Expr] = [
                C.Braces(None, [self.value(k, type.key, name), self.value(v, type.value, f"{name}.{k}")])
                for k, v in value.items()
            ]
            return C.Braces(cpp_type(type, self._names.class_namer), rows)
        if isinstance(value, ScriptObject):
            return self._object(value, name)
        return constant(value, type, self._names)

    def _object(self, value: ScriptObject, name: str) -> C.Name:
        """A variable of ``load`` for an object, filled attribute by attribute: its constructor is not run again."""
        known = self._objects.get(id(value))
        if known is not None:
            return known
        variable = self._objects[id(value)] = C.Name(self._scope.unique(name.rpartition(".")[2], "object"))
        made = C.Call(C.runtime("blank", self._names.class_namer(value.type)))
        lines: list[C.Stmt] = [C.Declare(C.Const(C.AUTO), variable.name, made)]
        for attribute in value.type.attributes.values():
            held = value.slots.get(attribute.name)
            if held is not None:
                member = self._names.member_name(value.type, attribute.name)
                given = self.value(held, attribute.type, f"{name}.{attribute.name}")
                lines.append(C.Assign(C.Member(C.Unary("*", variable), member), given))
        self._others += lines
        return variable


def attribute_type(instance: ScriptObject, path: tuple[str, ...]) -> T.Type:
    """The declared type of the attribute at ``path`` below an instance."""
    owner: Any = instance
    for part in path[:-1]:
        owner = owner.slots[part]
    found: T.Type = owner.type.attributes[path[-1]].type
    return found
