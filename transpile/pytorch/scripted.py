"""What PyTorch has scripted itself: back to the Python function or module that it was made from.

A scripted function keeps its Python one.  When PyTorch scripts a module, it copies plain attributes and shares the
tensors; what the user does afterwards (``eval()``, new values of attributes) happens to the scripted module alone.
So the Python module says what code there is, and the scripted one what state.
"""

from __future__ import annotations

import enum
from typing import Any

from transpile.core.errors import ScriptTypeError
from transpile.jit.module.original import rebind_methods


def python_function(value: Any) -> Any:
    """The Python function that ``value`` was scripted from by PyTorch; ``None`` if it is nothing of that kind.

    ``ScriptTypeError`` for a function that PyTorch has traced: its Python source may do more than the trace.
    """
    inner = getattr(value, "_torchdynamo_inline", None)
    if inner is None:
        return None
    if not hasattr(value, "__name__"):  # PyTorch names what it scripts, and leaves what it traces without a name
        raise ScriptTypeError(
            f"'{getattr(inner, '__qualname__', inner)}' is a function traced by PyTorch",
            None,
            hint="use torch.jit.script, or give the Python function itself",
        )
    return inner


def is_scripted(value: Any) -> bool:
    """Whether ``value`` is a module that PyTorch has scripted, traced or loaded."""
    return any(c.__name__ == "ScriptModule" and c.__module__ == "torch.jit._script" for c in type(value).__mro__)


def is_traced(value: Any) -> bool:
    """Whether PyTorch has traced ``value``; traced functions, unlike scripted ones, have no name."""
    kind = type(value)
    if kind.__module__ == "torch.jit._trace":
        return kind.__name__ == "TopLevelTracedModule"
    return (
        kind.__name__ == "ScriptFunction" and hasattr(value, "_torchdynamo_inline") and not hasattr(value, "__name__")
    )


def python_module(scripted: Any, path: str = "") -> Any:
    """A module to compile in place of ``scripted``: of the Python class that it was made from, with its state.

    ``ScriptTypeError`` if PyTorch does not keep that: the module was traced, frozen or loaded from a file.
    """
    original = _original(scripted)
    if original is None:
        what = f"the submodule '{path}'" if path else "the module"
        raise ScriptTypeError(
            f"{what} is a {type(scripted).__name__} of PyTorch without the Python module that it was made from",
            None,
            hint="script the module in the model file, after it has been loaded; what is traced, frozen, copied or "
            "read with torch.jit.load has no Python source",
        )
    return _with_state(scripted, original, path)


def _original(scripted: Any) -> Any:
    """The module whose methods were compiled; PyTorch's wrappers of the methods refer to it."""
    for member in vars(scripted).values():
        owner = getattr(getattr(member, "__wrapped__", None), "__self__", None)
        if hasattr(owner, "_modules"):
            return owner
    return None


def _with_state(scripted: Any, original: Any, path: str) -> Any:
    made = object.__new__(type(original))
    state = made.__dict__
    state.update(original.__dict__)
    for table in ("_parameters", "_buffers", "_modules"):
        state[table] = dict(original.__dict__[table])
    for name in scripted._concrete_type.get_attributes():
        value = scripted._c.getattr(name)
        holder = next((t for t in ("_parameters", "_buffers") if name in state[t]), None)
        before = state.get(name)
        if holder is not None:
            state[holder][name] = value
        elif not _is_plain(value):
            continue
        elif type(before).__name__ == "Attribute" and hasattr(before, "type"):
            state[name] = type(before)(value, before.type)
        elif not hasattr(before, "_fields"):
            state[name] = value
    for name, child in original._modules.items():
        now = scripted._modules[name] if child is not None and name in scripted._modules else None
        if now is None:
            continue
        below = f"{path}.{name}" if path else name
        source = _original(now) or (None if is_scripted(child) else child)
        state["_modules"][name] = python_module(now, below) if source is None else _with_state(now, source, below)
    rebind_methods(made, original)
    return made


def _is_plain(value: Any) -> bool:
    """Whether a value comes back from PyTorch's compiled code as it went in: objects and NamedTuples do not."""
    if isinstance(value, (list, tuple)):
        return not hasattr(value, "_fields") and all(_is_plain(v) for v in value)
    if isinstance(value, dict):
        return all(_is_plain(v) for v in value.values())
    return (
        value is None
        or isinstance(value, (bool, int, float, complex, str, enum.Enum))
        or hasattr(value, "requires_grad")
    )
