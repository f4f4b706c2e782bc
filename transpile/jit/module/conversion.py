"""Values at the border between Python and compiled code: checks, conversions, TorchScript's texts on failure."""

from __future__ import annotations

import enum
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from transpile.core import types as T
from transpile.core.dtype import DType
from transpile.core.schema import Argument, Schema
from transpile.eager.generator import Generator
from transpile.eager.size import device
from transpile.eager.tensor import Tensor
from transpile.ir.evaluate import is_instance
from transpile.ir.function import ScriptObject
from transpile.jit.futures import Future
from transpile.jit.interpreter import future
from transpile.jit.unit import default_unit
from transpile.ops.mapping import make_dict, plain_key
from transpile.script.inference import CannotInferError, infer_type

_NO_DETAIL = "(#define PYBIND11_DETAILED_ERROR_MESSAGES or compile in debug mode for details)"


class RawContainer:
    """A container of Python's that holds raw values: it is passed to compiled code as it is, and not copied."""

    _type: T.Type
    _values: Any


class CastError(Exception):
    """A Python value that cannot become the declared type."""


def bind(schema: Schema, args: Sequence[Any], kwargs: Mapping[str, Any], owner: Any = None) -> list[Any]:
    """The raw values for the parameters of ``schema``; ``owner`` is passed as ``self`` for a method.

    ``RuntimeError`` with TorchScript's text when the arguments do not fit.
    """
    given = [owner, *args] if owner is not None else list(args)
    formals = schema.arguments
    declaration = f"Declaration: {schema}"
    received = len(given) + len(kwargs)
    if received > len(formals):
        raise RuntimeError(
            f"{schema.name}() expected at most {len(formals)} argument(s) but received {received} argument(s). "
            f"{declaration}"
        )
    positional = [a for a in formals if not a.kwarg_only]
    if len(given) > len(positional):
        was = "was" if len(given) == 1 else "was/were"
        raise RuntimeError(
            f"{schema.name}() takes {len(positional)} positional argument(s) but {len(given)} {was} given.  "
            f"{declaration}"
        )
    values: list[Any] = []
    used = set()
    for index, formal in enumerate(formals):
        if index < len(given):
            value = given[index]
        elif formal.name in kwargs:
            value = kwargs[formal.name]
            used.add(formal.name)
        elif formal.has_default:
            values.append(default_value(formal))
            continue
        else:
            raise RuntimeError(f"{schema.name}() is missing value for argument '{formal.name}'. {declaration}")
        if index == 0 and owner is not None:
            values.append(owner)
        else:
            values.append(_checked(schema, formal, index, value))
    for name in kwargs:
        if name not in used:
            if any(a.name == name for a in formals):
                problem = f"Argument '{name}' specified both as positional and keyword argument."
            else:
                problem = f"Unknown keyword argument '{name}' for operator '{schema.name}'."
            raise RuntimeError(f"{problem} Schema: {schema}")
    return values


def default_value(formal: Argument) -> Any:
    """A parameter's default as a raw value of its own; ``RuntimeError`` if it is a None that stands for no tensor."""
    if not formal.default_fits:
        raise RuntimeError(
            f"Expected a proper Tensor but got None (or an undefined Tensor in C++) for argument '{formal.name}'; "
            f"annotate it, {formal.name}: Optional[Tensor] = None, if it may be None"
        )
    value = formal.default
    if isinstance(value, list):
        return list(value)
    inner = formal.type.element if isinstance(formal.type, T.OptionalType) else formal.type
    if isinstance(inner, T.ListType) and value is not None and not isinstance(value, (list, tuple)):
        return [value] * (formal.size or 1)
    return value


def _checked(schema: Schema, formal: Argument, index: int, value: Any) -> Any:
    if formal.size is not None and isinstance(formal.type, T.ListType) and isinstance(value, (int, float)):
        value = [value] * formal.size
    try:
        return to_raw(value, formal.type)
    except CastError as error:
        if formal.type == T.ANY:
            raise RuntimeError(str(error)) from None
        inferred = isinstance(formal.type, T.TensorType) and formal.type.inferred
        wanted = formal.type.schema() if isinstance(formal.type, T.EnumType) else formal.type.annotation()
        wanted = "Tensor (inferred)" if inferred else wanted
        text = (
            f"{schema.name}() Expected a value of type '{wanted}' for argument '{formal.name}' but instead found "
            "type "
            f"'{type(value).__name__}'.\n"
        )
        if inferred:
            text += (
                f"Inferred '{formal.name}' to be of type 'Tensor' because it was not annotated with an explicit type.\n"
            )
        details = f"Cast error details: {error}"
        if isinstance(formal.type, T.TupleType) and not isinstance(value, Iterable):
            details = f" Python error details: TypeError: '{type(value).__name__}' object is not iterable"
        raise RuntimeError(f"{text}Position: {index}\nValue: {value}\nDeclaration: {schema}\n{details}") from None


