"""Builders that register a whole group of operators from one line.

``pointwise`` supplies promotion, broadcasting, the rounding of 16-bit types, the in-place twin and its checks;
``in_place`` derives such a twin for an operator that is not pointwise.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeAlias

import numpy as np

from transpile.core import dtype as D
from transpile.core import types as T
from transpile.core.dtype import DType
from transpile.core.schema import AliasInfo, Argument, Schema, parse_schema
from transpile.ops.promotion import (
    Array,
    broadcast_shapes,
    cast,
    cast_operand,
    compute_dtype,
    dtype_of,
    real_dtype,
    require_castable,
    require_writable,
    result_type,
    shape_text,
    to_floating,
)
from transpile.ops.registry import Operator, overloads, register

Result: TypeAlias = 'Literal["same", "float", "bool", "real"] | Callable[..., DType]'
_OPERAND_SCALARS = frozenset(("self", "other", "exponent", "end", "weight"))
_WRITTEN = AliasInfo(frozenset("a"), True)


def _family() -> str:
    """The stem of the module whose top level is calling a builder."""
    depth = 1
    while sys._getframe(depth).f_globals["__name__"] == __name__:
        depth += 1
    return str(sys._getframe(depth).f_globals["__name__"]).rpartition(".")[2]


def operand_names(schema: Schema) -> tuple[str, ...]:
    """The arguments that take part in promotion: tensors, and numbers called like an operand."""
    return tuple(
        a.name
        for a in schema.arguments
        if a.type == T.TENSOR or (a.type == T.NUMBER and a.name in _OPERAND_SCALARS and not a.kwarg_only)
    )


def in_place_schema(schema: Schema, name: str = "") -> Schema:
    """The schema of the twin that writes its first argument: ``relu`` gives ``relu_``.

    ``name`` overrides the derived qualified name.
    """
    first = replace(schema.arguments[0], alias=_WRITTEN)
    returned = Argument("", T.TENSOR, alias=_WRITTEN)
    base, _, overload = name.partition(".") if name else (schema.name + "_", "", schema.overload)
    return replace(
        schema, name=base, overload=overload, arguments=(first, *schema.arguments[1:]), returns=(returned,), _cache={}
    )


def in_place(base: Operator, name: str = "", *, kernel: Callable[..., Array] | None = None) -> Operator:
    """Register the twin of ``base`` that stores the result in its first argument, and return it.

    ``kernel`` computes what is stored; by default it is the kernel of ``base``.  The result must have the shape of the
    first argument and a type that can be cast to its type.
    """
    compute = kernel or base.kernel
    assert compute is not None

    def run(target: Array, *arguments: Any, **options: Any) -> Array:
        require_writable(target)
        return store(target, compute(target, *arguments, **options))

    schema = in_place_schema(base.schema, name)
    spelling = base.cpp.replace("(", "_(", 1) if base.cpp.startswith("ops::") else ""
    return register(Operator(schema, run, spelling, tags=base.tags - {"pointwise"}, family=base.family))


def store(target: Array, result: Array) -> Array:
    """Write ``result`` into ``target`` with the checks of an in-place operator."""
    if result.shape != target.shape:
        raise RuntimeError(
            f"output with shape {shape_text(target.shape)} doesn't match the broadcast shape {shape_text(result.shape)}"
        )
    target_dtype = dtype_of(target)
    require_castable(dtype_of(result), target_dtype)
    target[...] = cast(result, target_dtype)
    return target


def pointwise(
    schema: str,
    kernel: Callable[..., Any],
    *,
    result: Result = "same",
    twin: bool | str = True,
    scalar: bool | str = False,
    cpp: str = "",
    scalar_cpp: str = "",
    number_cpp: str = "",
    check: Callable[..., None] | None = None,
    tags: Sequence[str] = (),
) -> Operator:
    """Register an elementwise operator and, unless ``twin`` is false, its in-place twin.

    ``kernel`` gets the operands as arrays of one type (see ``operand_names``; numbers as 0-d arrays, 16-bit floats as
    float32) and the other arguments as they are.  ``result`` is ``"same"`` for the promoted type, ``"float"`` if
    integers become floats first, ``"bool"`` for a truth value, ``"real"`` for the real part's type, or a function of
    the promoted type and of the arguments that are no operands.  ``twin`` may be
    the qualified name of the twin (``aten::pow_.Tensor``).  ``check`` sees all arguments as given and may reject them.

    ``scalar`` registers the overload whose second operand is a number as well: ``True`` derives its schema, a string
    is the schema.  ``number_cpp`` is its per-element C++ spelling.
    """
    parsed = parse_schema(schema)
    operator = _pointwise(parsed, kernel, result, cpp, scalar_cpp, check, tags)
    with_number = None
    if scalar:
        numeric = parse_schema(scalar) if isinstance(scalar, str) else _with_number(parsed)
        with_number = _pointwise(numeric, kernel, result, cpp, number_cpp, check, tags)
    if twin:
        in_place(operator, twin if isinstance(twin, str) else "")
        if with_number is not None:
            name = twin.partition(".")[0] + ".Scalar" if isinstance(twin, str) else ""
            in_place(with_number, name)
    return operator


def _with_number(schema: Schema) -> Schema:
    """The overload of a binary operator that takes a number second; ``alpha`` is positional there."""
    first, second, *rest = schema.arguments
    tail = [replace(a, kwarg_only=False) if a.name == "alpha" else a for a in rest]
    overload = schema.overload.replace("Tensor", "Scalar") or "Scalar"
    return replace(schema, overload=overload, arguments=(first, replace(second, type=T.NUMBER), *tail), _cache={})


def _pointwise(
    schema: Schema,
    kernel: Callable[..., Any],
    result: Result,
    cpp: str,
    scalar_cpp: str,
    check: Callable[..., None] | None,
    tags: Sequence[str],
) -> Operator:
    plan = [a for a in schema.arguments if not a.ignored]
    operands = operand_names(schema)
    positions = [i for i, a in enumerate(plan) if a.name in operands]
    unary = len(positions) == 1

    def run(*arguments: Any, **options: Any) -> Array:
        if check is not None:
            check(*arguments, **options)
        given = [arguments[i] for i in positions]
        if unary:
            common, shape = dtype_of(given[0]), given[0].shape
        else:
            common = result_type(*given)
            shape = broadcast_shapes(*(g.shape for g in given if isinstance(g, np.ndarray)))
        if result == "float":
            common = to_floating(common)
        compute = compute_dtype(common)
        values = list(arguments)
        for i in positions:
            values[i] = cast_operand(values[i], common, compute)
        computed = np.asarray(kernel(*values, **options))
        if callable(result):
            output = result(common, *arguments[len(positions) :], **options)
        else:
            output = D.bool_ if result == "bool" else real_dtype(common) if result == "real" else common
        converted = cast(computed, output)
        if converted.shape != shape:
            converted = np.broadcast_to(converted, shape)
        if any(np.may_share_memory(converted, a) for a in given if isinstance(a, np.ndarray)):
            converted = converted.copy()
        return converted

    run.__module__ = f"transpile.ops.{_family()}"
    return register(Operator(schema, run, cpp, scalar_cpp, frozenset(("pointwise", *tags)), _family()))


def alias(names: str, *, source: str, twins: bool = True) -> None:
    """Register further names of an operator: every overload of ``source`` and, with ``twins``, of its in-place twin.

    ``names`` is a space-separated list of plain names (``"multiply"``).
    """
    for name in names.split():
        for suffix in ("", "_") if twins else ("",):
            for base in overloads(f"aten::{source}{suffix}"):
                if base.schema.arguments and base.schema.arguments[0].type == T.TENSOR:
                    renamed = base.schema.renamed(f"aten::{name}{suffix}", base.schema.overload)
                    spelling = base.cpp or f"ops::{source}{suffix}({placeholders(base.schema)})"
                    register(Operator(renamed, base.kernel, spelling, base.scalar_cpp, base.tags, base.family))


def placeholders(schema: Schema) -> str:
    """``{0}, {1}``: one for each argument that is not ignored."""
    return ", ".join(f"{{{i}}}" for i in range(sum(not a.ignored for a in schema.arguments)))


def require_supported(supported: bool, name: str, dtype: DType) -> None:
    """Raise torch's error for an operator that does not exist for a type."""
    if not supported:
        raise NotImplementedError(f"\"{name}\" not implemented for '{dtype.graph_name}'")
