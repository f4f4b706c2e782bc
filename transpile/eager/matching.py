"""From Python arguments to an overload and one value per argument of its schema.

The rules are those of torch's Python bindings, not TorchScript's: ``bool`` is no ``int``, a single int fills an
``int[N]``, trailing ints fill the only list (``x.view(2, 3)``), a Python number becomes a Tensor for a few functions
only, and NumPy's keyword names (``axis``, ``keepdims``) are understood.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.core import types as T
from transpile.core.schema import Argument, format_default
from transpile.eager.size import device, layout, require_cpu
from transpile.ops import registry
from transpile.ops.out_overloads import written
from transpile.ops.registry import Operator

Converter = Callable[[Any], Any]
Problem = Callable[[], str]
NO: Any = object()  # what a converter answers for a value that does not fit

_ALIASES = {"input": "self", "x": "self", "axis": "dim", "keepdims": "keepdim", "axes": "dims"}
_PYTHON_DTYPES = {float: D.float64, int: D.int64, bool: D.bool_, complex: D.complex128}
# The functions whose Tensor arguments may be Python numbers although no overload says so: the bindings take tensors only,
# and turn numbers into tensors.
NUMBERS_AS_TENSORS = frozenset(
    f"{name}{suffix}"
    for name in ("add", "sub", "subtract", "mul", "multiply", "div", "divide", "true_divide", "floor_divide")
    for suffix in ("", "_")
)
_TAKE_NUMBERS = NUMBERS_AS_TENSORS | {"copy_"}


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "_array")


def _zero_dim(value: Any) -> Any:
    """The Python number in a 0-d tensor, or ``NO``."""
    if _is_tensor(value) and value._array.ndim == 0 and not value._requires_grad:
        from transpile.eager.dispatch import active_mode

        # A tracer must keep the tensor, to know where the number comes from.
        return value if active_mode() is not None else value._array.item()
    return NO


def _to_tensor(value: Any) -> Any:
    return value if _is_tensor(value) else NO


def _to_int(value: Any) -> Any:
    if isinstance(value, int):
        return NO if isinstance(value, bool) else value
    if isinstance(value, np.integer):
        return int(value)
    found = _zero_dim(value)
    return found if _is_tensor(found) or (isinstance(found, int) and not isinstance(found, bool)) else NO


def _to_float(value: Any) -> Any:
    if isinstance(value, float):
        return value
    if isinstance(value, (int, np.floating, np.integer)):
        return float(value)
    found = _zero_dim(value)
    if isinstance(found, complex):
        return NO
    return found if found is NO or _is_tensor(found) else float(found)


def _to_bool(value: Any) -> Any:
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    found = _zero_dim(value)
    return found if _is_tensor(found) or isinstance(found, bool) else NO


def _to_number(value: Any) -> Any:
    if isinstance(value, (int, float, complex)):
        return value
    if isinstance(value, np.generic) and isinstance(value, (numbers.Number, np.bool_)):
        number: Any = value
        return number.item()
    return _zero_dim(value)


def _to_str(value: Any) -> Any:
    return value if isinstance(value, str) else NO


def _to_dtype(value: Any) -> Any:
    if isinstance(value, D.DType):
        return value
    return _PYTHON_DTYPES.get(value, NO) if isinstance(value, type) else NO


def _to_layout(value: Any) -> Any:
    return value if isinstance(value, layout) else NO


def _to_device(value: Any) -> Any:
    return require_cpu(value) if isinstance(value, (str, device)) else NO


def _to_generator(value: Any) -> Any:
    return value if hasattr(value, "_engine") else NO


def _anything(value: Any) -> Any:
    return value


_SIMPLE: dict[T.Type, Converter] = {
    T.INT: _to_int, T.FLOAT: _to_float, T.BOOL: _to_bool, T.NUMBER: _to_number, T.STR: _to_str,
    T.DEVICE: _to_device, T.GENERATOR: _to_generator, T.COMPLEX: _to_number,
}  # fmt: skip


def _list_converter(element: Converter, size: int | None) -> Converter:
    def convert(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            out = []
            for item in value:
                found = element(item)
                if found is NO:
                    return NO
                out.append(found)
            return out
        if size:
            found = element(value)
            return NO if found is NO else [found] * size
        return NO

    return convert


def _converter(type: T.Type, argument: Argument) -> Converter:
    if isinstance(type, T.OptionalType):
        inner = _converter(type.element, argument)
        return lambda value: None if value is None else inner(value)
    if isinstance(type, T.ListType):
        return _list_converter(_converter(type.element, argument), argument.size)
    if type == T.TENSOR:
        return _to_tensor
    if argument.special == "ScalarType":
        return _to_dtype
    if argument.special in ("Layout", "MemoryFormat"):
        return _to_layout
    return _SIMPLE.get(type, _anything)


class Signature:
    """One overload, ready to be matched."""

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self.arguments = operator.schema.arguments
        self.converters = [_converter(a.type, a) for a in self.arguments]
        self.positional = len(operator.schema.positional)
        self.by_name = {a.name: i for i, a in enumerate(self.arguments)}
        self.mentions_tensor = any("Tensor" in str(a.type) for a in (*self.arguments, *operator.schema.returns))
        self.int_list_at = [
            i for i, a in enumerate(self.arguments[: self.positional])
            if isinstance(a.type, T.ListType) and a.type.element == T.INT and not a.special
        ]  # fmt: skip

    def bind(
        self, args: Sequence[Any], kwargs: Mapping[str, Any], *, method: bool, numbers_as_tensors: bool = False
    ) -> list[Any] | Problem:
        """One value per argument, or what is wrong (as a function, because most problems are never told)."""
        first = 1 if method else 0
        if self.int_list_at == [first] and self.positional == first + 1 and len(args) > first:
            head = args[first]
            if isinstance(head, (int, np.integer)) or (_is_tensor(head) and head._array.ndim == 0):
                args = (*args[:first], list(args[first:]))
        if len(args) > self.positional:
            count = len(args)
            return lambda: f"takes {self.positional} positional arguments but {count} were given"
        values: list[Any] = [NO] * len(self.arguments)
        for i, value in enumerate(args):
            problem = self._store(values, i, value, numbers_as_tensors)
            if problem is not None:
                return problem
        for name, value in kwargs.items():
            index = self.by_name.get(name)
            if index is None:
                index = self.by_name.get(_ALIASES.get(name, name))
            if index is None:
                return partial("got an unexpected keyword argument '{}'".format, name)
            if values[index] is not NO:
                return partial("got multiple values for argument '{}'".format, name)
            problem = self._store(values, index, value, numbers_as_tensors)
            if problem is not None:
                return problem
        for i, argument in enumerate(self.arguments):
            if values[i] is NO:
                if not argument.has_default:
                    if isinstance(argument.type, T.OptionalType) and argument.kwarg_only:
                        values[i] = None
                        continue
                    missing = self.shown_name(i)
                    return partial('missing 1 required positional arguments: "{}"'.format, missing)
                default = argument.default
                values[i] = list(default) if isinstance(default, list) else default
                if argument.size and isinstance(default, int):
                    values[i] = [default] * argument.size
        return values

    def _store(self, values: list[Any], index: int, value: Any, numbers_as_tensors: bool) -> Problem | None:
        found = self.converters[index](value)
        if found is NO:
            argument = self.arguments[index]
            if numbers_as_tensors and argument.type == T.TENSOR and isinstance(value, (int, float, complex)):
                from transpile.eager.creation import from_data

                found = from_data(value)
            elif value is None and argument.has_default and argument.special:
                found = argument.default
            else:
                return partial(self._wrong_type, index, type(value).__name__)
        values[index] = found
        return None

    def _wrong_type(self, index: int, given: str) -> str:
        argument = self.arguments[index]
        where = "" if argument.kwarg_only else f" (position {index + 1})"
        return f"argument '{self.shown_name(index)}'{where} must be {binding_type(argument)}, not {given}"

    def shown_name(self, index: int) -> str:
        """The name of an argument as torch's messages have it: the first one is ``input``."""
        name = self.arguments[index].name
        return "input" if index == 0 and name == "self" else name

    def __str__(self) -> str:
        shown: list[str] = []
        for i, argument in enumerate(self.arguments):
            if argument.kwarg_only and "*" not in shown:
                shown.append("*")
            text = f"{binding_type(argument, in_list=True)} {self.shown_name(i)}"
            shown.append(text + (f" = {format_default(argument.default)}" if argument.has_default else ""))
        return f"({', '.join(shown)})"


