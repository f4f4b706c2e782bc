"""Operators that meant something else in earlier format versions of archives, and what their calls become today.

PyTorch keeps such a table too (``torch/csrc/jit/operator_upgraders``): a call in an archive of an earlier version is matched with
the schema of that time and replaced by a program over the operators of today.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from transpile.core import types as T
from transpile.core.schema import Schema, parse_schema
from transpile.core.source import SourceRange
from transpile.ir.graph import Value
from transpile.script.conditions import Condition, if_value

if TYPE_CHECKING:
    from transpile.script.emitter import Emitter

# Given the emitter, the place of the call, and one value per argument of the schema of that time.
Expand = Callable[..., Value]


@dataclass(frozen=True)
class Upgrader:
    """``schema`` is the one that archives below format ``version`` were written with."""

    version: int
    schema: Schema
    expand: Expand


def upgraders(name: str, version: int) -> Mapping[str, Upgrader]:
    """The upgraders of an operator (``aten::div``) for an archive of format ``version``, by qualified name of the overload."""
    return {overload: u for overload, u in _BY_NAME.get(name, {}).items() if version < u.version}


def version_of(overload: str) -> int:
    """The format version that an archive with a call of ``overload`` needs at least; 0 if it never changed."""
    found = _BY_NAME.get(overload.partition(".")[0], {}).get(overload)
    return found.version if found is not None else 0


def _is_floating(e: Emitter, range: SourceRange | None, value: Value) -> Value | bool:
    """Whether a tensor or number is one of floats."""
    if isinstance(value.type, T.TensorType):
        return e.operator("aten::is_floating_point", range, [value])
    if value.type in (T.INT, T.FLOAT, T.BOOL, T.COMPLEX):
        return value.type == T.FLOAT
    return e.insert("prim::isinstance", [value], [T.BOOL], range, types=[T.FLOAT]).output


def _any_floating(e: Emitter, range: SourceRange | None, values: tuple[Value, ...]) -> Value | bool:
    found: Value | None = None
    for value in reversed(values):  # a number may decide at once
        floating = _is_floating(e, range, value)
        if floating is True:
            return True
        if isinstance(floating, Value):
            found = floating if found is None else e.operator("aten::__or__", range, [floating, found])
    return found if found is not None else False


def _division(name: str) -> Expand:
    """Tensors that are not of floats were divided as ints are in C."""

    def expand(e: Emitter, range: SourceRange | None, self: Value, other: Value, out: Value | None = None) -> Value:
        given = {} if out is None else {"out": out}
        operands = (self, other) if out is None else (self, other, out)

        def true_division() -> Value:
            return e.operator(name, range, [self, other], **given)

        def whole_division() -> Value:
            mode = e.constant("trunc", range)
            return e.operator(name, range, [self, other], rounding_mode=mode, **given)

        floating = _any_floating(e, range, operands)
        if isinstance(floating, bool):
            return true_division() if floating else whole_division()
        return if_value(e, Condition(floating), true_division, whole_division, range)

    return expand


def _unchanged(name: str, *keywords: str) -> Expand:
    """What the schema of that time accepts means what it means today; the last arguments are passed by keyword."""

    def expand(e: Emitter, range: SourceRange | None, *values: Value) -> Value:
        plain = values[: len(values) - len(keywords)]
        return e.operator(name, range, plain, **dict(zip(keywords, values[len(plain) :], strict=True)))

    return expand


def _full(e: Emitter, range: SourceRange | None, size: Value, fill: Value, dtype: Value, *rest: Value) -> Value:
    """Without a dtype the result was one of floats, whatever it was filled with."""
    layout, device, pin_memory = rest

    def made(fill: Value) -> Value:
        keywords = {"dtype": dtype, "layout": layout, "device": device, "pin_memory": pin_memory}
        return e.operator("aten::full", range, [size, fill], **keywords)

    def floating() -> Value:
        return made(fill if fill.type in (T.FLOAT, T.COMPLEX) else e.operator("aten::Float", range, [fill]))

    if dtype.type == T.NONE:
        return floating()
    if not isinstance(dtype.type, T.OptionalType):
        return made(fill)
    unknown = e.operator("aten::__is__", range, [dtype, e.constant(None, range)])
    return if_value(e, Condition(unknown), floating, lambda: made(fill), range)


def _steps(name: str, position: int, *keywords: str) -> Expand:
    """The number of steps was optional: 100."""

    def expand(e: Emitter, range: SourceRange | None, *values: Value) -> Value:
        steps, same = values[position], _unchanged(name, *keywords)

        def with_steps(count: Value) -> Value:
            return same(e, range, *values[:position], count, *values[position + 1 :])

        if steps.type == T.INT:
            return with_steps(steps)
        if steps.type == T.NONE:
            return with_steps(e.constant(100, range))
        unknown = e.operator("aten::__is__", range, [steps, e.constant(None, range)])

        def given() -> Value:
            return with_steps(e.insert("prim::unchecked_cast", [steps], [T.INT], range).output)

        return if_value(e, Condition(unknown), lambda: with_steps(e.constant(100, range)), given, range)

    return expand


_OPTIONS = ("dtype", "layout", "device", "pin_memory")
_OPTIONAL = "ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None"
_TABLE: tuple[tuple[int, str, Expand], ...] = (
    (4, "aten::div.Tensor(Tensor self, Tensor other) -> Tensor", _division("aten::div")),
    (4, "aten::div.Scalar(Tensor self, Scalar other) -> Tensor", _division("aten::div")),
    (
        4,
        "aten::div.Tensor_mode(Tensor self, Tensor other, *, str? rounding_mode) -> Tensor",
        _unchanged("aten::div", "rounding_mode"),
    ),
    (
        4,
        "aten::div.Scalar_mode(Tensor self, Scalar other, *, str? rounding_mode) -> Tensor",
        _unchanged("aten::div", "rounding_mode"),
    ),
    (4, "aten::div.out(Tensor self, Tensor other, *, Tensor(a!) out) -> Tensor(a!)", _division("aten::div")),
    (
        4,
        "aten::div.out_mode(Tensor self, Tensor other, *, str? rounding_mode, Tensor(a!) out) -> Tensor(a!)",
        _unchanged("aten::div", "rounding_mode", "out"),
    ),
    (4, "aten::div_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)", _division("aten::div_")),
    (4, "aten::div_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)", _division("aten::div_")),
    (
        4,
        "aten::div_.Tensor_mode(Tensor(a!) self, Tensor other, *, str? rounding_mode) -> Tensor(a!)",
        _unchanged("aten::div_", "rounding_mode"),
    ),
    (
        4,
        "aten::div_.Scalar_mode(Tensor(a!) self, Scalar other, *, str? rounding_mode) -> Tensor(a!)",
        _unchanged("aten::div_", "rounding_mode"),
    ),
    (5, f"aten::full(int[] size, Scalar fill_value, *, {_OPTIONAL}) -> Tensor", _full),
    (
        5,
        "aten::full.out(int[] size, Scalar fill_value, *, Tensor(a!) out) -> Tensor(a!)",
        _unchanged("aten::full", "out"),
    ),
    (
        8,
        f"aten::linspace(Scalar start, Scalar end, int? steps=None, *, {_OPTIONAL}) -> Tensor",
        _steps("aten::linspace", 2, *_OPTIONS),
    ),
    (
        8,
        "aten::linspace.out(Scalar start, Scalar end, int? steps=None, *, Tensor(a!) out) -> Tensor(a!)",
        _steps("aten::linspace", 2, "out"),
    ),
    (
        9,
        f"aten::logspace(Scalar start, Scalar end, int? steps=None, float base=10.0, *, {_OPTIONAL}) -> Tensor",
        _steps("aten::logspace", 2, *_OPTIONS),
    ),
    (
        9,
        "aten::logspace.out(Scalar start, Scalar end, int? steps=None, float base=10.0, *, Tensor(a!) out) -> Tensor(a!)",
        _steps("aten::logspace", 2, "out"),
    ),
    (10, "aten::gelu(Tensor self) -> Tensor", _unchanged("aten::gelu")),
    (10, "aten::gelu.out(Tensor self, *, Tensor(a!) out) -> Tensor(a!)", _unchanged("aten::gelu", "out")),
)
_BY_NAME: dict[str, dict[str, Upgrader]] = {}
for _version, _text, _expand in _TABLE:
    _schema = parse_schema(_text)
    _BY_NAME.setdefault(_schema.name, {})[_schema.qualified_name] = Upgrader(_version, _schema, _expand)
