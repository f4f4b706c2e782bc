"""The family of a module of operators, and builders that register a whole group of operators from one line.

``pointwise`` supplies promotion, broadcasting, the rounding of 16-bit types, the in-place twin and its checks;
``in_place`` derives such a twin for an operator that is not pointwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
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
from transpile.ops.registry import Kernel, NoCpp, Operator, overloads, register

Variants: TypeAlias = Mapping[tuple[str, Any], str]
_NO_VARIANTS: Variants = MappingProxyType({})
Result: TypeAlias = 'Literal["same", "float", "bool", "real"] | Callable[..., DType]'
_OPERAND_SCALARS = frozenset(("self", "other", "exponent", "x", "n"))
_WRITTEN = AliasInfo(frozenset("a"), True)


@dataclass(frozen=True)
class Family:
    """The operators of one module, ``name`` being its stem.

    ``header`` is the stem of the C++ header, ``ts2cpp/ops/<header>.hpp``: the name of the family if it is not given, and
    empty for a family that calls no functions of ``ts2cpp::ops``.  ``tags`` are those of every operator.
    """

    name: str
    header: str | None = None
    tags: tuple[str, ...] = ()

    def op(
        self,
        schema: str,
        *,
        cpp: str = "",
        scalar_cpp: str = "",
        scalar_variants: Variants = _NO_VARIANTS,
        tags: Sequence[str] = (),
        header: str | None = None,
        no_cpp: NoCpp | None = None,
    ) -> Callable[[Kernel], Operator]:
        """Decorator: register a NumPy kernel under a schema; the name is then bound to the ``Operator``.

        ``header`` is the stem of another C++ header than the family's, ``no_cpp`` says that there is no C++ counterpart.
        """

        def decorate(kernel: Kernel) -> Operator:
            return self.register(parse_schema(schema), kernel, cpp, scalar_cpp, tags, header, no_cpp, scalar_variants)

        return decorate

    def register(
        self,
        schema: Schema,
        kernel: Kernel,
        cpp: str,
        scalar_cpp: str,
        tags: Sequence[str],
        header: str | None,
        no_cpp: NoCpp | None,
        scalar_variants: Variants = _NO_VARIANTS,
    ) -> Operator:
        """Register one overload of this family."""
        stem = next((h for h in (header, self.header, self.name) if h is not None), "")
        calls = bool(stem) and no_cpp is None and (not cpp or "ops::" in cpp)
        path = f"ts2cpp/ops/{stem}.hpp" if calls else ""
        all_tags = frozenset((*self.tags, *tags))
        return register(Operator(schema, kernel, cpp, scalar_cpp, all_tags, self.name, path, no_cpp, scalar_variants))

    def pointwise(
        self,
        schema: str,
        kernel: Callable[..., Any],
        *,
        result: Result = "same",
        supports: tuple[str, str] | None = None,
        round_operands: bool = False,
        check: Callable[..., None] | None = None,
        twin: bool | str = True,
        scalar: bool | str = False,
        cpp: str = "",
        scalar_cpp: str = "",
        scalar_variants: Variants = _NO_VARIANTS,
        number_cpp: str = "",
        tags: Sequence[str] = (),
        header: str | None = None,
        no_cpp: NoCpp | None = None,
    ) -> Operator:
        """Register an elementwise operator and, unless ``twin`` is false, its in-place twin.

        ``kernel`` gets the operands as arrays of one type (see ``operand_names``; numbers as 0-d arrays, 16-bit floats as
        float32) and the other arguments as they are.  ``result`` is ``"same"`` for the promoted type, ``"float"`` if
        integers become floats first, ``"bool"`` for a truth value, ``"real"`` for the real part's type, or a function of
        the promoted type and of the arguments that are no operands.  ``twin`` may be the qualified name of the twin
        (``aten::pow_.Tensor``).

        ``check`` sees all arguments as given and may reject them.  ``supports`` names the type kinds that exist (a subset
        of ``"bifc"``, or ``"w"`` for float32 and float64 alone) after the name that torch's error shows:
        ``("bitwise_and_cpu", "bi")``.  ``round_operands`` rounds
        numbers and 0-d tensors to the promoted type like other operands, which matters for the 16-bit floats.

        ``scalar`` registers the overload whose second operand is a number as well: ``True`` derives its schema, a string
        is the schema.  ``scalar_cpp`` is the per-element C++ spelling, ``number_cpp`` that of the scalar overload; a
        spelling that leaves out an argument holds only where that argument has its default value.  ``scalar_variants`` has
        spellings for other values: ``{("approximate", "tanh"): "math::gelu_tanh({0})"}``.  ``header`` and ``no_cpp`` are as
        in ``op``, for the twins too.
        """
        parsed = parse_schema(schema)
        numeric = parse_schema(scalar) if isinstance(scalar, str) else _with_number(parsed) if scalar else None
        plans = [_Pointwise(parsed, kernel, result, check, supports, round_operands)]
        spellings = [scalar_cpp]
        if numeric is not None:
            plans.append(_Pointwise(numeric, kernel, result, check, supports, round_operands))
            spellings.append(number_cpp)
        all_tags = ("pointwise", *tags)
        if result == "float":
            all_tags += ("floating",)
        elif len(plans[0].positions) == 1 and result == "same":
            all_tags += ("same_dtype",)
        operators = [
            self.register(plan.schema, plan.run, cpp, spelling, all_tags, header, no_cpp, scalar_variants)
            for plan, spelling in zip(plans, spellings, strict=True)
        ]
        if twin:
            name = twin if isinstance(twin, str) else ""
            for operator, plan in zip(operators, plans, strict=True):
                _register_twin(operator, name, plan.run_in_place)
                name = f"{name.partition('.')[0]}.Scalar" if name else ""
        return operators[0]

    def alias(self, names: str, *, source: str, twins: bool = True) -> None:
        """Register further names of an operator of this family: its overloads and, with ``twins``, their in-place twins.

        ``names`` is a space-separated list of plain names (``"multiply"``).
        """
        for name in names.split():
            for suffix in ("", "_") if twins else ("",):
                for base in overloads(f"aten::{source}{suffix}"):
                    if base.family == self.name and base.schema.arguments[0].type == T.TENSOR:
                        renamed = base.schema.renamed(f"aten::{name}{suffix}", base.schema.overload)
                        spelling = base.cpp or f"ops::{source}{suffix}({placeholders(base.schema)})"
                        register(replace(base, schema=renamed, cpp=spelling))


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


def in_place(
    base: Operator, name: str = "", *, cast_check: Callable[[DType, DType], None] = require_castable
) -> Operator:
    """Register the twin of ``base`` that stores the result in its first argument, and return it.

    The result must have the shape of the first argument and a type that can be cast to its type: ``cast_check``
    raises if it cannot.
    """
    compute = base.kernel
    assert compute is not None

    def run(target: Array, *arguments: Any, **options: Any) -> Array:
        require_writable(target)
        result = compute(target, *arguments, **options)
        _require_shape(target, result.shape)
        cast_check(dtype_of(result), dtype_of(target))
        target[...] = cast(result, dtype_of(target))
        return target

    return _register_twin(base, name, run)


def _register_twin(base: Operator, name: str, run: Callable[..., Array]) -> Operator:
    spelling = base.cpp.replace("(", "_(", 1) if base.cpp.startswith("ops::") else ""
    schema = in_place_schema(base.schema, name)
    tags = base.tags - {"pointwise", "epilogue", "same_dtype", "floating"}
    return register(replace(base, schema=schema, kernel=run, cpp=spelling, scalar_cpp="", tags=tags))


def _require_shape(target: Array, shape: tuple[int, ...]) -> None:
    if shape != target.shape:
        raise RuntimeError(
            f"output with shape {shape_text(target.shape)} doesn't match the broadcast shape {shape_text(shape)}"
        )


def _with_number(schema: Schema) -> Schema:
    """The overload of a binary operator that takes a number second; ``alpha`` is positional there."""
    first, second, *rest = schema.arguments
    tail = [replace(a, kwarg_only=False) if a.name == "alpha" else a for a in rest]
    overload = schema.overload.replace("Tensor", "Scalar") or "Scalar"
    return replace(schema, overload=overload, arguments=(first, replace(second, type=T.NUMBER), *tail), _cache={})


class _Pointwise:
    """The steps around the kernel of a pointwise operator."""

    def __init__(
        self,
        schema: Schema,
        kernel: Callable[..., Any],
        result: Result,
        check: Callable[..., None] | None,
        supports: tuple[str, str] | None,
        round_operands: bool,
    ) -> None:
        operands = operand_names(schema)
        plan = [a for a in schema.arguments if not a.ignored]
        self.schema = schema
        self.kernel = kernel
        self.result = result
        self.check = check
        self.supports = supports
        self.round_operands = round_operands
        self.positions = [i for i, a in enumerate(plan) if a.name in operands]

    def _prepare(self, arguments: Sequence[Any], options: dict[str, Any]) -> tuple[DType, DType, tuple[int, ...]]:
        """The promoted type, the type of the result and its shape."""
        if self.check is not None:
            self.check(*arguments, **options)
        given = [arguments[i] for i in self.positions]
        if len(given) == 1:
            common, shape = dtype_of(given[0]), given[0].shape
        else:
            common = result_type(*given)
            shape = broadcast_shapes(*(g.shape for g in given if isinstance(g, np.ndarray)))
        if self.result == "float":
            common = to_floating(common)
        if callable(self.result):
            output = self.result(common, *arguments[len(self.positions) :], **options)
        else:
            output = {"bool": D.bool_, "real": real_dtype(common)}.get(self.result, common)
        return common, output, shape

    def _compute(self, arguments: Sequence[Any], options: dict[str, Any], common: DType, output: DType) -> Array:
        if self.supports is not None:
            name, kinds = self.supports
            is_wide = common is D.float32 or common is D.float64
            require_supported("bifc"[common.category] in kinds or ("w" in kinds and is_wide), name, common)
        if callable(self.result):
            common = D.promote_types(common, output)
        compute = compute_dtype(common)
        values = list(arguments)
        for i in self.positions:
            if self.round_operands:
                values[i] = cast_operand(values[i], common, common)
            values[i] = cast_operand(values[i], common, compute)
        return cast(np.asarray(self.kernel(*values, **options)), output)

    def run(self, *arguments: Any, **options: Any) -> Array:
        common, output, shape = self._prepare(arguments, options)
        computed = self._compute(arguments, options, common, output)
        if computed.shape != shape:
            computed = np.broadcast_to(computed, shape)
        given = (arguments[i] for i in self.positions)
        if any(np.may_share_memory(computed, a) for a in given if isinstance(a, np.ndarray)):
            computed = computed.copy()
        return computed

    def run_in_place(self, target: Array, *rest: Any, **options: Any) -> Array:
        arguments = (target, *rest)
        if self.check is not None:
            self.check(*arguments, **options)
        require_writable(target)
        common, output, shape = self._prepare(arguments, options)
        _require_shape(target, shape)
        require_castable(output, dtype_of(target))
        target[...] = cast(self._compute(arguments, options, common, output), dtype_of(target))
        return target


def placeholders(schema: Schema) -> str:
    """``{0}, {1}``: one for each argument that is not ignored."""
    return ", ".join(f"{{{i}}}" for i in range(sum(not a.ignored for a in schema.arguments)))


def require_supported(supported: bool, name: str, dtype: DType) -> None:
    """Raise torch's error for an operator that does not exist for a type."""
    if not supported:
        raise NotImplementedError(f"\"{name}\" not implemented for '{dtype.graph_name}'")