def to_raw(value: Any, type_: T.Type) -> Any:
    """A Python value as compiled code holds it; ``CastError`` if it is not of the declared type."""
    convert = _SIMPLE.get(type_) if isinstance(type_, T.SimpleType) else None
    if convert is not None:
        return convert(value)
    if isinstance(type_, T.TensorType):
        if isinstance(value, Tensor):
            return value._array
        raise CastError(f"Unable to cast {value} to Tensor")
    if isinstance(type_, T.OptionalType):
        return None if value is None else to_raw(value, type_.element)
    if isinstance(type_, T.ListType):
        return _list_to_raw(value, type_)
    if isinstance(type_, T.TupleType):
        return _tuple_to_raw(value, type_)
    if isinstance(type_, T.DictType):
        return _dict_to_raw(value, type_)
    if isinstance(type_, T.FutureType):
        if not isinstance(value, Future):
            raise _uncastable(value)
        return future.Future(lambda: to_raw(value.wait(), type_.element))
    if isinstance(type_, T.UnionType):
        return _union_to_raw(value, type_)
    if isinstance(type_, T.EnumType):
        if isinstance(value, type_.python_class):
            return value
        raise _uncastable(value)
    if isinstance(type_, (T.ClassType, T.InterfaceType)):
        return _object_to_raw(value, type_)
    return _any_to_raw(value)


def _uncastable(value: Any) -> CastError:
    return CastError(f"Unable to cast Python instance of type {type(value)} to C++ type '?' {_NO_DETAIL}")


def _int(value: Any) -> Any:
    if isinstance(value, (bool, int, np.integer)):
        found = int(value)
        if -(1 << 63) <= found < 1 << 63:
            return found
    elif isinstance(value, DType):
        return value.code
    elif isinstance(value, Tensor) and value._array.size == 1:
        return int(value._array.item())
    elif hasattr(value, "code") and isinstance(value.code, int):
        return value.code
    raise _uncastable(value)


def _float(value: Any) -> Any:
    if isinstance(value, Tensor) and value._array.size == 1:
        value = value._array.item()
    if isinstance(value, (int, float, np.floating, np.integer)):
        return float(value)
    raise _uncastable(value)


def _bool(value: Any) -> Any:
    if value is None or isinstance(value, (int, float, np.bool_, np.number)):
        return bool(value)
    raise _uncastable(value)


def _str(value: Any) -> Any:
    if isinstance(value, str):
        return value
    raise _uncastable(value)


def _complex(value: Any) -> Any:
    if isinstance(value, (complex, float, int)) and not isinstance(value, bool):
        return complex(value)
    raise _uncastable(value)


def _number(value: Any) -> Any:
    if isinstance(value, (int, float, complex)):
        return value
    if isinstance(value, Tensor) and value._array.ndim == 0:
        return value._array.item()
    raise _uncastable(value)


def _none(value: Any) -> Any:
    if value is None:
        return None
    raise _uncastable(value)


def _device(value: Any) -> Any:
    if isinstance(value, str) or type(value).__name__ == "device":
        return str(value)
    raise _uncastable(value)


def _generator(value: Any) -> Any:
    if isinstance(value, Generator):
        return value
    raise _uncastable(value)


_SIMPLE = {
    T.INT: _int, T.FLOAT: _float, T.BOOL: _bool, T.STR: _str, T.COMPLEX: _complex, T.NUMBER: _number, T.NONE: _none,
    T.DEVICE: _device, T.GENERATOR: _generator,
}  # fmt: skip


def _list_to_raw(value: Any, type_: T.ListType) -> Any:
    if isinstance(value, RawContainer):
        if value._type != type_:
            raise _uncastable(value)
        return value._values
    if not isinstance(value, (list, tuple, np.ndarray)):
        raise _uncastable(value)
    try:
        return [to_raw(v, type_.element) for v in value]
    except CastError:
        if type_.element in (T.INT, T.FLOAT, T.BOOL) or isinstance(type_.element, T.TensorType):
            raise _uncastable(value) from None  # lists of these are converted as a whole
        raise


def _dict_to_raw(value: Any, type_: T.DictType) -> Any:
    if isinstance(value, RawContainer):
        if value._type != type_:
            raise _uncastable(value)
        return value._values
    try:
        pairs = dict(value)
    except (TypeError, ValueError):
        raise _uncastable(value) from None
    return make_dict([part for k, v in pairs.items() for part in (to_raw(k, type_.key), to_raw(v, type_.value))])


def _tuple_to_raw(value: Any, type_: T.TupleType) -> Any:
    if not isinstance(value, (tuple, list)):
        raise _uncastable(value)
    if len(value) != len(type_.elements):
        raise CastError(f"Object {value} had a different number of elements than type {type_.annotation()}")
    return tuple(to_raw(v, t) for v, t in zip(value, type_.elements, strict=True))


def _union_to_raw(value: Any, type_: T.UnionType) -> Any:
    raw = infer_raw(value)
    for member in type_.members:
        if is_instance(raw, member):
            return raw
    raise CastError(f"Expected a member of {type_.annotation()} but instead found type {type(value).__name__}")


