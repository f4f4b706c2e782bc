"""``ScriptList`` and ``ScriptDict``: containers that compiled code and Python share.

A plain list or dict is copied when it is passed to compiled code; these are passed as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from transpile.core import types as T
from transpile.jit.module import conversion


class ScriptList(conversion.RawContainer):
    """A list whose elements have one type; ``TypeError`` for an element of another."""

    __module__ = "torch"

    def __init__(self, values: list[Any], type_: T.ListType) -> None:
        self._type: T.ListType = type_
        self._values = [_raw(v, type_.element) for v in values]

    @classmethod
    def _of(cls, values: list[Any], type_: T.ListType) -> ScriptList:
        made = cls([], type_)
        made._values = values
        return made

    def _raw(self, value: Any) -> Any:
        return _raw(value, self._type.element)

    def _python(self, value: Any) -> Any:
        return _python(value, self._type.element)

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return (self._python(v) for v in self._values)

    def __contains__(self, value: Any) -> bool:
        return any(v == value for v in self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (ScriptList, list)) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __getitem__(self, index: Any) -> Any:
        found = self._values[index]
        return ScriptList._of(found, self._type) if isinstance(index, slice) else self._python(found)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._values[index] = [self._raw(v) for v in value] if isinstance(index, slice) else self._raw(value)

    def __delitem__(self, index: Any) -> None:
        del self._values[index]

    def __repr__(self) -> str:
        return repr(list(self))

    def append(self, value: Any) -> None:
        """Add an element at the end."""
        self._values.append(self._raw(value))

    def insert(self, index: int, value: Any) -> None:
        """Add an element before ``index``."""
        self._values.insert(index, self._raw(value))

    def extend(self, values: Any) -> None:
        """Add all elements of ``values``."""
        self._values.extend([self._raw(v) for v in values])

    def pop(self, index: int = -1) -> Any:
        """Remove and give the element at ``index``."""
        return self._python(self._values.pop(index))

    def count(self, value: Any) -> int:
        """How many elements equal ``value``."""
        return sum(1 for v in self if v == value)

    def remove(self, value: Any) -> None:
        """Remove the first element that equals ``value``; ``ValueError`` if there is none."""
        del self._values[list(self).index(value)]

    def clear(self) -> None:
        """Remove all elements."""
        self._values.clear()


class ScriptDict(conversion.RawContainer):
    """A dict whose keys and values have one type each; ``TypeError`` for others."""

    __module__ = "torch"

    def __init__(self, values: dict[Any, Any], type_: T.DictType) -> None:
        self._type: T.DictType = type_
        self._values: dict[Any, Any] = {}
        for key, value in values.items():
            self[key] = value

    def _key(self, key: Any) -> Any:
        return _raw(key, self._type.key)

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._values))

    def __contains__(self, key: Any) -> bool:
        return self._key(key) in self._values

    def __getitem__(self, key: Any) -> Any:
        return _python(self._values[self._key(key)], self._type.value)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._values[self._key(key)] = _raw(value, self._type.value)

    def __delitem__(self, key: Any) -> None:
        del self._values[self._key(key)]

    def __repr__(self) -> str:
        return repr(dict(self.items()))

    def keys(self) -> list[Any]:
        """The keys."""
        return list(self._values)

    def items(self) -> list[tuple[Any, Any]]:
        """Pairs of keys and values."""
        return [(key, self[key]) for key in self._values]


def _raw(value: Any, type_: T.Type) -> Any:
    try:
        return conversion.to_raw(value, type_)
    except conversion.CastError as error:
        raise TypeError(f"expected a value of type {type_.annotation()}: {error}") from None


def _python(value: Any, type_: T.Type) -> Any:
    return conversion.to_python(value, type_)
