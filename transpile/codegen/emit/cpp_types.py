"""The C++ types of TorchScript types."""

from __future__ import annotations

from collections.abc import Callable

from transpile.core import types as T
from transpile.core.errors import ExportError

_SIMPLE = {
    T.INT: "std::int64_t", T.FLOAT: "double", T.BOOL: "bool", T.STR: "std::string", T.NUMBER: "Scalar",
    T.COMPLEX: "std::complex<double>", T.NONE: "ts2cpp::None", T.DEVICE: "ts2cpp::Device",
    T.ANY: "ts2cpp::Any", T.ANY_LIST: "ts2cpp::Any", T.ANY_TUPLE: "ts2cpp::Any",
    T.GENERATOR: "ts2cpp::Ref<ts2cpp::Generator>", T.STREAM: "ts2cpp::Stream",
}  # fmt: skip

ClassNamer = Callable[[T.Type], str]


def cpp_type(type: T.Type, namer: ClassNamer | None = None) -> str:
    """The type of a C++ variable that holds a ``type``; ``ExportError`` if there is none yet.

    ``namer`` gives the C++ names of the types that the program defines: modules, classes, named tuples and enums.
    """
    if isinstance(type, T.TensorType):
        return "Tensor"
    if isinstance(type, T.SimpleType) and type in _SIMPLE:
        return _SIMPLE[type]
    if isinstance(type, T.ListType):
        return f"List<{cpp_type(type.element, namer)}>"
    if isinstance(type, T.DictType):
        return f"Dict<{cpp_type(type.key, namer)}, {cpp_type(type.value, namer)}>"
    if isinstance(type, T.OptionalType):
        return f"std::optional<{cpp_type(type.element, namer)}>"
    if isinstance(type, T.UnionType):
        # Equal unions may list their members in different orders.
        members = sorted(type.members, key=lambda m: (m != T.NONE, m.annotation()))
        return f"std::variant<{', '.join(cpp_type(m, namer) for m in members)}>"
    if isinstance(type, T.EnumType) or (isinstance(type, T.TupleType) and type.fields):
        if namer is not None:
            return namer(type)
    elif isinstance(type, T.TupleType):
        return f"std::tuple<{', '.join(cpp_type(e, namer) for e in type.elements)}>"
    if isinstance(type, T.FutureType):
        return f"ts2cpp::Future<{'void' if type.element == T.NONE else cpp_type(type.element, namer)}>"
    if isinstance(type, T.ClassType) and namer is not None:
        # A module is a member of its owner; an object is shared by all that refer to it.
        return namer(type) if type.is_module else f"ts2cpp::Ref<{namer(type)}>"
    if isinstance(type, T.InterfaceType) and namer is not None:
        return f"ts2cpp::Ref<{'const ' if type.is_module else ''}{namer(type)}>"
    raise ExportError(f"values of type {type.annotation()} have no C++ counterpart yet")


_BY_VALUE = (T.INT, T.FLOAT, T.BOOL)


def parameter_type(type: T.Type, namer: ClassNamer | None = None, *, by_value: bool = False) -> str:
    """The type of a C++ parameter: numbers by value, everything else by const reference unless it is assigned to."""
    text = cpp_type(type, namer)
    inner = type.element if isinstance(type, T.OptionalType) else type
    small = inner in _BY_VALUE or isinstance(inner, T.EnumType)
    return text if by_value or small else f"const {text}&"
