"""The overloads that write their results into given tensors (``out=``), made of the functional ones.

``derive`` registers one for every row of ``ops/out_table.py`` whose functional overload is there: the same arguments, but for the
dtype and placement of factories, and the tensors that are written as keywords at the end.  Its kernel runs the functional
kernel; its C++ spelling is ``ts2cpp::assign_out`` around the functional spelling (``ts2cpp/out.hpp``).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from transpile.core import types as T
from transpile.core.dtype import DType
from transpile.core.schema import AliasInfo, Argument, Schema
from transpile.ops.out_table import GROUPS
from transpile.ops.promotion import Array, cast, dtype_of, require_castable, require_writable, shape_text
from transpile.ops.registry import Kernel, Operator, find, register_out
from transpile.ops.resizing import resized

_ROW = re.compile(r"(\w+)([>=!<])(\w+)(?:\(([\w,]+)\))?$")
_PLACEMENT = ("layout", "device", "pin_memory")
# By the signs of the table.
_CPP_NAMES = {">": "assign_out", "=": "assign_same_out", "!": "assign_found_out", "<": "assign_any_out"}
# What is true of the functional overload and not of one that writes.
_LOST_TAGS = frozenset(
    ("pointwise", "epilogue", "view", "reduction", "factory", "total", "infallible", "one_error", "metadata", "sizes",
     "same_rank", "same_dtype", "floating", "like_weight", "itself", "lends", "nofold")
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One entry of the table."""

    functional: str
    rule: str
    overload: str
    written: tuple[str, ...]


def rows() -> Iterator[tuple[str, list[Row]]]:
    """The names of operators (``aten::add``) with the rows of the table for them, in PyTorch's order."""
    for patterns, names in GROUPS:
        entries = []
        for text in patterns.split():
            match = _ROW.match(text)
            assert match is not None, text
            functional, rule, overload, written = match.groups()
            overload = "" if overload == "default" else overload
            functional = "" if functional == "default" else functional
            entries.append(Row(functional, rule, overload, tuple((written or "out").split(","))))
        for name in names.split():
            yield f"aten::{name}", entries


def derive() -> None:
    """Register the overloads of all operators that are registered."""
    for name, entries in rows():
        made = []
        for row in entries:
            base = find(f"{name}.{row.functional}" if row.functional else name)
            if base is not None:
                made.append(_operator(base, row))
        if made:
            register_out(name, made)


def _operator(base: Operator, row: Row) -> Operator:
    schema = out_schema(base.schema, row)
    tags = (base.tags - _LOST_TAGS) | {"resizes"}
    cpp = _spelling(base, schema, row) if base.no_cpp is None else ""
    return Operator(schema, _kernel(base, row), cpp, "", tags, base.family, base.header, base.no_cpp, out_of=base)


def _is_factory(schema: Schema) -> bool:
    """Whether an overload takes PyTorch's tensor options, which those with ``out`` do not."""
    names = {a.name for a in schema.arguments}
    return "dtype" in names and names.issuperset(_PLACEMENT)


def out_schema(schema: Schema, row: Row) -> Schema:
    """The schema of the overload that writes."""
    dropped = ("dtype", *_PLACEMENT) if _is_factory(schema) else ()
    arguments = [a for a in schema.arguments if a.name not in dropped]
    returns: list[Argument] = []
    for letter, name, returned in zip("abcdefg", row.written, schema.returns, strict=False):
        alias = AliasInfo(frozenset(letter), True)
        arguments.append(Argument(name, T.TENSOR, kwarg_only=True, alias=alias))
        # PyTorch names no result of those whose tensors have but numbers.
        returns.append(Argument("" if name == f"out{len(returns)}" else returned.name, T.TENSOR, alias=alias))
    return replace(schema, overload=row.overload, arguments=tuple(arguments), returns=tuple(returns), _cache={})


def written(operator: Operator) -> list[str]:
    """The names of the tensors that an overload with ``out`` writes."""
    return [a.name for a in operator.schema.arguments if a.kwarg_only and a.writes]


