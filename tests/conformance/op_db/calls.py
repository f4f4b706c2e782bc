"""The function of an entry on the bundled torch.

An entry calls a function by its public name, or through a little Python function of PyTorch's tests: that one runs as it
is, with the bundled torch where it says ``torch``.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import types
from collections.abc import Iterator
from typing import Any

import torch
from torch.testing._internal import common_methods_invocations

import transpile.torch as bundled
from tests.conformance.op_db.values import copied, mapped, ours
from transpile.eager.tensor import Tensor

_HOMES = (
    ("", torch),
    ("Tensor", torch.Tensor),
    ("nn.functional", torch.nn.functional),
    ("linalg", torch.linalg),
    ("special", torch.special),
    ("fft", torch.fft),
    ("signal.windows", torch.signal.windows),
    ("masked", torch.masked),
)


class MissingError(Exception):
    """The bundled torch has nothing by that name."""


def _set_seed(operator: Any, *args: Any, **kwargs: Any) -> Any:
    bundled.manual_seed(42)
    return operator(*args, **kwargs)


def without_seed() -> None:
    """Let functions of the database that seed before they call just call: compiled code is seeded from outside."""
    _REPLACED["wrapper_set_seed"] = common_methods_invocations.wrapper_set_seed = _unseeded


def _unseeded(operator: Any, *args: Any, **kwargs: Any) -> Any:
    return operator(*args, **kwargs)


_REPLACED = {"wrapper_set_seed": _set_seed, "Tensor": Tensor}


@functools.cache
def _public_names() -> dict[int, str]:
    """The public name of each function, by identity."""
    found: dict[int, str] = {}
    for path, home in _HOMES:
        for name in dir(home):
            value = getattr(home, name, None)
            if callable(value):
                found.setdefault(id(value), f"{path}.{name}".lstrip("."))
    return found


def named(path: str) -> Any:
    """What a dotted name stands for in the bundled torch."""
    found: Any = bundled
    for part in path.removeprefix("torch.").split("."):
        try:
            found = getattr(found, part)
        except (AttributeError, RuntimeError):
            raise MissingError(f"torch.{path.removeprefix('torch.')}") from None
    return found


def function_of(entry: Any) -> Any:
    """The function of an entry, in the bundled torch."""
    return counterpart(entry.op, entry.name)


def public_name(function: Any) -> str:
    """``torch.name`` for a function of PyTorch that has a public name."""
    found = _public_names().get(id(function), "")
    return f"torch.{found}" if found else ""


def counterpart(value: Any, name: str = "") -> Any:
    """The counterpart of a function of PyTorch, of its modules and of values that hold them."""
    if value is torch.Tensor:
        return Tensor
    if isinstance(value, types.ModuleType) and value.__name__.partition(".")[0] == "torch":
        return _Module(value.__name__.partition(".")[2])
    if isinstance(value, functools.partial):
        keywords = {k: counterpart(v) for k, v in value.keywords.items()}
        return functools.partial(counterpart(value.func), *map(counterpart, value.args), **keywords)
    if isinstance(value, (torch._ops.OpOverload, torch._ops.OpOverloadPacket)):
        return named("ops." + str(value))
    if id(value) in _public_names():
        return named(_public_names()[id(value)])
    if isinstance(value, types.FunctionType):
        if value.__name__ in _REPLACED:
            return _REPLACED[value.__name__]
        if value.__module__.startswith("torch.testing.") or "<lambda>" in value.__qualname__:
            return _rebuilt(value)
        return named(f"{value.__module__}.{value.__qualname__}")
    if isinstance(value, (types.BuiltinFunctionType, types.MethodDescriptorType)) or hasattr(
        value, "__torch_function__"
    ):
        return named(name or value.__name__)
    if callable(value) and type(value).__module__ in ("torch.jit", "torch.cuda.jiterator"):
        raise MissingError(type(value).__name__)
    if isinstance(value, types.WrapperDescriptorType):
        return getattr(Tensor, value.__name__)
    return value


class _Module:
    """A module of torch: a name is looked up when the function asks for it, and may be missing."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __getattr__(self, name: str) -> Any:
        path = f"{self._path}.{name}".lstrip(".")
        found = named(path)
        return _Module(path) if isinstance(found, types.ModuleType) else found


def _rebuilt(function: types.FunctionType) -> Any:
    """The same Python with bundled counterparts for what its names stand for."""
    known = function.__globals__
    names = {n: counterpart(known[n]) for n in _names(function.__code__) if n in known}
    cells = tuple(types.CellType(counterpart(c.cell_contents)) for c in function.__closure__ or ())
    space = {**names, "__builtins__": builtins}
    made = types.FunctionType(function.__code__, space, function.__name__, function.__defaults__, cells)
    made.__kwdefaults__ = function.__kwdefaults__
    return made


def _names(code: types.CodeType) -> set[str]:
    inner = [c for c in code.co_consts if isinstance(c, types.CodeType)]
    return set(code.co_names).union(*map(_names, inner))


# ---- what calls are given


def argument(value: Any) -> Any:
    """An argument with bundled tensors, functions and layers in it; tensors share the memory."""

    def leaf(item: Any) -> Any:
        if isinstance(item, torch.nn.Module):
            args, kwargs = item.__dict__["_made_with"]
            made = getattr(bundled.nn, type(item).__name__)(*argument(args), **argument(kwargs))
            made.load_state_dict({k: ours(copied(v)) for k, v in item.state_dict().items()})
            return made
        if callable(item) and not isinstance(item, (torch.dtype, torch.Tensor, type)):
            return counterpart(item)
        return item

    return ours(mapped(value, leaf))


@contextlib.contextmanager
def recorded_arguments() -> Iterator[None]:
    """Layers that are made inside remember what they were made with."""

    def new(cls: Any, *args: Any, **kwargs: Any) -> Any:
        module = object.__new__(cls)
        module.__dict__["_made_with"] = (args, kwargs)
        return module

    torch.nn.Module.__new__ = staticmethod(new)
    try:
        yield
    finally:
        # Python cannot take a ``__new__`` back: ``object`` would refuse the arguments of every layer from then on.
        torch.nn.Module.__new__ = staticmethod(lambda cls, *_args, **_kwargs: object.__new__(cls))
