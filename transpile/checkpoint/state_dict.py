"""The state dict in a checkpoint: where programs put it, and which prefixes wrappers give to its keys."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from transpile.checkpoint.machine import Foreign
from transpile.eager.tensor import Tensor

# Where training programs keep the weights, most telling first; what else there is (averages, optimisers) is not meant.
USUAL = (
    "state_dict",
    "model_state_dict",
    "model",
    "net",
    "network",
    "module",
    "weights",
    "params",
    "teacher",
    "student",
)
# What DistributedDataParallel, torch.compile and Lightning put before every key.
PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "network.")
_DEPTH = 3
_MAX_VISITED = 1_000_000  # attributes of a pickled module
_MAX_PREFIX = 1000


@dataclass(frozen=True)
class StateDict:
    """A state dict, and where in the checkpoint it is (names of entries with dots; empty for the whole)."""

    where: str
    entries: Mapping[str, Any]
    module: str = ""  # the class, if it was taken out of a module that was pickled as a whole

    def describe(self) -> str:
        """What it is, for people."""
        tensors = [name for name, value in self.entries.items() if isinstance(value, Tensor)]
        shown = ", ".join(tensors[:3]) + (", ..." if len(tensors) > 3 else "")
        text = f"a state dict of {len(tensors)} tensor{'s' * (len(tensors) != 1)} ({shown})"
        if self.module:
            text = f"a module of class {self.module}, pickled as a whole, with {text}"
        return f"{text} under {self.where!r}" if self.where else text


def state_dicts(value: Any) -> list[StateDict]:
    """All state dicts that a checkpoint holds, in its order."""
    return _below(value, "", 0, {})


def _below(value: Any, where: str, depth: int, seen: dict[int, StateDict | None]) -> list[StateDict]:
    """``seen`` holds what was looked at already: a file may hold the same object under many names."""
    if not isinstance(value, (Foreign, Mapping)) or not value:
        return []
    if id(value) in seen:
        known = seen[id(value)]
        return [] if known is None else [replace(known, where=where)]
    seen[id(value)] = own = _own(value, where)
    if own is not None or not isinstance(value, Mapping):
        return [] if own is None else [own]
    inner: list[StateDict] = []
    if depth < _DEPTH:
        for key, item in value.items():
            if isinstance(key, str):
                inner += _below(item, f"{where}.{key}" if where else key, depth + 1, seen)
    if not inner and all(isinstance(key, str) for key in value) and any(isinstance(v, Tensor) for v in value.values()):
        return [StateDict(where, value)]
    return inner


def _own(value: Any, where: str) -> StateDict | None:
    """What an object is itself: a module, or a dict of nothing but tensors and the extra state of modules."""
    if isinstance(value, Foreign):
        entries = _of_module(value)
        return StateDict(where, entries, value.name.name) if entries else None
    tensors = sum(isinstance(item, Tensor) for item in value.values())
    texts = all(isinstance(key, str) for key in value)
    extra = sum(str(key).endswith("_extra_state") for key in value) if texts else 0
    return StateDict(where, value) if texts and tensors and tensors + extra >= len(value) else None


def chosen(found: list[StateDict]) -> StateDict | None:
    """The one that is meant: the only one, or the first that lies where programs usually put it."""
    if len(found) == 1:
        return found[0]
    for name in USUAL:
        for one in found:
            if one.where.rpartition(".")[2] == name:
                return one
    return None


def without_prefix(entries: Mapping[str, Any], wanted: Iterable[str]) -> tuple[Mapping[str, Any], str]:
    """The state dict without what a wrapper put before all of its keys, and what that was.

    ``wanted`` are the keys of the model: a prefix that they have stays.
    """
    keys = set(wanted)
    removed = ""
    while entries and not keys & entries.keys():
        prefix = next((p for p in PREFIXES if all(key.startswith(p) and key != p for key in entries)), None)
        if prefix is None:
            break
        stripped = {key.removeprefix(prefix): value for key, value in entries.items()}
        metadata = getattr(entries, "_metadata", None)
        entries = _Entries(stripped)
        if isinstance(metadata, Mapping):
            entries._metadata = {
                str(key).removeprefix(prefix): value
                for key, value in metadata.items()
                if str(key).startswith(prefix) or not key
            } | {"": metadata.get(prefix[:-1], {})}
        removed += prefix
    return entries, removed


class _Entries(dict[str, Any]):
    """A state dict that can have the versions of its modules beside it."""

    _metadata: Any


def _of_module(module: Foreign) -> dict[str, Any]:
    """The state dict of a module that was pickled as a whole, from what the file says of its attributes."""
    entries: dict[str, Any] = {}
    pending: deque[tuple[str, Any]] = deque([("", module)])
    left = _MAX_VISITED
    while pending and left > 0:
        prefix, one = pending.popleft()
        state = one.state if isinstance(one, Foreign) else None
        if not isinstance(state, dict):
            continue
        left_out = state.get("_non_persistent_buffers_set")
        for kind in ("_parameters", "_buffers"):
            items = _items(state.get(kind))
            left -= len(items) + 1
            for name, value in items:
                if isinstance(value, Tensor) and not (isinstance(left_out, (set, frozenset)) and name in left_out):
                    entries[f"{prefix}{name}"] = value
        if len(prefix) < _MAX_PREFIX:
            inner = _items(state.get("_modules"))
            left -= len(inner)
            pending.extend((f"{prefix}{name}.", child) for name, child in inner)
    return entries


def _items(value: Any) -> list[tuple[str, Any]]:
    return [(k, v) for k, v in value.items() if isinstance(k, str)] if isinstance(value, Mapping) else []