def _object_to_raw(value: Any, type_: T.Type) -> Any:
    if isinstance(value, ScriptObject) and T.is_subtype(value.type, type_):
        return value
    held = getattr(value, "_object", None)
    if isinstance(held, ScriptObject) and T.is_subtype(held.type, type_):
        return held
    if isinstance(type_, T.ClassType) and type_.python_class is not None and isinstance(value, type_.python_class):
        made = ScriptObject(type_)
        for attribute in type_.attributes.values():
            made.slots[attribute.name] = to_raw(getattr(value, attribute.name), attribute.type)
        return made
    raise _uncastable(value)


def infer_raw(value: Any) -> Any:
    """A Python value as compiled code holds it, whatever its type."""
    if isinstance(value, Tensor):
        return value._array
    if isinstance(value, DType):
        return value.code
    if isinstance(value, tuple):
        return tuple(infer_raw(v) for v in value)
    if isinstance(value, list):
        return [infer_raw(v) for v in value]
    if isinstance(value, dict):
        return {infer_raw(k): infer_raw(v) for k, v in value.items()}
    if value is None or isinstance(value, (bool, int, float, complex, str, enum.Enum, ScriptObject)):
        return value
    if isinstance(getattr(value, "_object", None), ScriptObject):
        return value._object
    known = _class_of(value)
    if known is not None:
        return _object_to_raw(value, known)
    raise CastError(
        f"Tracer cannot infer type of {value}\n:{_ONLY}, but instead got value of type {type(value).__name__}."
    )


_ONLY = (
    "Only tensors and (possibly nested) tuples of tensors, lists, or dicts are supported as inputs or outputs of traced "
    "functions"
)


def _any_to_raw(value: Any) -> Any:
    """A value for a parameter that takes anything: its type must be one that compiled code has."""
    if isinstance(value, (list, dict)) and value:
        try:
            infer_type(default_unit(), value)
        except CannotInferError as error:
            raise CastError(f"Tracer cannot infer type of {value}\n:{error}") from None
    return infer_raw(value)


def _class_of(value: Any) -> T.Type | None:
    """The compiled class of a Python object, if it has one."""
    return default_unit().classes.get(type(value))


def to_python(value: Any, type_: T.Type | None = None) -> Any:
    """A raw value as Python sees it: arrays become tensors, NamedTuples and objects get their classes."""
    if isinstance(value, np.ndarray):
        return Tensor._from_array(value)
    if isinstance(type_, T.OptionalType):
        type_ = type_.element
    if isinstance(value, list):
        element = type_.element if isinstance(type_, T.ListType) else None
        return [to_python(v, element) for v in value]
    if isinstance(value, tuple):
        types: Sequence[T.Type | None] = type_.elements if isinstance(type_, T.TupleType) else [None] * len(value)
        parts = [to_python(v, t) for v, t in zip(value, types, strict=True)]
        if isinstance(type_, T.TupleType) and type_.name:
            return _named_tuple(type_)(*parts)
        return tuple(parts)
    if isinstance(value, dict):
        key, item = (type_.key, type_.value) if isinstance(type_, T.DictType) else (None, None)
        return {to_python(plain_key(k), key): to_python(v, item) for k, v in value.items()}
    if isinstance(value, ScriptObject):
        from transpile.jit.module.script_object import wrap_object

        cls = value.type.python_class
        return wrap_object(value) if value.type.is_module or cls is None else _instance(value, cls)
    if isinstance(value, future.Future):
        element = type_.element if isinstance(type_, T.FutureType) else None
        return Future.run(lambda: to_python(value.wait(), element))
    if type_ == T.DEVICE and isinstance(value, str):
        return device(value)
    return value


def call_python(function: Callable[..., Any], args: Sequence[Any], result: T.Type) -> Any:
    """Call a Python function that was left alone, with Python values; its result as compiled code holds it.

    ``RuntimeError`` if the result is not of the declared type.
    """
    value = function(*(to_python(a) for a in args))
    try:
        return to_raw(value, result)
    except CastError as error:
        raise RuntimeError(
            f" expected value of type {result.annotation()} for return value but instead got value of type "
            f"{type(value).__name__}.\nValue: {value!r}\nCast error details: {error}"
        ) from None


def _instance(value: ScriptObject, cls: Any) -> Any:
    """An instance of the user's class with the attributes of the object."""
    made = cls.__new__(cls)
    for attribute in value.type.attributes.values():
        object.__setattr__(made, attribute.name, to_python(value.slots[attribute.name], attribute.type))
    return made


_NAMED: dict[tuple[str, tuple[str, ...]], Any] = {}


def _named_tuple(type_: T.TupleType) -> Any:
    key = (type_.name, type_.fields)
    if key not in _NAMED:
        _NAMED[key] = namedtuple(type_.name.rpartition(".")[2], type_.fields)
    return _NAMED[key]
