"""Operators on lists and tuples.  Lists are shared, not copied, as in Python."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from transpile.ops.display import text_of
from transpile.ops.families import Family
from transpile.ops.promotion import Array, broadcast_shapes, result_type, wrap_int

FAMILY = Family("sequence", header="")
op = FAMILY.op

_SCALAR = ("scalar",)
_TOTAL = ("scalar", "total")


def same_element(a: Any, b: Any) -> bool:
    """Whether a list search takes ``a`` for ``b``; tensors must have one element, as torch asks for a bool."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        broadcast_shapes(a.shape, b.shape)  # raises as torch does
        common = result_type(a, b).numpy
        equal = np.asarray(a.astype(common) == b.astype(common))
        if equal.size != 1:
            some = "no values" if equal.size == 0 else "more than one value"
            raise RuntimeError(f"Boolean value of Tensor with {some} is ambiguous")
        return bool(equal.reshape(()))
    return bool(a == b)


def _checked(items: list[Any], index: int) -> int:
    if not -len(items) <= index < len(items):
        raise IndexError("list index out of range")
    return index


# --- elements ------------------------------------------------------------------------------------------------------


@op("aten::__getitem__.t(t[](a) list, int idx) -> t(*)", cpp="{0}.at({1})", tags=(*_SCALAR, "one_error"))
def getitem(list: list[Any], idx: int) -> Any:
    return list[_checked(list, idx)]


op("aten::select.t(t[](a) list, int idx) -> t(*)", cpp="{0}.at({1})", tags=_SCALAR)(
    lambda list, idx: list[_checked(list, idx)]
)


@op("aten::_set_item.t(t[](a!) l, int idx, t(b -> *) el) -> t[](a!)", cpp="{0}.set({1}, {2})", tags=_SCALAR)
def set_item(l: list[Any], idx: int, el: Any) -> list[Any]:  # noqa: E741
    l[_checked(l, idx)] = el
    return l


@op("aten::len.t(t[] a) -> int", cpp="{0}.size()", tags=(*_SCALAR, "infallible"))
def length(a: list[Any]) -> int:
    return len(a)


op("aten::len.any(Any[] a) -> int", cpp="{0}.size()", tags=(*_SCALAR, "infallible"))(len)


def sliced(start: int | None, end: int | None, step: int) -> slice:
    """A slice; torch's error for step 0."""
    if step == 0:
        raise RuntimeError("List slice should have non-zero step")
    return slice(start, end, step)


@op(
    "aten::slice.t(t[] l, int? start=None, int? end=None, int step=1) -> t[]",
    cpp="{0}.slice({1}, {2}, {3})",
    tags=(*_SCALAR, "nonzero_last"),
)
def slice_list(l: list[Any], start: int | None = None, end: int | None = None, step: int = 1) -> list[Any]:  # noqa: E741
    return l[sliced(start, end, step)]


# --- growing and shrinking -----------------------------------------------------------------------------------------


@op("aten::append.t(t[](a!) self, t(c -> *) el) -> t[](a!)", cpp="{0}.append({1})", tags=_SCALAR)
def append(self: list[Any], el: Any) -> list[Any]:
    self.append(el)
    return self


@op("aten::extend.t(t[](a!) self, t[] other) -> ()", cpp="{0}.extend({1})", tags=_SCALAR)
def extend(self: list[Any], other: list[Any]) -> None:
    self.extend(list(other))


@op("aten::insert.t(t[](a!) self, int idx, t(b -> *) el) -> ()", cpp="{0}.insert({1}, {2})", tags=_SCALAR)
def insert(self: list[Any], idx: int, el: Any) -> None:
    self.insert(idx, el)


@op("aten::pop.t(t[](a!) self, int idx=-1) -> t(*)", cpp="{0}.pop({1})", tags=_SCALAR)
def pop(self: list[Any], idx: int = -1) -> Any:
    if not self:
        raise IndexError("pop from empty list")
    return self.pop(_checked(self, idx))


@op("aten::Delete.t(t[](a!) self, int idx) -> ()", cpp="{0}.pop({1})", tags=_SCALAR)
def delete(self: list[Any], idx: int) -> None:
    del self[_checked(self, idx)]


@op("aten::clear.t(t[](a!) self) -> ()", cpp="{0}.clear()", tags=_SCALAR)
def clear(self: list[Any]) -> None:
    self.clear()


