"""Subscripts: items and slices of lists, dicts, strings, tuples and tensors, read and assigned."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from transpile.core import types as T
from transpile.core.errors import ScriptTypeError
from transpile.core.source import SourceRange
from transpile.ir.graph import Value
from transpile.script.environment import shown
from transpile.script.values import Actual, SimpleValue, Sugared, SugaredTuple

if TYPE_CHECKING:
    from transpile.script.emitter import Emitter


def emit_subscript(e: Emitter, node: ast.Subscript, hint: T.Type | None) -> Sugared:
    base = e.sugared(node.value)
    range = e.range(node)
    parts = _parts(node)
    if isinstance(base, SimpleValue) and isinstance(base.value.type, T.TensorType):
        return SimpleValue(_index_tensor(e, node, base.value))
    if len(parts) > 1 and isinstance(node.slice, ast.Tuple):
        value = base.as_value(e, range)
        if isinstance(value.type, T.DictType):
            return base.item(e, range, e.expression(node.slice))
        raise ScriptTypeError(f"'{shown(value.type)}' object cannot be indexed with several indices", range)
    if isinstance(parts[0], ast.Slice):
        if base.kind == "module":
            return _slice_modules(e, base, parts[0], range)
        return SimpleValue(_slice(e, base, parts[0], range))
    return base.item(e, range, e.expression(parts[0]), hint)


def _parts(node: ast.Subscript) -> list[ast.expr]:
    return list(node.slice.elts) if isinstance(node.slice, ast.Tuple) and node.slice.elts else [node.slice]


def value_item(
    e: Emitter, value: Value, range: SourceRange | None, index: Value, hint: T.Type | None = None
) -> Sugared:
    """``value[index]`` for a value of the graph; ``hint`` is the interface that a module of a container is asked for as."""
    type = value.type
    if isinstance(type, (T.ListType, T.DictType)) or type == T.STR:
        return SimpleValue(e.operator("aten::__getitem__", range, [value, index]))
    if isinstance(type, T.TensorType):
        return SimpleValue(e.operator("aten::select", range, [value, e.constant(0, None), index]))
    if isinstance(type, T.TupleType):
        return SimpleValue(_tuple_item(e, value, type, range, index))
    if isinstance(type, T.ClassType):
        if type.is_module and isinstance(hint, T.InterfaceType):
            return SimpleValue(e.insert("prim::ModuleContainerIndex", [value, index], [hint], range).output)
        return SimpleValue(value).attribute(e, range, "__getitem__").call(e, range, [Actual(index, range)], ())
    raise ScriptTypeError(f"'{shown(type)}' object is not subscriptable", range)


def _tuple_item(e: Emitter, value: Value, type: T.TupleType, range: SourceRange | None, index: Value) -> Value:
    if index.type != T.INT:
        raise ScriptTypeError("tuple index must be an integer", range)
    position = index.literal
    size = len(type.elements)
    if not isinstance(position, int):
        if not type.elements or any(t != type.elements[0] for t in type.elements):
            raise ScriptTypeError(
                f"Cannot index into a {type.annotation()} with a non-integer literal because we cannot resolve "
                "the output "
                "type",
                range,
                hint="unpack the tuple, or use a List if the elements have one type",
            )
        result = type.elements[0]
    else:
        if not -size <= position < size:
            raise ScriptTypeError(
                f"Tuple index out of range. Tuple is length {size} and index is {position}",
                range,
                hint=f"indices go from {-size} to {size - 1}" if size else "",
            )
        result = type.elements[position]
    return e.insert("prim::TupleIndex", [value, index], [result], None).output


def _slice_modules(e: Emitter, base: Sugared, part: ast.Slice, range: SourceRange) -> Sugared:
    """Some of the modules of a container; the bounds must be known."""
    bounds: list[int | None] = []
    for bound in (part.lower, part.upper, part.step):
        value = None if bound is None else e.expression(bound).literal
        if bound is not None and not isinstance(value, int):
            raise ScriptTypeError("the bounds of a slice of modules must be integer literals", range)
        bounds.append(value)
    return SugaredTuple(base.as_tuple(e, range)[slice(*bounds)])


def _slice(e: Emitter, base: Sugared, part: ast.Slice, range: SourceRange) -> Value:
    value = base.as_value(e, range)
    if isinstance(value.type, T.TupleType):
        return _slice_tuple(e, value, value.type, part, range)
    if not isinstance(value.type, T.ListType) and value.type != T.STR:
        module = isinstance(value.type, T.ClassType) and value.type.is_module
        hint = "keep the part as a ModuleList of its own, made in __init__" if module else ""
        raise ScriptTypeError(f"'{shown(value.type)}' object cannot be sliced", range, hint=hint)
    return _emit_slice(e, value, None, part, range)


def _emit_slice(e: Emitter, value: Value, dim: Value | None, part: ast.Slice, range: SourceRange) -> Value:
    bounds = []
    for bound in (part.lower, part.upper):
        bounds.append(e.expression(bound) if bound is not None else e.constant(None, None))
    step = e.expression(part.step) if part.step is not None else e.constant(1, None)
    return e.operator("aten::slice", range, [value, *([dim] if dim is not None else []), *bounds, step])


def _slice_tuple(e: Emitter, value: Value, type: T.TupleType, part: ast.Slice, range: SourceRange) -> Value:
    limits: list[int | None] = []
    for bound in (part.lower, part.upper, part.step):
        known = e.expression(bound).literal if bound is not None else None
        if known is not None and not isinstance(known, int):
            raise ScriptTypeError("tuple slice bounds must be integer constants", range)
        limits.append(known)
    values = []
    for position in list(_range(len(type.elements)))[slice(*limits)]:
        index = e.constant(position, None)
        values.append(e.insert("prim::TupleIndex", [value, index], [type.elements[position]], None).output)
    return e.make_tuple(values, None)


def _range(count: int) -> Sequence[int]:
    return range(count)


# ---- tensors
def _index_tensor(e: Emitter, node: ast.Subscript, value: Value) -> Value:
    if len(_parts(node)) == 1 and _is_ellipsis(node.slice):
        raise e.error(node, "Cannot emit expr for: (dots)", "leave the index out")
    view, indices = view_of(e, node, value)
    if not indices:
        return view
    listed = e.make_list(indices, T.OptionalType(T.TENSOR), None)
    return e.operator("aten::index", e.range(node), [view, listed])


def view_of(e: Emitter, node: ast.Subscript, value: Value) -> tuple[Value, list[Value]]:
    """Apply the integers, slices and Nones of an index; gives the view, and the tensor indices that are left."""
    range = e.range(node)
    parts = _parts(node)
    plan = _Dimensions(e, parts)
    indices: list[Value | None] = []
    for part, dim, index in zip(parts, plan.dims, plan.values, strict=True):
        if isinstance(part, ast.Slice):
            value = _emit_slice(e, value, e.constant(dim, range), part, range)
        elif index is None:
            continue  # an ellipsis
        elif index.type == T.NONE:
            value = e.operator("aten::unsqueeze", range, [value, e.constant(dim, range)])
        elif index.type == T.INT:
            value = e.operator("aten::select", range, [value, e.constant(dim, range), index])
        else:
            indices += [None] * (dim + 1 - len(indices))
            indices[dim] = index
    return value, [i if i is not None else e.constant(None, None) for i in indices]


class _Dimensions:
    """Which dimension each part of an index applies to: from the left up to an ellipsis, then from the right."""

    def __init__(self, e: Emitter, parts: Sequence[ast.expr]) -> None:
        self.e = e
        self.dims = [0] * len(parts)
        self.values: list[Value | None] = [None] * len(parts)
        dim, at = 0, 0
        while at < len(parts) and not _is_ellipsis(parts[at]):
            dim = self.place(at, parts[at], dim, 1)
            at += 1
        dim = -1
        for position in reversed(_range(len(parts))[at + 1 :]):
            if _is_ellipsis(parts[position]):
                raise e.error(parts[position], "An index can only have a single ellipsis ('...')")
            dim = self.place(position, parts[position], dim, -1)

    def place(self, position: int, part: ast.expr, dim: int, step: int) -> int:
        """Compile one part at ``dim`` and give the dimension of the next."""
        self.dims[position] = dim
        if isinstance(part, ast.Slice):
            return dim + step
        e, range = self.e, self.e.range(part)
        index = e.expression(part)
        if isinstance(index.type, T.ListType):
            index = e.operator("aten::tensor", None, [index], dtype=e.constant(4, None))
        self.values[position] = index
        if index.type == T.INT:
            return dim if step > 0 else dim - 1
        if index.type == T.NONE:
            return dim + 1 if step > 0 else dim
        if T.is_subtype(index.type, T.OptionalType(T.TENSOR)):
            if step < 0:
                raise ScriptTypeError(
                    "Ellipses followed by tensor indexing is currently not supported",
                    range,
                    hint="write the skipped dimensions out as ':'",
                )
            return dim + 1
        raise ScriptTypeError(
            f"Unsupported operation: indexing tensor with unsupported index type '{shown(index.type)}'. Only "
            "ints, slices, "
            "lists and tensors are supported",
            range,
            hint="write the indices out: x[t[0], t[1]]" if isinstance(index.type, T.TupleType) else "",
        )


def _is_ellipsis(part: ast.expr) -> bool:
    return isinstance(part, ast.Constant) and part.value is Ellipsis


# ---- assignment
def assign_item(e: Emitter, target: ast.Subscript, value: Value) -> None:
    """``target = value`` for a subscript."""
    range = e.range(target)
    container = e.expression(target.value)
    if not isinstance(container.type, T.TensorType):
        if isinstance(target.slice, ast.Slice):
            raise ScriptTypeError(
                f"a slice of a {container.type.annotation()} cannot be assigned to",
                range,
                hint="assign the elements in a loop",
            )
        set_item(e, container, e.expression(target.slice), value, range)
        return
    view, indices = view_of(e, target, container)
    value = _as_tensor(e, value, view)
    if not indices:
        e.operator("aten::copy_", range, [view, value])
    else:
        listed = e.make_list(indices, T.OptionalType(T.TENSOR), None)
        e.operator("aten::index_put_", range, [view, listed, value])


def _as_tensor(e: Emitter, value: Value, like: Value) -> Value:
    """A number as a tensor of the dtype and device of ``like``."""
    if value.type not in (T.INT, T.FLOAT, T.BOOL, T.COMPLEX, T.NUMBER):
        return value
    dtype = e.operator("prim::dtype", None, [like])
    device = e.operator("prim::device", None, [like])
    return e.operator("aten::tensor", None, [value], dtype=dtype, device=device)


def set_item(e: Emitter, container: Value, index: Value, value: Value, range: SourceRange | None) -> None:
    """``container[index] = value`` for a list, dict or object."""
    if isinstance(container.type, T.ClassType):
        method = SimpleValue(container).attribute(e, range, "__setitem__")
        method.call(e, range, [Actual(index, range), Actual(value, range)], ())
    elif isinstance(container.type, T.TupleType) or container.type == T.STR:
        hint = (
            "make a new one: tuples and strings do not change"
            if container.type == T.STR or isinstance(container.type, T.TupleType)
            else ""
        )
        raise ScriptTypeError(f"{shown(container.type)} does not support subscripted assignment", range, hint=hint)
    else:
        e.operator("aten::_set_item", range, [container, index, value])