def binding_type(argument: Argument, *, in_list: bool = False) -> str:
    """The type of an argument as torch's messages call it."""
    type = argument.type.element if isinstance(argument.type, T.OptionalType) else argument.type
    special = {"ScalarType": "torch.dtype", "Layout": "torch.layout", "MemoryFormat": "torch.memory_format"}
    if argument.special:
        return special[argument.special]
    if isinstance(type, T.ListType):
        element = type.element.element if isinstance(type.element, T.OptionalType) else type.element
        return f"tuple of {'Tensors' if element == T.TENSOR else str(element) + 's'}"
    names: dict[T.Type, str] = {T.NUMBER: "Number", T.DEVICE: "torch.device", T.GENERATOR: "torch.Generator"}
    return names.get(type, str(type))


_signatures: dict[str, list[Signature]] = {}


def signatures(name: str) -> list[Signature]:
    """The overloads of ``aten::name`` that deal with tensors."""
    known = registry.overloads(name)
    found = _signatures.get(name)
    if found is None or len(found) != len(known):
        found = _tensors_first([Signature(o) for o in known])
        _signatures[name] = found
    return found


def _tensors_first(found: list[Signature]) -> list[Signature]:
    """An overload that takes a tensor where another one takes a number comes before it: a 0-d tensor is a tensor."""
    result: list[Signature] = []
    for signature in found:
        place = next((i for i, other in enumerate(result) if _takes_tensors_for_numbers(signature, other)), len(result))
        result.insert(place, signature)
    return result


