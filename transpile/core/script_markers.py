"""Marks that library code puts on functions for the script compiler, and types that exist for its sake.

All of it is inert in eager execution.  The compiler reads these attributes:

``__operator__``            the operator that a callable stands for
``__boolean_dispatch__``    ``(argument, position, default, if_true, if_false)`` of a function chosen at compile time
``__overloads__``           annotated variants of a function; the body is the undecorated function's
``_torchscript_modifier``   ``"unused"``, ``"ignore"``, ``"export"`` or ``"copy_to_script_wrapper"``
"""

from __future__ import annotations

import functools
import inspect
import threading
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Optional, TypeVar, Union

F = TypeVar("F", bound=Callable[..., Any])
MODIFIER = "_torchscript_modifier"


def boolean_dispatch(
    arg_name: str,
    arg_index: int,
    default: bool,
    if_true: Callable[..., Any],
    if_false: Callable[..., Any],
    module_name: str,
    func_name: str,
) -> Callable[..., Any]:
    """A function that calls ``if_true`` or ``if_false`` by the value of one boolean argument.

    The argument must be a constant where the call is compiled, because the results have different types.
    """

    @functools.wraps(if_false)
    def choose(*args: Any, **kwargs: Any) -> Any:
        chosen = args[arg_index] if arg_index < len(args) else kwargs.get(arg_name, default)
        return (if_true if chosen else if_false)(*args, **kwargs)

    choose.__module__ = module_name
    choose.__name__ = choose.__qualname__ = func_name
    choose.__boolean_dispatch__ = (arg_name, arg_index, default, if_true, if_false)  # type: ignore[attr-defined]
    return choose


_script_classes: weakref.WeakSet[type] = weakref.WeakSet()


def mark_script_class(cls: type) -> None:
    """Note that a class was given to ``torch.jit.script``: its instances may be attributes of modules."""
    _script_classes.add(cls)


def is_script_class(cls: type) -> bool:
    """Whether a class was given to ``torch.jit.script``."""
    return cls in _script_classes


_overloads: dict[str, list[Callable[..., Any]]] = {}


def overload(function: F) -> F:
    """Declare an annotated variant of the function of this name that follows in the same scope."""
    declared = _overloads.setdefault(f"{function.__module__}.{function.__qualname__}", [])
    if any(_place(f) == _place(function) for f in declared):
        declared.clear()  # the source runs once more
    declared.append(function)
    return function


def overloads_of(function: Any) -> list[Callable[..., Any]]:
    """The variants declared with ``overload`` for ``function``."""
    kept = getattr(function, "__overloads__", None)  # survives a change of the function's ``__module__``
    if kept is not None:
        return list(kept)
    name = f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', '')}"
    return [f for f in _overloads.get(name, ()) if f is not function and _scope(f) == _scope(function)]


def _place(function: Any) -> tuple[int, str, int]:
    return (*_scope(function), function.__code__.co_firstlineno)


def _scope(function: Any) -> tuple[int, str]:
    """Tells modules of one name apart, and the cells of a notebook."""
    inner = inspect.unwrap(getattr(function, "__func__", function))
    code = getattr(inner, "__code__", None)
    return id(getattr(inner, "__globals__", None)), code.co_filename if code is not None else ""


def mark(modifier: str) -> Callable[[F], F]:
    """A decorator that says how the compiler treats a function."""

    def decorate(function: F) -> F:
        setattr(function, MODIFIER, modifier)
        return function

    return decorate


unused = mark("unused")
copy_to_script_wrapper = mark("copy_to_script_wrapper")


def is_scripting() -> bool:
    """False here; the compiler takes it for the constant True."""
    return False


def is_tracing() -> bool:
    """Whether a tracer is recording in this thread; False in a script."""
    if is_scripting():
        return False
    return bool(active_modes.stack)


class _ActiveModes(threading.local):
    """What is told of every operator that eager code calls in this thread (``eager.dispatch``): the last one first."""

    def __init__(self) -> None:
        self.stack: list[Any] = []


active_modes = _ActiveModes()


def annotate(the_type: Any, the_value: Any) -> Any:
    """``the_value``; the compiler gives it ``the_type``."""
    return the_value


_E = TypeVar("_E")


class BroadcastingList:
    """``BroadcastingList2[int]``: a list of ``length`` elements for which one element may be given."""

    def __init__(self, length: int, element: Any = None) -> None:
        self.length = length
        self.element = element
        self.__name__ = f"BroadcastingList{length}"

    def __getitem__(self, element: Any) -> BroadcastingList:
        return BroadcastingList(self.length, element)

    def __call__(self, *args: Any) -> None:
        # typing accepts only callables inside Optional[...].
        raise TypeError("BroadcastingList is an annotation, not a class")

    def __or__(self, other: Any) -> Any:
        return Optional[self] if other is None else NotImplemented  # noqa: UP045

    def __repr__(self) -> str:
        return f"BroadcastingList{self.length}[{getattr(self.element, '__name__', self.element)}]"

    def __hash__(self) -> int:
        return hash((self.length, self.element))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BroadcastingList) and (self.length, self.element) == (other.length, other.element)


if TYPE_CHECKING:  # a type checker sees what eager code accepts: one element, or a sequence of them
    BroadcastingList1 = Union[_E, Sequence[_E]]  # noqa: UP007
    BroadcastingList2 = Union[_E, Sequence[_E]]  # noqa: UP007
    BroadcastingList3 = Union[_E, Sequence[_E]]  # noqa: UP007
    BroadcastingList4 = Union[_E, Sequence[_E]]  # noqa: UP007
    BroadcastingList5 = Union[_E, Sequence[_E]]  # noqa: UP007
    BroadcastingList6 = Union[_E, Sequence[_E]]  # noqa: UP007
else:
    BroadcastingList1 = BroadcastingList(1)
    BroadcastingList2 = BroadcastingList(2)
    BroadcastingList3 = BroadcastingList(3)
    BroadcastingList4 = BroadcastingList(4)
    BroadcastingList5 = BroadcastingList(5)
    BroadcastingList6 = BroadcastingList(6)