@op("aten::reverse.t(t[](a!) self) -> ()", cpp="{0}.reverse()", tags=_SCALAR)
def reverse(self: list[Any]) -> None:
    self.reverse()


@op("aten::copy.t(t[](a) self) -> t[]", cpp="{0}.copy()", tags=_SCALAR)
def copy(self: list[Any]) -> list[Any]:
    return list(self)


op("aten::list.t(t[] l) -> t[]", cpp="{0}.copy()", tags=_SCALAR)(list)


@op("aten::add.t(t[] a, t[] b) -> t[]", cpp="{0} + {1}", tags=_TOTAL)
def add(a: list[Any], b: list[Any]) -> list[Any]:
    return [*a, *b]


@op("aten::add_.t(t[](a!) self, t[] b) -> t[]", cpp="{0}.extend({1})", tags=(*_SCALAR, "lends"))
def add_in_place(self: list[Any], b: list[Any]) -> list[Any]:
    self.extend(list(b))
    return self


op("aten::mul.left_t(t[] l, int n) -> t[]", cpp="{0}.repeat({1})", tags=_TOTAL)(lambda l, n: l * n)  # noqa: E741
op("aten::mul.right_(int n, t[] l) -> t[]", cpp="{1}.repeat({0})", tags=_TOTAL)(lambda n, l: l * n)  # noqa: E741


@op("aten::mul_.t(t[](a!) l, int n) -> t[](a!)", cpp="{0}.repeat_in_place({1})", tags=_SCALAR)
def mul_in_place(l: list[Any], n: int) -> list[Any]:  # noqa: E741
    l[:] = l * n
    return l


# --- searching and sorting -----------------------------------------------------------------------------------------


def _position(self: list[Any], el: Any) -> int:
    return next((i for i, item in enumerate(self) if same_element(item, el)), -1)


def _index(self: list[Any], el: Any) -> int:
    place = _position(self, el)
    if place < 0:
        raise ValueError(f"'{text_of(el)}' is not in list")
    return place


def _remove(self: list[Any], el: Any) -> None:
    place = _position(self, el)
    if place < 0:
        raise ValueError("list.remove(x): x not in list")
    del self[place]


def _count(self: list[Any], el: Any) -> int:
    return sum(same_element(item, el) for item in self)


def _sort_key(item: Any) -> Any:
    return item.item() if isinstance(item, np.ndarray) else item


def _sort(self: list[Any], reverse: bool = False) -> None:
    if len(self) < 2:
        return
    for item in self:
        if isinstance(item, np.ndarray) and item.size != 1:
            raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
    self.sort(key=_sort_key, reverse=reverse)


def _sorted(input: list[Any]) -> list[Any]:
    result = list(input)
    _sort(result)
    return result


for _kind in ("int", "float", "bool", "Tensor", "str"):
    op(f"aten::index.list_{_kind}({_kind}[] self, {_kind} el) -> int", cpp="ts2cpp::index_of({0}, {1})", tags=_SCALAR)(
        _index
    )
    op(f"aten::count.{_kind}({_kind}[] self, {_kind} el) -> int", cpp="{0}.count({1})", tags=_SCALAR)(_count)
    op(f"aten::remove.{_kind}({_kind}[](a!) self, {_kind} el) -> ()", cpp="{0}.remove({1})", tags=_SCALAR)(_remove)
for _kind in ("int", "float", "Tensor", "bool", "str"):
    op(f"aten::sort.{_kind}({_kind}[](a!) self, bool reverse=False) -> ()", cpp="{0}.sort({1})", tags=_SCALAR)(_sort)
    op(f"aten::sorted.{_kind}({_kind}[](a) input) -> {_kind}[]", cpp="ts2cpp::sorted({0})", tags=_SCALAR)(_sorted)
op("aten::sort.any(t[](a!) self, bool reverse=False) -> ()", cpp="{0}.sort({1})", tags=_SCALAR)(_sort)
op("aten::sorted.any(t[](a) self) -> t[]", cpp="ts2cpp::sorted({0})", tags=_SCALAR)(_sorted)

for _kind in ("int", "str", "float"):
    op(
        f"aten::__contains__.{_kind}_list({_kind}[] l, {_kind} item) -> bool",
        cpp="{0}.contains({1})",
        tags=_SCALAR,
    )(lambda l, item: _position(l, item) >= 0)  # noqa: E741


def _all_equal(a: list[Any], b: list[Any]) -> bool:
    return len(a) == len(b) and all(same_element(x, y) for x, y in zip(a, b, strict=True))


