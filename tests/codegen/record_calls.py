"""What compiled functions are called with from Python, and what comes of it: sessions for ``cpp_driver``.

``recording()`` notes every call of a ``ScriptFunction`` or of a method of a ``ScriptModule`` made inside, with copies of the
arguments and of the module as they were before.  ``add_calls`` adds calls with made-up arguments of the parameters' types.
"""

from __future__ import annotations

import _weakrefset
import contextlib
import io
import signal
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType, MappingProxyType
from typing import Any
from unittest import mock

import numpy as np

from tests.codegen.cpp_driver import Call, Session, show, show_error, shown_after
from transpile.core import types as T
from transpile.core.errors import InternalError
from transpile.eager.generator import manual_seed
from transpile.ir.function import Function, ScriptObject
from transpile.jit.interpreter import machine
from transpile.jit.interpreter.future import Future
from transpile.jit.module import script_function, script_module

_run = machine.run


def snapshot(value: Any, memo: dict[int, Any] | None = None) -> Any:
    """A deep copy of a raw value; what is shared stays shared, types are not copied."""
    memo = {} if memo is None else memo
    if id(value) in memo:
        return memo[id(value)]
    made: Any = value
    if isinstance(value, np.ndarray):
        made = value.copy()
    elif isinstance(value, list):
        made = memo[id(value)] = []
        made += [snapshot(v, memo) for v in value]
    elif isinstance(value, tuple):
        made = tuple(snapshot(v, memo) for v in value)
    elif isinstance(value, dict):
        made = memo[id(value)] = {}
        made.update((k, snapshot(v, memo)) for k, v in value.items())
    elif isinstance(value, ScriptObject):
        made = memo[id(value)] = ScriptObject(value.type)
        made.slots.update((k, snapshot(v, memo)) for k, v in value.slots.items())
    elif isinstance(value, Future) and value.error is None:
        made = Future.of(snapshot(value.value, memo))
    memo[id(value)] = made
    return made


@dataclass
class Recorder:
    """The sessions, one for each function and for each state of a module in which Python found it."""

    sessions: list[Session] = field(default_factory=list)
    objects: dict[int, tuple[ScriptObject, Session, str]] = field(default_factory=dict)
    functions: dict[int, Session] = field(default_factory=dict)
    made: list[Function | ScriptObject] = field(default_factory=list)
    inside: bool = False

    def session(self, function: Function, owner: ScriptObject | None) -> Session:
        if owner is None:
            if id(function) not in self.functions:
                self.functions[id(function)] = Session(function, [])
                self.sessions.append(self.functions[id(function)])
            return self.functions[id(function)]
        known = self.objects.get(id(owner))
        state = show(owner)
        if known is None or known[2] != state:
            session = Session(snapshot(owner), [])
            self.sessions.append(session)
            self.objects[id(owner)] = (owner, session, state)
            return session
        return known[1]

    def outermost(self, function: Function, values: Sequence[Any]) -> Any:
        """Stands for ``machine.run``: notes calls from Python, not those that compiled code makes."""
        if self.inside:
            return _run(function, values)
        if function.owner is not None and not function.owner.is_module:
            return _run(function, values)  # a method of an object that a compiled function made
        return self.call(function, values)

    def call(self, function: Function, values: Sequence[Any], *, made_up: bool = False) -> Any:
        """Run a call and note it; raises what it raises."""
        owner = values[0] if function.owner is not None and isinstance(values[0], ScriptObject) else None
        session = self.session(function, owner)
        arguments = list(values[1:] if owner is not None else values)
        call = Call(function.name, snapshot(arguments), made_up)
        types = session.parameters(function.name)
        printed = io.StringIO()
        manual_seed(0)
        try:
            with contextlib.redirect_stdout(printed):
                self.inside = True
                result = _run(function, list(values))
            call.result = show(result, session.result_type(function.name))
            return result
        except Exception as error:
            call.result = show_error(error)
            raise
        finally:
            call.printed = show(printed.getvalue())
            call.after = shown_after(arguments, types)
            session.calls.append(call)
            self.inside = False
            print(printed.getvalue(), end="")
            if owner is not None:
                self.objects[id(owner)] = (owner, session, show(owner))


@contextlib.contextmanager
def recording() -> Iterator[Recorder]:
    """Calls and what is scripted inside are noted."""
    recorder = Recorder()
    construct, wrap = script_function.ScriptFunction.__init__, script_module.RecursiveScriptModule.__init__

    def made_function(self: Any, function: Function) -> None:
        construct(self, function)
        recorder.made.append(function)

    def made_module(self: Any, object_: ScriptObject, original: Any = None) -> None:
        wrap(self, object_, original)
        recorder.made.append(object_)

    with (
        mock.patch.object(machine, "run", recorder.outermost),
        mock.patch.object(script_function.ScriptFunction, "__init__", made_function),
        mock.patch.object(script_module.RecursiveScriptModule, "__init__", made_module),
    ):
        yield recorder


