"""Walking over a C++ tree, and rewriting one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

N = TypeVar("N")


def walk(part: object) -> Iterator[object]:
    """Every node of ``part``, a node or a collection of nodes, outer ones first."""
    if isinstance(part, (list, tuple)):
        for item in part:
            yield from walk(item)
    elif is_dataclass(part):
        yield part
        for field in fields(part):
            yield from walk(getattr(part, field.name))


def rewrite(part: N, change: Callable[[Any], Any]) -> N:
    """A copy of ``part`` with what ``change`` gives in place of a node, where that is not ``None``.

    ``change`` sees outer nodes first, and nothing inside those that it replaces.  A list in place of an item of a list takes
    its place item by item.
    """
    return cast("N", _rewritten(part, change))


def _rewritten(part: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(part, (list, tuple)):
        items: list[Any] = []
        for item in part:
            new = _rewritten(item, change)
            items += new if isinstance(new, list) and not isinstance(item, list) else [new]
        return items if isinstance(part, list) else tuple(items)
    if not is_dataclass(part) or isinstance(part, type):
        return part
    given = change(part)
    if given is not None:
        return given
    return replace(part, **{f.name: _rewritten(getattr(part, f.name), change) for f in fields(part)})
