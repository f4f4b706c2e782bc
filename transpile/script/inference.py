"""Types of Python values, and their raw form in the slots of objects."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from transpile.core import types as T
from transpile.core.dtype import DType
from transpile.ir.function import ScriptObject
from transpile.script.library import Library

if TYPE_CHECKING:
    from transpile.script.unit import Unit

_SIMPLE: tuple[tuple[type, T.Type], ...] = (
    (bool, T.BOOL), (int, T.INT), (float, T.FLOAT), (complex, T.COMPLEX), (str, T.STR),
)  # fmt: skip


class CannotInferError(Exception):
    """A Python value whose type has no counterpart; the text says why."""


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor: of the bundled torch, of PyTorch, or a raw array."""
    return (
        isinstance(value, np.ndarray)
        or hasattr(value, "_array")
        or (hasattr(value, "detach") and hasattr(value, "element_size"))
    )


def infer_type(unit: Unit, value: Any) -> T.Type:
    """The type of a Python value; ``CannotInferError`` if it has none."""
    value = unit.library.canonical(value)
    if value is None:
        return T.NONE
    if isinstance(value, enum.Enum):
        return unit.enum(value.__class__, None)
    for kind, type_ in _SIMPLE:
        if isinstance(value, kind):
            return type_
    if isinstance(value, DType):
        return T.INT
    if isinstance(value, ScriptObject):
        return value.type
    if isinstance(getattr(value, "_object", None), ScriptObject):
        return value._object.type  # type: ignore[no-any-return]
    if is_tensor(value):
        return T.TENSOR
    name = type(value).__name__
    if name == "device":
        return T.DEVICE
    if name == "Size":
        return T.ListType(T.INT)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        from transpile.script.resolver import Resolver

        return unit.named_tuple(type(value), Resolver(unit, None), None)
    if isinstance(value, tuple):
        return T.TupleType(tuple(infer_type(unit, v) for v in value))
    if isinstance(value, list):
        return _list_type(unit, value)
    if isinstance(value, dict):
        return _dict_type(unit, value)
    known = unit.classes.get(type(value))
    if known is None and unit.library.is_script_class(type(value)):
        known = unit.class_type(type(value), None)
    if known is not None:
        return known
    raise CannotInferError(
        "Only tensors and (possibly nested) tuples of tensors, lists, or dicts are supported as inputs or "
        "outputs of traced "
        f"functions, but instead got value of type {name}."
    )


def _list_type(unit: Unit, value: list[Any]) -> T.Type:
    if not value:
        raise CannotInferError("List trace inputs must have elements")
    if any(hasattr(v, "_modules") for v in value):
        raise CannotInferError("Could not infer type of list element: Cannot infer concrete type of torch.nn.Module")
    element = infer_type(unit, value[0])
    for other in value[1:]:
        found = infer_type(unit, other)
        joined = T.unify(element, found)
        if joined is None:
            raise CannotInferError(
                "List inputs to traced functions must have consistent element type. Found "
                f"{element.annotation()} and {found.annotation()}"
            )
        element = joined
    return T.ListType(element)


def _dict_type(unit: Unit, value: dict[Any, Any]) -> T.Type:
    if not value:
        raise CannotInferError("Dictionary inputs must have entries")
    types = [(infer_type(unit, k), infer_type(unit, v)) for k, v in value.items()]
    key, element = types[0]
    for k, v in types[1:]:
        joined = T.unify(element, v)
        if k != key or joined is None:
            raise CannotInferError(
                "Dictionary inputs to traced functions must have consistent type. Found "
                f"{element.annotation()} and {v.annotation()}"
            )
        element = joined
    return T.DictType(key, element)


def raw_value(value: Any, type_: T.Type, library: Library, array_of: Callable[[Any], Any]) -> Any:
    """The value as the interpreter holds it: arrays for tensors, codes for dtypes, copies of containers.

    ``array_of`` gives the memory of a tensor of ``library`` that is not a bundled one.
    """

    def inside(value: Any, type_: T.Type) -> Any:
        return raw_value(value, type_, library, array_of)

    value = library.canonical(value)
    if isinstance(value, DType):
        return value.code
    if isinstance(value, (ScriptObject, enum.Enum, np.ndarray)):
        return value
    if isinstance(getattr(value, "_object", None), ScriptObject):
        return value._object
    if hasattr(value, "_array"):
        return value._array
    if is_tensor(value):
        return array_of(value)
    if type(value).__name__ == "device":
        return str(value)
    inner = type_.element if isinstance(type_, T.OptionalType) else type_
    if isinstance(inner, T.ClassType) and not inner.is_module and inner.python_class is type(value):
        # Each holder gets an object of its own, as in PyTorch.
        slots = {a.name: inside(getattr(value, a.name), a.type) for a in inner.attributes.values()}
        return ScriptObject(inner, slots)
    if isinstance(inner, T.ListType) and isinstance(value, (list, tuple)):
        return [inside(v, inner.element) for v in value]
    if isinstance(inner, T.DictType) and isinstance(value, dict):
        return {inside(k, inner.key): inside(v, inner.value) for k, v in value.items()}
    if isinstance(inner, T.TupleType) and isinstance(value, (tuple, list)):
        return tuple(inside(v, t) for v, t in zip(value, inner.elements, strict=True))
    if inner == T.FLOAT and value.__class__ is int:
        return float(value)
    return value