# ---- calls with made-up arguments


def add_calls(recorder: Recorder, count: int = 3, places: Mapping[str, int] = MappingProxyType({})) -> None:
    """Call everything that was scripted on ``count`` rows of made-up arguments, those excepted that Python cannot be given.

    ``places`` are those that parameters of these names have in a row; others have the one in their signature.
    """
    inner = {id(v) for o in recorder.made if isinstance(o, ScriptObject) for v in _below(o)}
    for made in dict.fromkeys(recorder.made):
        if isinstance(made, Function):
            recorder.session(made, None)
            _add_calls(recorder, made, None, count, places)
        elif id(made) not in inner and made.type.is_module:
            session = recorder.session(made.type.methods["forward"], made) if "forward" in made.type.methods else None
            for name, method in made.type.methods.items():
                if isinstance(method, Function) and (name == "forward" or _is_exported(made.type.python_class, name)):
                    session = session or recorder.session(method, made)
                    if name not in session.methods:
                        session.methods.append(name)
                    _add_calls(recorder, method, made, count, places)


def _is_exported(cls: Any, name: str) -> bool:
    return str(getattr(getattr(cls, name, None), "_torchscript_modifier", "")).startswith("export")


def _below(owner: ScriptObject) -> Iterator[ScriptObject]:
    for value in owner.slots.values():
        if isinstance(value, ScriptObject):
            yield value
            yield from _below(value)


def _add_calls(
    recorder: Recorder, function: Function, owner: ScriptObject | None, count: int, places: Mapping[str, int]
) -> None:
    parameters = function.schema.arguments[1 if owner is not None else 0 :]
    for row in range(count if parameters else 1):
        arguments = [made_up(a.type, row + places.get(a.name, i)) for i, a in enumerate(parameters)]
        if any(a is _NOTHING for a in arguments):
            return
        session = recorder.session(function, owner)
        before = len(session.calls)
        try:
            with _limited(2.0), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                recorder.call(function, [owner, *arguments] if owner is not None else arguments, made_up=True)
        except (InternalError, _TooLongError):
            del session.calls[before:]
        except Exception:  # noted in the session
            pass


class _TooLongError(BaseException):
    """A call on made-up arguments that does not end."""


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Of processor time: how busy the machine is decides nothing."""

    def stop(_: int, frame: FrameType | None) -> None:
        if frame is not None and frame.f_code.co_filename == _weakrefset.__file__:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0.01)  # out of a callback nobody would hear it
        else:
            raise _TooLongError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


_NOTHING = object()
_VALUES: dict[T.Type, tuple[Any, ...]] = {
    T.INT: (2, 0, -3, 5), T.FLOAT: (0.5, -2.0, 3.0), T.BOOL: (True, False), T.STR: ("a", "Hello World", ""),
    T.COMPLEX: (1 + 2j, -0.5j), T.NONE: (None,), T.NUMBER: (3, 1.5), T.DEVICE: ("cpu",),
    T.ANY: (3, "a", [1, 2], 1.5, None),
}  # fmt: skip
_SHAPES = ((2, 3), (4,), ())


def made_up(type: T.Type, row: int) -> Any:
    """A raw value of a type, another one for another ``row``; ``_NOTHING`` for types that have no values of their own."""
    if type in _VALUES and isinstance(type, T.SimpleType):
        return _VALUES[type][row % len(_VALUES[type])]
    if isinstance(type, T.TensorType):
        shape = _SHAPES[row % len(_SHAPES)]
        size = int(np.prod(shape))
        return ((np.arange(size, dtype=np.float32) * 5 + row) % 7 / 2 - 1).astype(np.float32).reshape(shape)
    if isinstance(type, T.OptionalType):
        return None if row % 3 == 1 else made_up(type.element, row)
    if isinstance(type, T.UnionType):
        return made_up(type.members[row % len(type.members)], row)
    if isinstance(type, T.ListType):
        items = [made_up(type.element, row + i) for i in range((row + 2) % 4)]
        return _NOTHING if any(i is _NOTHING for i in items) else items
    if isinstance(type, T.TupleType):
        parts = tuple(made_up(t, row + i) for i, t in enumerate(type.elements))
        return _NOTHING if any(p is _NOTHING for p in parts) else parts
    if isinstance(type, T.DictType):
        keys = [made_up(type.key, row + i) for i in range(row % 3)]
        values = [made_up(type.value, row + i) for i in range(row % 3)]
        if any(v is _NOTHING for v in (*keys, *values)) or isinstance(type.key, T.TensorType):
            return _NOTHING
        return dict(zip(keys, values, strict=True))
    if isinstance(type, T.EnumType):
        members = list(type.python_class)
        return members[row % len(members)]
    return _NOTHING
