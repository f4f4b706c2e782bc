"""Dictionaries: insertion ordered, with reference semantics.  Each operator has one overload per key type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from transpile.ops.registry import op

_KEYS = ("str", "int", "bool", "float", "complex")
Dict = dict[Any, Any]


def _missing(key: Any) -> KeyError:
    return KeyError(key)


def _getitem(self: Dict, key: Any) -> Any:
    if key not in self:
        raise _missing(key)
    return self[key]


def _delete(self: Dict, key: Any) -> None:
    if key not in self:
        raise _missing(key)
    del self[key]


def _set_item(self: Dict, key: Any, value: Any) -> None:
    self[key] = value


def _pop(self: Dict, key: Any) -> Any:
    if key not in self:
        raise _missing(key)
    return self.pop(key)


def _popitem(self: Dict) -> tuple[Any, Any]:
    """Removes the first inserted item, as TorchScript does (Python removes the last)."""
    if not self:
        raise KeyError("popitem(): dictionary is empty")
    key = next(iter(self))
    return key, self.pop(key)


# overload suffix, schema with K for the key type, kernel, C++
_OPERATORS: tuple[tuple[str, str, Callable[..., Any], str], ...] = (
    ("aten::len.Dict_K", "(Dict(K, t) self) -> int", len, "{0}.size()"),
    ("aten::__getitem__.Dict_K", "(Dict(K, t) self, K key) -> t(*)", _getitem, "{0}.at({1})"),
    ("aten::_set_item.K", "(Dict(K, t)(a!) l, K(b -> *) idx, t(c -> *) v) -> ()", _set_item, "{0}.set({1}, {2})"),
    ("aten::Delete.Dict_K", "(Dict(K, t)(a!) self, K key) -> ()", _delete, "{0}.erase({1})"),
    ("aten::__contains__.K", "(Dict(K, t) dict, K key) -> bool", lambda d, k: k in d, "{0}.contains({1})"),
    ("aten::keys.K", "(Dict(K, t) self) -> K[](*)", lambda d: list(d), "{0}.keys()"),
    ("aten::values.K", "(Dict(K, t) self) -> t[](*)", lambda d: list(d.values()), "{0}.values()"),
    ("aten::items.K", "(Dict(K, t) self) -> ((K, t)[])", lambda d: list(d.items()), "{0}.items()"),
    ("aten::get.K", "(Dict(K, t) self, K key) -> t(*)?", lambda d, k: d.get(k), "{0}.get({1})"),
    ("aten::get.default_K", "(Dict(K, t) self, K key, t default_value) -> t(*)", lambda d, k, v: d.get(k, v), "{0}.get({1}, {2})"),
    ("aten::setdefault.K", "(Dict(K, t)(a!) self, K(b -> *) key, t(c -> *) default_value) -> t(*)", lambda d, k, v: d.setdefault(k, v), "{0}.setdefault({1}, {2})"),
    ("aten::pop.Dict_K", "(Dict(K, t)(a!) self, K key) -> t(*)", _pop, "{0}.pop({1})"),
    ("aten::pop.Dict_default_K", "(Dict(K, t)(a!) self, K key, t default_value) -> t(*)", lambda d, k, v: d.pop(k, v), "{0}.pop({1}, {2})"),
    ("aten::popitem.K", "(Dict(K, t)(a!) self) -> ((K, t))", _popitem, "{0}.popitem()"),
    ("aten::clear.K", "(Dict(K, t)(a!) self) -> ()", lambda d: d.clear(), "{0}.clear()"),
    ("aten::update.K", "(Dict(K, t)(a!) self, Dict(K, t)(a!) to_add) -> ()", lambda d, e: d.update(e), "{0}.update({1})"),
    ("aten::copy.Dict_K", "(Dict(K, t)(a) self) -> Dict(K, t)", lambda d: dict(d), "{0}.copy()"),
    ("aten::dict.K", "((K, tVal)[] inputs) -> Dict(K, tVal)", lambda items: dict(items), "ts2cpp::dict_from_items({0})"),
    ("aten::dict.Dict_K", "(Dict(K, t)(a) self) -> Dict(K, t)", lambda d: dict(d), "{0}.copy()"),
)  # fmt: skip

for _key in _KEYS:
    for _name, _signature, _kernel, _cpp in _OPERATORS:
        op(_name.removesuffix("K") + _key + _signature.replace("K", _key), cpp=_cpp, tags=("scalar",))(_kernel)
