"""The C++ types of TorchScript types."""

from __future__ import annotations

from collections.abc import Callable

from transpile.core import types as T
from transpile.core.errors import ExportError
from transpile.cpp import tree as C

_SIMPLE: dict[T.Type, C.Named] = {
    T.INT: C.INT64, T.FLOAT: C.DOUBLE, T.BOOL: C.BOOL, T.STR: C.STRING, T.NUMBER: C.SCALAR,
    T.COMPLEX: C.std("complex", C.DOUBLE), T.NONE: C.runtime("None"), T.DEVICE: C.runtime("Device"),
    T.ANY: C.runtime("Any"), T.ANY_LIST: C.runtime("Any"), T.ANY_TUPLE: C.runtime("Any"),
    T.GENERATOR: C.runtime("Ref", C.runtime("Generator")), T.STREAM: C.runtime("Stream"),
}  # fmt: skip

ClassNamer = Callable[[T.Type], C.Named]


def cpp_type(type: T.Type, namer: ClassNamer | None = None) -> C.Named:
    """The type of a C++ variable that holds a ``type``; ``ExportError`` if there is none yet.

    ``namer`` gives the C++ names of the types that the program defines: modules, classes, named tuples and enums.
    """
    if isinstance(type, T.TensorType):
        return C.TENSOR
    if isinstance(type, T.SimpleType) and type in _SIMPLE:
        return _SIMPLE[type]
    if isinstance(type, T.ListType):
        return C.runtime("List", cpp_type(type.element, namer))
    if isinstance(type, T.DictType):
        return C.runtime("Dict", cpp_type(type.key, namer), cpp_type(type.value, namer))
    if isinstance(type, T.OptionalType):
        return C.std("optional", cpp_type(type.element, namer))
    if isinstance(type, T.UnionType):
        # Equal unions may list their members in different orders.
        members = sorted(type.members, key=lambda m: (m != T.NONE, m.annotation()))
        return C.std("variant", *(cpp_type(m, namer) for m in members))
    if isinstance(type, T.EnumType) or (isinstance(type, T.TupleType) and type.fields):
        if namer is not None:
            return namer(type)
    elif isinstance(type, T.TupleType):
        return C.Named("tuple", C.STD, tuple(cpp_type(e, namer) for e in type.elements))
    if isinstance(type, T.FutureType):
        return C.runtime("Future", C.VOID if type.element == T.NONE else cpp_type(type.element, namer))
    if isinstance(type, T.ClassType) and namer is not None:
        # A module is a member of its owner; an object is shared by all that refer to it.
        return namer(type) if type.is_module else C.runtime("Ref", namer(type))
    if isinstance(type, T.InterfaceType) and namer is not None:
        return C.runtime("Ref", C.Const(namer(type)) if type.is_module else namer(type))
    raise ExportError(f"values of type {type.annotation()} have no C++ counterpart yet")


_BY_VALUE = (T.INT, T.FLOAT, T.BOOL)


def parameter_type(type: T.Type, namer: ClassNamer | None = None, *, by_value: bool = False) -> C.Type:
    """The type of a C++ parameter: numbers by value, everything else by const reference unless it is assigned to."""
    spelled = cpp_type(type, namer)
    inner = type.element if isinstance(type, T.OptionalType) else type
    small = inner in _BY_VALUE or isinstance(inner, T.EnumType)
    return spelled if by_value or small else C.Reference(C.Const(spelled))


def result_type(type: T.Type, namer: ClassNamer | None = None) -> C.Named:
    """The type that a C++ function gives back."""
    return C.VOID if type == T.NONE else cpp_type(type, namer)
