"""Operators on dicts, which keep the order of insertion and are shared, not copied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from transpile.ops.display import text_of
from transpile.ops.families import Family

FAMILY = Family("mapping", header="")
op = FAMILY.op

_SCALAR = ("scalar",)
_MISSING = object()


class TensorKey:
    """A tensor as a dict key: tensors are keys by identity."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor

    def __hash__(self) -> int:
        return id(self.tensor)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TensorKey) and other.tensor is self.tensor


def _key(key: Any) -> Any:
    return TensorKey(key) if isinstance(key, np.ndarray) else key


def make_dict(items: Sequence[Any]) -> dict[Any, Any]:
    """The dict of alternating keys and values."""
    return dict(zip(map(_key, items[::2]), items[1::2], strict=True))


def plain_key(key: Any) -> Any:
    """The raw value of a key: an array if it stands for a tensor."""
    return key.tensor if isinstance(key, TensorKey) else key


def _missing(key: Any) -> KeyError:
    return KeyError(text_of(key))


def _getitem(self: dict[Any, Any], key: Any) -> Any:
    found = self.get(_key(key), _MISSING)
    if found is _MISSING:
        raise _missing(key)
    return found


def _set_item(l: dict[Any, Any], idx: Any, v: Any) -> None:  # noqa: E741
    l[_key(idx)] = v


def _pop(self: dict[Any, Any], key: Any) -> Any:
    found = self.pop(_key(key), _MISSING)
    if found is _MISSING:
        raise _missing(key)
    return found


def _delete(self: dict[Any, Any], key: Any) -> None:
    _pop(self, key)


def _popitem(self: dict[Any, Any]) -> tuple[Any, Any]:
    """Removes the first item, unlike Python, which removes the last."""
    if not self:
        raise RuntimeError("popitem(): dictionary is empty")
    key = next(iter(self))
    return plain_key(key), self.pop(key)


def _update(self: dict[Any, Any], to_add: dict[Any, Any]) -> None:
    self.update(to_add)


def _clear(self: dict[Any, Any]) -> None:
    self.clear()


def _from_pairs(inputs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    return {_key(k): v for k, v in inputs}


op("aten::dict() -> Dict(str, Tensor)", cpp="ts2cpp::Dict<std::string, ts2cpp::Tensor>()", tags=_SCALAR)(dict)

for _kind in ("str", "int", "bool", "float", "complex", "Tensor"):
    _dict = f"Dict({_kind}, t)"
    op(
        f"aten::dict.{_kind}(({_kind}, tVal)[] inputs) -> Dict({_kind}, tVal)",
        cpp="ts2cpp::make_dict({0})",
        tags=_SCALAR,
    )(_from_pairs)
    op(f"aten::dict.Dict_{_kind}({_dict}(a) self) -> {_dict}", cpp="{0}.copy()", tags=_SCALAR)(dict)
    op(f"aten::len.Dict_{_kind}({_dict} self) -> int", cpp="{0}.size()", tags=(*_SCALAR, "infallible"))(len)
    op(f"aten::keys.{_kind}({_dict} self) -> {_kind}[](*)", cpp="{0}.keys()", tags=_SCALAR)(
        lambda self: [plain_key(k) for k in self]
    )
    op(f"aten::values.{_kind}({_dict} self) -> t[](*)", cpp="{0}.values()", tags=_SCALAR)(
        lambda self: list(self.values())
    )
    op(f"aten::items.{_kind}({_dict} self) -> (({_kind}, t)[])", cpp="{0}.items()", tags=_SCALAR)(
        lambda self: [(plain_key(k), v) for k, v in self.items()]
    )
    op(f"aten::__getitem__.Dict_{_kind}({_dict} self, {_kind} key) -> t(*)", cpp="{0}.at({1})", tags=_SCALAR)(_getitem)
    op(f"aten::get.{_kind}({_dict} self, {_kind} key) -> t(*)?", cpp="{0}.get({1})", tags=(*_SCALAR, "infallible"))(
        lambda self, key: self.get(_key(key))
    )
    op(
        f"aten::get.default_{_kind}({_dict} self, {_kind} key, t default_value) -> t(*)",
        cpp="{0}.get({1}, {2})",
        tags=(*_SCALAR, "infallible"),
    )(lambda self, key, default_value: self.get(_key(key), default_value))
    op(
        f"aten::setdefault.{_kind}({_dict}(a!) self, {_kind}(b -> *) key, t(c -> *) default_value) -> t(*)",
        cpp="{0}.setdefault({1}, {2})",
        tags=_SCALAR,
    )(lambda self, key, default_value: self.setdefault(_key(key), default_value))
    op(f"aten::Delete.Dict_{_kind}({_dict}(a!) self, {_kind} key) -> ()", cpp="{0}.erase({1})", tags=_SCALAR)(_delete)
    op(f"aten::pop.Dict_{_kind}({_dict}(a!) self, {_kind} key) -> t(*)", cpp="{0}.pop({1})", tags=_SCALAR)(_pop)
    op(
        f"aten::pop.Dict_default_{_kind}({_dict}(a!) self, {_kind} key, t default_value) -> t(*)",
        cpp="{0}.pop({1}, {2})",
        tags=_SCALAR,
    )(lambda self, key, default_value: self.pop(_key(key), default_value))
    op(f"aten::popitem.{_kind}({_dict}(a!) self) -> (({_kind}, t))", cpp="{0}.popitem()", tags=_SCALAR)(_popitem)
    op(f"aten::clear.{_kind}({_dict}(a!) self) -> ()", cpp="{0}.clear()", tags=_SCALAR)(_clear)
    op(f"aten::update.{_kind}({_dict}(a!) self, {_dict}(a!) to_add) -> ()", cpp="{0}.update({1})", tags=_SCALAR)(
        _update
    )
    op(f"aten::copy.Dict_{_kind}({_dict}(a) self) -> {_dict}", cpp="{0}.copy()", tags=_SCALAR)(dict)
    op(
        f"aten::_set_item.{_kind}({_dict}(a!) l, {_kind}(b -> *) idx, t(c -> *) v) -> ()",
        cpp="{0}.set({1}, {2})",
        tags=_SCALAR,
    )(_set_item)
    op(f"aten::__contains__.{_kind}({_dict} dict, {_kind} key) -> bool", cpp="{0}.contains({1})", tags=_SCALAR)(
        lambda dict, key: _key(key) in dict
    )
