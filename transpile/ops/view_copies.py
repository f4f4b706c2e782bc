"""Views as tensors of their own: ``view_copy``, ``permute_copy``... what a view would show, copied."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from transpile.ops.families import Family, placeholders
from transpile.ops.joining import split, split_with_sizes, unbind
from transpile.ops.layout import dense
from transpile.ops.registry import Kernel, Operator
from transpile.ops.shape import (
    alias,
    as_strided,
    detach,
    diagonal,
    expand,
    narrow_int,
    permute,
    reshape,
    select,
    slice_tensor,
    squeeze,
    squeeze_dim,
    squeeze_dims,
    t,
    transpose,
    unfold,
    unsqueeze,
    view,
    view_dtype,
)
from transpile.ops.unary import view_as_complex, view_as_real

FAMILY = Family("view_copies")


def _copied(compute: Kernel) -> Kernel:
    def run(*arguments: Any, **options: Any) -> Any:
        result = compute(*arguments, **options)
        return [dense(r).copy() for r in result] if isinstance(result, list) else dense(result).copy()

    return run


def _copies(*views: Operator) -> None:
    for base in views:
        _copy(base, base.name + "_copy")


def _copy(base: Operator, name: str) -> None:
    """Register the operator ``name`` that copies what the view ``base`` shows."""
    assert base.kernel is not None
    arguments = [replace(a, alias=None, element_alias=None) for a in base.schema.arguments]
    returns = [replace(r, alias=None, element_alias=None) for r in base.schema.returns]
    schema = replace(base.schema, name=name, arguments=tuple(arguments), returns=tuple(returns), _cache={})
    call = base.cpp or f"ops::{base.name.partition('::')[2]}({placeholders(base.schema)})"
    FAMILY.register(schema, _copied(base.kernel), f"ops::copied({call})", "", (), None, None)


_copies(
    alias, as_strided, detach, diagonal, expand, permute, select, slice_tensor, squeeze, squeeze_dim, squeeze_dims, t,
    transpose, unfold, unsqueeze, view_dtype, view_as_complex, view_as_real, split, split_with_sizes, unbind,
)  # fmt: skip
_copy(narrow_int, "aten::narrow_copy")
# Where there is no view of those sizes there is a copy.
_copy(replace(view, kernel=reshape.kernel, cpp="ops::reshape({0}, {1})"), "aten::view_copy")