def _takes_tensors_for_numbers(one: Signature, other: Signature) -> bool:
    pairs = [
        (a.type, b.type) for a, b in zip(one.operator.schema.arguments, other.operator.schema.arguments, strict=False)
    ]
    plain = [
        tuple(t.element if isinstance(t, T.OptionalType) else t for t in pair) for pair in pairs if pair[0] != pair[1]
    ]
    same_length = len(one.operator.schema.arguments) == len(other.operator.schema.arguments)
    return same_length and bool(plain) and all(pair == (T.TENSOR, T.NUMBER) for pair in plain)


def match(
    name: str, args: Sequence[Any], kwargs: Mapping[str, Any], *, method: bool = False
) -> tuple[Operator, list[Any]]:
    """The first overload of ``aten::name`` that takes the arguments, and its values; ``TypeError`` if none does."""
    candidates = [s for s in signatures(name) if s.mentions_tensor and not s.operator.is_out]
    short = name.rpartition("::")[2]
    if not candidates:
        raise NotImplementedError(f"the operator {name} is not implemented")
    problems = []
    for signature in candidates:
        bound = signature.bind(args, kwargs, method=method)
        if isinstance(bound, list):
            return signature.operator, bound
        problems.append(bound)
    for signature in candidates if short in _TAKE_NUMBERS else ():
        bound = signature.bind(args, kwargs, method=method, numbers_as_tensors=True)
        if isinstance(bound, list):
            return signature.operator, bound
    if len(candidates) == 1:
        problem = problems[0]()
        separator = " " if problem.startswith(("takes", "got", "missing")) else ": "
        raise TypeError(f"{short}(){separator}{problem}")
    given = ", ".join([*(_given(a) for a in args), *(f"{k}={_given(v)}" for k, v in kwargs.items())])
    expected = "".join(f"\n * {s}" for s in candidates)
    raise TypeError(
        f"{short}() received an invalid combination of arguments - got ({given}), but expected one of:{expected}\n"
    )


def match_out(name: str, args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> tuple[Operator, list[Any]]:
    """The overload of ``aten::name`` that writes into ``out``, and its values; ``TypeError`` if none does."""
    outs = out if isinstance(out, (tuple, list)) else (out,)
    short = name.rpartition("::")[2]
    candidates = [s for s in signatures(name) if s.operator.is_out]
    if not candidates:
        raise TypeError(f"{short}() got an unexpected keyword argument 'out'")
    numbers_as_tensors = short in _TAKE_NUMBERS
    for signature in candidates:
        names = written(signature.operator)
        if len(names) != len(outs) or (numbers_as_tensors and signature.operator.schema.overload.startswith("Scalar")):
            continue
        given = {**kwargs, **dict(zip(names, outs, strict=True))}
        bound = signature.bind(args, given, method=False, numbers_as_tensors=numbers_as_tensors)
        if isinstance(bound, list):
            return signature.operator, bound
    match(name, args, kwargs)  # raises if it is not ``out`` that does not fit
    wanted = "Tensor" if len(written(candidates[0].operator)) == 1 else "tuple of Tensors"
    raise TypeError(f"{short}(): argument 'out' must be {wanted}, not {type(out).__name__}")


def _given(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        inner = ", ".join(_given(v) for v in value[:8])
        return f"{type(value).__name__} of {'[' + inner + ']' if isinstance(value, list) else '(' + inner + ')'}"
    return type(value).__name__
