"""The pickle machine of checkpoints: all protocols that Python has written, values made while they are read.

What a name in the file means is asked of a table (``Names``); a name that is not in it is an error, or a ``Foreign`` object
whose content stays data.  Time and memory are bounded by the size of the file: what calls copy is counted.
"""

from __future__ import annotations

import pickle
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from transpile.archive.pickle_data import Global
from transpile.archive.pickle_reader import PickleReader
from transpile.core.dtype import DType
from transpile.core.errors import ArchiveError

_MAX_INTEGER = 4096  # bytes
_SCALARS = frozenset((str, int, float, bytes, bool, type(None)))


class NotAllowedError(ArchiveError, pickle.UnpicklingError):
    """A checkpoint asks for what data does not need."""


class Foreign:
    """An object of a class that is not looked up, with what the file says of it."""

    def __init__(self, name: Global, arguments: Any = None) -> None:
        self.name = name
        self.arguments = arguments
        self.state: Any = None


class Names(Protocol):
    """What the names of a file mean."""

    def find(self, name: Global) -> Any:
        """What stands for a name; ``NotAllowedError`` if nothing does."""

    def call(self, function: Any, arguments: tuple[Any, ...]) -> Any:
        """The result of a call."""

    def new(self, kind: Any, arguments: tuple[Any, ...]) -> Any:
        """An object of a class, which ``build`` may give a state."""

    def build(self, made: Any, state: Any) -> None:
        """Give an object its state."""

    def persistent(self, identity: Any) -> Any:
        """What is stored outside of the pickle."""


class CheckpointReader(PickleReader):
    """Reads the pickles of a checkpoint; ``encoding`` is that of Python 2's strings."""

    protocols = (2, 3, 4, 5)

    def __init__(self, data: bytes | memoryview, entry: str, names: Names, encoding: str = "utf-8") -> None:
        super().__init__(data, entry)
        self.names = names
        self._encoding = encoding
        self._left = len(data) + 4096  # what may still be copied

    def load_next(self) -> Any:
        self._memo = {}
        return super().load_next()

    @property
    def position(self) -> int:
        """Where the pickle that was read last ends."""
        return self._at

    def take(self, count: int) -> memoryview:
        """The next bytes, which are no pickle."""
        return self._take(count)

    def _step(self, code: int) -> Callable[[Any], None] | None:
        return _STEPS.get(code) or super()._step(code)

    def _spend(self, count: int) -> None:
        """Count what is copied: a file may not have its content copied over and over."""
        self._left -= count
        if self._left < 0:
            raise self._error("the pickle copies more than it holds")

    # ---- plain values
    def decoded(self, raw: memoryview, encoding: str = "utf-8", errors: str = "surrogatepass") -> None:
        try:
            self.push(bytes(raw) if encoding == "bytes" else str(raw, encoding, errors))
        except (UnicodeDecodeError, LookupError):
            raise self._error(f"a text is no {encoding}") from None

    def integer(self, count: int) -> None:
        if count > _MAX_INTEGER:
            raise self._error("an integer is too long")
        self.push(int.from_bytes(self._take(count), "little", signed=True))

    def byte_array(self) -> None:
        self.push(bytearray(self._take(self._number("<Q"))))

    def frame(self) -> None:
        self._number("<Q")

    def stack_name(self) -> None:
        name, module = self._pop(), self._pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise self._error("a name is no text")
        self._name(module, name)

    def name(self) -> None:
        self._name(self._line(), self._line())

    def _name(self, module: str, name: str) -> None:
        module, name = NAME_MAPPING.get((module, name), (IMPORT_MAPPING.get(module, module), name))
        self.push(self.names.find(Global(module, name)))

    def memoize(self) -> None:
        self.put(len(self._memo))

    def persistent(self) -> None:
        self.push(self.names.persistent(self._pop()))

    # ---- containers
    def _set(self, target: dict[Any, Any], key: Any, value: Any) -> None:
        self._check_key(key)
        target[key] = value

    def _check_key(self, key: Any) -> None:
        """Hashing must end: tuples that hold each other over and over would take for ever."""
        if type(key) in _SCALARS:
            return
        inner = key if isinstance(key, tuple) else ()
        self._spend(len(inner))
        if not isinstance(key, (tuple, DType)) or not all(type(v) in _SCALARS for v in inner):
            raise self._error(f"a {type(key).__name__} cannot be a key")

    def _target(self, kind: type) -> Any:
        """What items are added to; ``None`` if it is foreign."""
        found = self._stack[-1] if self._stack else None
        return None if isinstance(found, Foreign) else self._top(kind)

    def append(self) -> None:
        value = self._pop()
        target = self._target(list)
        if target is not None:
            target.append(value)

    def appends(self) -> None:
        items = self._pop_to_mark()
        target = self._target(list)
        if target is not None:
            target.extend(items)

    def set_item(self) -> None:
        value, key = self._pop(), self._pop()
        target = self._target(dict)
        if target is not None:
            self._set(target, key, value)

    def set_items(self) -> None:
        items = self._pop_to_mark()
        target = self._target(dict)
        if target is not None:
            self._set_all(target, items)

    def add_items(self) -> None:
        items = self._pop_to_mark()
        target = self._target(set)
        for item in items if target is not None else ():
            self._check_key(item)
            target.add(item)

    def frozen_set(self) -> None:
        items = self._pop_to_mark()
        for item in items:
            self._check_key(item)
        self.push(frozenset(items))

    def marked_list(self) -> None:
        self.push(self._pop_to_mark())

    def marked_dict(self) -> None:
        items = self._pop_to_mark()
        made: dict[Any, Any] = {}
        self.push(made)
        self._set_all(made, items)

    def _set_all(self, target: dict[Any, Any], items: list[Any]) -> None:
        if len(items) % 2:
            raise self._error("a dict has a key without a value")
        for key, value in zip(items[::2], items[1::2], strict=True):
            self._set(target, key, value)

    # ---- calls and objects
    def new_object(self) -> None:
        self._make(self.names.new)

    def new_object_ex(self) -> None:
        named, arguments = self._pop(), self._pop()
        if named != {}:
            raise self._error("an object is made with named arguments")
        self.push(arguments)
        self.new_object()

    def reduce(self) -> None:
        self._make(self.names.call)

    def _make(self, make: Callable[[Any, tuple[Any, ...]], Any]) -> None:
        arguments, function = self._pop(), self._pop()
        if not isinstance(arguments, tuple):
            raise self._error("the arguments of a call are no tuple")
        self._spend(_weight(arguments))
        kind = next((k for k in (OrderedDict, Counter, set, frozenset) if function is k), None)
        if kind is not None:
            self.push(self._container(kind, arguments))
        else:
            self.push(make(function, arguments))

    def _container(self, kind: Any, arguments: tuple[Any, ...]) -> Any:
        made: Any = (set if kind is frozenset else kind)()
        for item in arguments[0] if arguments and isinstance(arguments[0], (list, tuple, dict, set)) else ():
            if kind is OrderedDict:
                if not isinstance(item, (list, tuple)) or len(item) != 2:
                    raise self._error("an item of an OrderedDict is no pair")
                self._set(made, *item)
                continue
            self._check_key(item)
            if kind is Counter:
                made[item] = arguments[0][item] if isinstance(arguments[0], Mapping) else made[item] + 1
            else:
                made.add(item)
        return frozenset(made) if kind is frozenset else made

    def build(self) -> None:
        state = self._pop()
        if not self._stack:
            raise self._error("the pickle takes a value where there is none")
        self._spend(_weight(state))
        made = self._stack[-1]
        if type(made) in (OrderedDict, Counter):
            if not isinstance(state, dict) or not all(isinstance(k, str) for k in state):
                raise self._error("the state of a dict is no dict of names")
            vars(made).update(state)
        else:
            self.names.build(made, state)


