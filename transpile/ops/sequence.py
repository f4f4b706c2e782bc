"""Lists, with Python's reference semantics, and what Python's built-ins do with them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from transpile.ops.registry import op

List = list[Any]


def _position(self: List, index: int) -> int:
    place = index + len(self) if index < 0 else index
    if not 0 <= place < len(self):
        raise IndexError("list index out of range")
    return place


def _same(a: Any, b: Any) -> bool:
    """Equality of two elements; tensors must have one element each."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return bool(np.asarray(a == b).item())
    return bool(a == b)


def _find(self: List, element: Any) -> int:
    for position, item in enumerate(self):
        if _same(item, element):
            return position
    return -1


def append(self: List, el: Any) -> List:
    self.append(el)
    return self


def extend(self: List, other: List) -> None:
    self.extend(list(other))


def insert(self: List, idx: int, el: Any) -> None:
    self.insert(idx, el)


def pop(self: List, idx: int = -1) -> Any:
    if not self:
        raise IndexError("pop from empty list")
    return self.pop(_position(self, idx))


def set_item(self: List, idx: int, el: Any) -> List:
    self[_position(self, idx)] = el
    return self


def delete(self: List, idx: int) -> None:
    del self[_position(self, idx)]


def remove(self: List, el: Any) -> None:
    place = _find(self, el)
    if place < 0:
        raise ValueError("list.remove(x): x not in list")
    del self[place]


def index(self: List, el: Any) -> int:
    place = _find(self, el)
    if place < 0:
        raise ValueError(f"'{el}' is not in list")
    return place


def _ordered(items: List, reverse: bool) -> List:
    if any(isinstance(i, np.ndarray) for i in items):
        key = functools.cmp_to_key(lambda a, b: -1 if bool((a < b).item()) else 1 if bool((b < a).item()) else 0)
        return sorted(items, key=key, reverse=reverse)
    return sorted(items, reverse=reverse)


def sort(self: List, reverse: bool = False) -> None:
    self[:] = _ordered(self, reverse)


def equal(a: List, b: List) -> bool:
    return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))


def add_in_place(self: List, other: List) -> List:
    self.extend(list(other))
    return self


def repeat_in_place(self: List, n: int) -> List:
    self[:] = self * max(n, 0)
    return self


def take_slice(l: List, start: int | None = None, end: int | None = None, step: int = 1) -> List:
    if step == 0:
        raise ValueError("slice step cannot be zero")
    return l[slice(start, end, step)]


_GENERIC: tuple[tuple[str, Callable[..., Any], str], ...] = (
    ("aten::append.t(t[](a!) self, t(c -> *) el) -> t[](a!)", append, "{0}.append({1})"),
    ("aten::extend.t(t[](a!) self, t[] other) -> ()", extend, "{0}.extend({1})"),
    ("aten::insert.t(t[](a!) self, int idx, t(b -> *) el) -> ()", insert, "{0}.insert({1}, {2})"),
    ("aten::pop.t(t[](a!) self, int idx=-1) -> t(*)", pop, "{0}.pop({1})"),
    ("aten::_set_item.t(t[](a!) l, int idx, t(b -> *) el) -> t[](a!)", set_item, "{0}.set({1}, {2})"),
    ("aten::__getitem__.t(t[](a) list, int idx) -> t(*)", lambda l, i: l[_position(l, i)], "{0}.at({1})"),
    ("aten::Delete.t(t[](a!) self, int idx) -> ()", delete, "{0}.erase({1})"),
    ("aten::clear.t(t[](a!) self) -> ()", lambda l: l.clear(), "{0}.clear()"),
    ("aten::reverse.t(t[](a!) self) -> ()", lambda l: l.reverse(), "{0}.reverse()"),
    ("aten::copy.t(t[](a) self) -> t[]", lambda l: list(l), "{0}.copy()"),
    ("aten::list.t(t[] l) -> t[]", lambda l: list(l), "{0}.copy()"),
    ("aten::len.t(t[] a) -> int", len, "{0}.size()"),
    ("aten::slice.t(t[] l, int? start=None, int? end=None, int step=1) -> t[]", take_slice, "{0}.slice({1}, {2}, {3})"),
    ("aten::add.t(t[] a, t[] b) -> t[]", lambda a, b: a + b, "{0} + {1}"),
    ("aten::add_.t(t[](a!) self, t[] b) -> t[]", add_in_place, "{0}.extend({1})"),
    ("aten::mul.left_t(t[] l, int n) -> t[]", lambda l, n: l * max(n, 0), "{0}.repeat({1})"),
    ("aten::mul.right_(int n, t[] l) -> t[]", lambda n, l: l * max(n, 0), "{1}.repeat({0})"),
    ("aten::mul_.t(t[](a!) l, int n) -> t[](a!)", repeat_in_place, "ts2cpp::repeat_in_place({0}, {1})"),
)  # fmt: skip