for _kind in ("int", "float", "Tensor", "bool", "str"):
    _tags = _SCALAR if _kind == "Tensor" else _TOTAL
    op(f"aten::eq.{_kind}_list({_kind}[] a, {_kind}[] b) -> bool", cpp="{0} == {1}", tags=_tags)(_all_equal)
    op(f"aten::ne.{_kind}_list({_kind}[] a, {_kind}[] b) -> bool", cpp="{0} != {1}", tags=_tags)(
        lambda a, b: not _all_equal(a, b)
    )

# --- folding -------------------------------------------------------------------------------------------------------


def _sum(self: list[Any]) -> Any:
    total = sum(self)
    return wrap_int(total) if isinstance(total, int) else total


op("aten::sum.int(int[] self) -> int", cpp="ts2cpp::sum({0})", tags=_SCALAR)(_sum)
op("aten::sum.float(float[] self) -> float", cpp="ts2cpp::sum({0})", tags=_SCALAR)(lambda self: float(sum(self)))
op("aten::sum.complex(complex[] self) -> complex", cpp="ts2cpp::sum({0})", tags=_SCALAR)(
    lambda self: complex(sum(self))
)
op("aten::sum.bool(bool[] self) -> int", cpp="ts2cpp::sum({0})", tags=_SCALAR)(_sum)
for _kind in ("str", "int", "float", "bool"):
    op(f"aten::any.{_kind}({_kind}[] self) -> bool", cpp="ts2cpp::any({0})", tags=_SCALAR)(any)
    if _kind != "str":
        op(f"aten::all.{_kind}({_kind}[] self) -> bool", cpp="ts2cpp::all({0})", tags=_SCALAR)(all)


def _extreme(name: str, better: Callable[[Any, Any], bool]) -> Callable[[list[Any]], Any]:
    def run(self: list[Any]) -> Any:
        if not self:
            raise ValueError(f"{name}() arg is an empty sequence")
        best = self[0]
        for item in self[1:]:
            best = item if better(item, best) else best
        return best

    return run


def _better_list(better: Callable[[Any, Any], bool]) -> Callable[[list[Any], list[Any]], list[Any]]:
    return lambda l, r: l if better(l, r) else r  # noqa: E741


_ORDERS: tuple[tuple[str, Callable[[Any, Any], bool]], ...] = (("max", operator.gt), ("min", operator.lt))
for _name, _better in _ORDERS:
    for _kind in ("int", "float", "bool"):
        op(
            f"prim::{_name}.{_kind}_list({_kind}[] l, {_kind}[] r) -> {_kind}[]",
            cpp=f"ts2cpp::{_name}({{0}}, {{1}})",
            tags=_SCALAR,
        )(_better_list(_better))
        op(f"prim::{_name}.self_{_kind}({_kind}[] self) -> {_kind}", cpp=f"ts2cpp::{_name}({{0}})", tags=_SCALAR)(
            _extreme(_name, _better)
        )

# --- shapes --------------------------------------------------------------------------------------------------------

op("prim::rangelist(int n) -> int[]", cpp="ts2cpp::range_list({0})", tags=_SCALAR)(lambda n: list(range(n)))
op("aten::Size(int[] sizes) -> int[]", cpp="{0}", tags=_SCALAR)(lambda sizes: sizes)


def _broadcast(a: list[int], b: list[int]) -> list[int]:
    return list(broadcast_shapes(tuple(a), tuple(b)))


for _name in ("_infer_size", "broadcast_shapes"):
    op(
        f"aten::{_name}(int[] a, int[] b) -> int[]",
        cpp="ts2cpp::List<std::int64_t>(ts2cpp::broadcast_sizes({0}, {1}))",
        tags=_SCALAR,
    )(_broadcast)


# --- optional values -----------------------------------------------------------------------------------------------


def _unwrap(optional: Any) -> Any:
    if optional is None:
        raise RuntimeError("Unwrapping null optional")
    return optional


op("aten::_unwrap_optional(t(a)? optional) -> t(a)", cpp="ts2cpp::unwrap({0})", tags=_SCALAR)(_unwrap)
op("prim::unchecked_unwrap_optional(t(a)? optional) -> t(a)", cpp="*{0}", tags=(*_SCALAR, "nofold"))(_unwrap)


@op("prim::tolist(...) -> ...", header="cast")
def to_list(self: Array, *rest: Any) -> Any:
    """The elements as nested lists; dimension and element type are in the type of the result."""
    return self.tolist()