def functional_call(operator: Operator, values: Sequence[Any]) -> tuple[Operator, list[Any]]:
    """The functional overload of one with ``out``, and the values for it."""
    base = operator.out_of
    assert base is not None
    given = dict(zip((a.name for a in operator.schema.arguments), values, strict=True))
    return base, [given.get(a.name, a.default if a.has_default else None) for a in base.schema.arguments]


def _kernel(base: Operator, row: Row) -> Kernel:
    compute = base.kernel
    assert compute is not None
    takes_dtype = any(a.name == "dtype" and a.special == "ScalarType" for a in base.schema.arguments)
    in_type_of_out = takes_dtype and row.rule == "<"

    def run(*arguments: Any, **options: Any) -> Any:
        outs = [options.pop(name) for name in row.written]
        rule = row.rule
        if in_type_of_out:
            if options.get("dtype") is None:
                options["dtype"] = dtype_of(outs[0])
            else:
                rule = "="
        results = compute(*arguments, **options)
        if len(outs) == 1:
            return write_out(outs[0], np.asarray(results), rule)
        return tuple(write_out(o, np.asarray(r), rule) for o, r in zip(outs, results, strict=True))

    return run


def write_out(out: Array, result: Array, rule: str = ">") -> Array:
    """``out`` with the elements of ``result``; another array if it had another shape, which takes its place.

    ``rule`` is a sign of the table; ``RuntimeError`` if the dtype of ``out`` is not one that it allows, or if elements of
    ``out`` share memory.
    """
    _check_dtype(dtype_of(result), dtype_of(out), rule)
    if out.shape != result.shape:
        out = _resized(out, result.shape)
    require_writable(out)
    out[...] = cast(result, dtype_of(out))
    return out


def _check_dtype(result: DType, out: DType, rule: str) -> None:
    if rule == ">":
        require_castable(result, out)
    elif rule == "=" and out is not result:
        raise RuntimeError(f"Expected out tensor to have dtype {result.cpp_name}, but got {out.cpp_name} instead")
    elif rule == "!" and out is not result:
        raise RuntimeError(f"Found dtype {out.graph_name} but expected {result.graph_name}")


def _resized(out: Array, shape: tuple[int, ...]) -> Array:
    if out.size:
        warnings.warn(
            "An output with one or more elements was resized since it had shape "
            f"{shape_text(out.shape)}, which does not match the required output shape {shape_text(shape)}. This behavior "
            "is deprecated, and in a future PyTorch release outputs will not be resized unless they have zero elements. "
            "You can explicitly reuse an out tensor t by resizing it, inplace, to zero elements with t.resize_(0).",
            UserWarning,
            stacklevel=2,
        )
    return resized(out, shape)


_GENERATORS = (T.GENERATOR, T.OptionalType(T.GENERATOR))


def _passed_on(schema: Schema) -> list[Argument]:
    """The arguments that spellings count: no generator, which is not passed on, and nothing that C++ ignores."""
    return [a for a in schema.arguments if not a.ignored and a.type not in _GENERATORS]


def _spelling(base: Operator, schema: Schema, row: Row) -> str:
    """``ts2cpp::assign_out(ops::add({0}, {1}, {2}), {3})``."""
    place = {a.name: f"{{{i}}}" for i, a in enumerate(_passed_on(schema))}
    outs = [place[name] for name in row.written]
    given = []
    for argument in _passed_on(base.schema):
        text = place.get(argument.name)
        if argument.name == "dtype" and argument.special == "ScalarType":
            if text is None:
                text = f"{outs[0]}.dtype()" if row.rule == "<" else "std::nullopt"
            elif row.rule == "<":
                text = f"ts2cpp::out_dtype({text}, {outs[0]})"
        assert text is not None
        given.append(text)
    if base.cpp:
        call = re.sub(r"\{(\d+)\}", lambda m: given[int(m.group(1))], base.cpp)
    else:
        while given and given[-1] == "std::nullopt":
            given.pop()
        call = f"ops::{base.name.partition('::')[2]}({', '.join(given)})"
    return f"ts2cpp::{_CPP_NAMES[row.rule]}({call}, {', '.join(outs)})"