for _schema, _kernel, _cpp in _GENERIC:
    op(_schema, cpp=_cpp, tags=("scalar",))(_kernel)

for _type, _suffix in (("int", "int"), ("float", "float"), ("bool", "bool"), ("Tensor", "Tensor"), ("str", "str")):
    op(f"aten::remove.{_suffix}({_type}[](a!) self, {_type} el) -> ()", cpp="{0}.remove({1})", tags=("scalar",))(remove)
    op(f"aten::index.list_{_suffix}({_type}[] self, {_type} el) -> int", cpp="{0}.index({1})", tags=("scalar",))(index)
    op(f"aten::count.{_suffix}({_type}[] self, {_type} el) -> int", cpp="{0}.count({1})", tags=("scalar",))(
        lambda self, el: sum(_same(item, el) for item in self)
    )
    op(f"aten::sort.{_suffix}({_type}[](a!) self, bool reverse=False) -> ()", cpp="{0}.sort({1})", tags=("scalar",))(sort)
    op(f"aten::sorted.{_suffix}({_type}[](a) input) -> {_type}[]", cpp="{0}.sorted()", tags=("scalar",))(
        lambda items: _ordered(items, False)
    )
    op(f"aten::eq.{_suffix}_list({_type}[] a, {_type}[] b) -> bool", cpp="{0} == {1}", tags=("scalar",))(equal)
    op(f"aten::ne.{_suffix}_list({_type}[] a, {_type}[] b) -> bool", cpp="{0} != {1}", tags=("scalar",))(
        lambda a, b: not equal(a, b)
    )
for _type in ("int", "str", "float"):
    op(f"aten::__contains__.{_type}_list({_type}[] l, {_type} item) -> bool", cpp="{0}.contains({1})", tags=("scalar",))(
        lambda items, item: _find(items, item) >= 0
    )


def _extremum(choose: Callable[..., Any], word: str) -> Callable[[List], Any]:
    def run(self: List) -> Any:
        if not self:
            raise ValueError(f"{word}() arg is an empty sequence")
        return choose(self)

    return run


for _type in ("int", "float", "bool"):
    for _word, _choose in (("max", max), ("min", min)):
        op(f"prim::{_word}.self_{_type}({_type}[] self) -> {_type}", cpp=f"ts2cpp::{_word}({{0}})", tags=("scalar",))(
            _extremum(_choose, _word)
        )
        op(f"prim::{_word}.{_type}_list({_type}[] l, {_type}[] r) -> {_type}[]", tags=("scalar",))(
            lambda l, r, choose=_choose: list(choose(l, r))
        )
    for _word, _test in (("any", any), ("all", all)):
        op(f"aten::{_word}.{_type}({_type}[] self) -> bool", cpp=f"ts2cpp::{_word}({{0}})", tags=("scalar",))(
            lambda self, test=_test: bool(test(self))
        )
op("aten::any.str(str[] self) -> bool", cpp="ts2cpp::any({0})", tags=("scalar",))(lambda self: any(map(bool, self)))
for _type, _result in (("int", "int"), ("float", "float"), ("complex", "complex"), ("bool", "int")):
    op(f"aten::sum.{_type}({_type}[] self) -> {_result}", cpp="ts2cpp::sum({0})", tags=("scalar",))(
        lambda self, zero={"int": 0, "float": 0.0, "complex": 0j}[_result]: sum(self, zero)
    )