def _weight(value: Any) -> int:
    """How much is copied if a value, or what it holds, is copied."""
    inner = value if isinstance(value, tuple) else ()
    return sum(len(v) for v in (value, *inner) if isinstance(v, _SIZED))


_SIZED = (str, bytes, bytearray, tuple, list, dict, set, frozenset)

_STEPS: dict[int, Callable[[CheckpointReader], None]] = {
    ord("c"): CheckpointReader.name,
    0x93: CheckpointReader.stack_name,
    ord("a"): CheckpointReader.append,
    ord("e"): CheckpointReader.appends,
    ord("s"): CheckpointReader.set_item,
    ord("u"): CheckpointReader.set_items,
    0x8F: lambda r: r.push(set()),
    0x90: CheckpointReader.add_items,
    0x91: CheckpointReader.frozen_set,
    ord("l"): CheckpointReader.marked_list,
    ord("d"): CheckpointReader.marked_dict,
    0x81: CheckpointReader.new_object,
    0x92: CheckpointReader.new_object_ex,
    ord("b"): CheckpointReader.build,
    ord("R"): CheckpointReader.reduce,
    ord("Q"): CheckpointReader.persistent,
    ord("X"): lambda r: r.decoded(r._take(r._number("<I"))),
    0x8C: lambda r: r.decoded(r._take(r._byte())),
    0x8D: lambda r: r.decoded(r._take(r._number("<Q"))),
    ord("U"): lambda r: r.decoded(r._take(r._byte()), r._encoding, "strict"),
    ord("T"): lambda r: r.decoded(r._take(r._number("<I")), r._encoding, "strict"),
    ord("C"): lambda r: r.push(bytes(r._take(r._byte()))),
    ord("B"): lambda r: r.push(bytes(r._take(r._number("<I")))),
    0x8E: lambda r: r.push(bytes(r._take(r._number("<Q")))),
    0x96: CheckpointReader.byte_array,
    0x8A: lambda r: r.integer(r._byte()),
    0x8B: lambda r: r.integer(r._number("<I")),
    0x94: CheckpointReader.memoize,
    0x95: CheckpointReader.frame,
    ord("0"): lambda r: r._pop(),
}
