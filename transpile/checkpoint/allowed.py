"""Classes and functions that a program allows its checkpoints to name (``torch.serialization.add_safe_globals``)."""

from __future__ import annotations

from typing import Any

_allowed: list[Any] = []
_NEVER = ("sys", "os", "posix", "nt")


def add(safe_globals: list[Any]) -> None:
    """Allow classes or functions, or pairs of one and the name that files have for it."""
    _allowed.extend(g for g in safe_globals if g not in _allowed)


def remove(safe_globals: list[Any]) -> None:
    _allowed[:] = [g for g in _allowed if g not in safe_globals]


def current() -> list[Any]:
    return list(_allowed)


def by_name() -> dict[str, Any]:
    """What is allowed, by the full name that a file has for it."""
    found: dict[str, Any] = {}
    for item in _allowed:
        if isinstance(item, tuple):
            if len(item) != 2:
                raise ValueError(
                    f"Expected tuple of length 2 (global, str of callable full path), but got tuple of length: {len(item)}"
                )
            if type(item[1]) is not str:
                raise TypeError(
                    f"Expected second item in tuple to be str of callable full path, but got: {type(item[1])}"
                )
            found[item[1]] = item[0]
        else:
            found[f"{item.__module__}.{item.__qualname__}"] = item
    return {name: value for name, value in found.items() if name.partition(".")[0] not in _NEVER}


def build(made: Any, state: Any) -> None:
    """Give an object of an allowed class its state, as Python's pickles do."""
    if hasattr(made, "__setstate__"):
        made.__setstate__(state)
        return
    slots = None
    if isinstance(state, tuple) and len(state) == 2:
        state, slots = state
    if state:
        vars(made).update(state)
    for name, value in (slots or {}).items():
        setattr(made, name, value)
