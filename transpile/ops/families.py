"""Builders that register a whole group of operators from one line.

``pointwise`` supplies promotion, broadcasting, the rounding of 16-bit types, the in-place twin and its checks;
``in_place`` derives such a twin for an operator that is not pointwise.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

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
    require_castable,
    require_writable,
    result_type,
    shape_text,
    to_floating,
)
from transpile.ops.registry import Operator, register

Result = Literal["same", "float", "bool"]
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
    return replace(schema, name=base, overload=overload, arguments=(first, *schema.arguments[1:]), returns=(returned,), _cache={})


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
    return register(Operator(schema, run, tags=base.tags - {"pointwise"}, family=base.family))


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
    cpp: str = "",
    scalar_cpp: str = "",
    check: Callable[[DType], None] | None = None,
    tags: Sequence[str] = (),
) -> Operator:
    """Register an elementwise operator and, unless ``twin`` is false, its in-place twin.

    ``kernel`` gets the operands as arrays of one type (see ``operand_names``; numbers as 0-d arrays, 16-bit floats as
    float32) and the other arguments as they are.  ``result`` is ``"same"`` for the promoted type, ``"float"`` if
    integers become floats first, ``"bool"`` for a truth value.  ``twin`` may name the twin (``aten::pow_.Tensor``).
    ``check`` may reject the promoted type.
    """
    parsed = parse_schema(schema)
    plan = [a for a in parsed.arguments if not a.ignored]
    operands = operand_names(parsed)
    positions = [i for i, a in enumerate(plan) if a.name in operands]
    only = positions[0] if len(positions) == 1 else -1

    def run(*arguments: Any, **options: Any) -> Array:
        given = [arguments[i] for i in positions]
        if only >= 0:
            common = dtype_of(given[0])
            shape = given[0].shape
        else:
            common = result_type(*given)
            shape = broadcast_shapes(*(g.shape for g in given if isinstance(g, np.ndarray)))
        if result == "float":
            common = to_floating(common)
        if check is not None:
            check(common)
        compute = compute_dtype(common)
        values = list(arguments)
        for i in positions:
            values[i] = cast_operand(values[i], common, compute)
        computed = np.asarray(kernel(*values, **options))
        output = D.bool_ if result == "bool" else common
        converted = cast(computed, output)
        if converted.shape != shape:
            converted = np.broadcast_to(converted, shape)
        if any(converted is v or np.may_share_memory(converted, v) for v in (*values, *given) if isinstance(v, np.ndarray)):
            converted = converted.copy()
        return converted

    family = _family()
    all_tags = frozenset(("pointwise", *tags))
    operator = register(Operator(parsed, run, cpp, scalar_cpp, all_tags, family))
    if twin:
        in_place(operator, twin if isinstance(twin, str) else "")
    return operator
