"""What belongs to PyTorch becomes its bundled counterpart, which is found by its qualified name."""

from __future__ import annotations

import importlib
import sys
from types import BuiltinFunctionType, ModuleType
from typing import Any

from transpile.core import dtype as D
from transpile.eager.operator_function import OperatorFunction
from transpile.pytorch.ownership import is_name_of_pytorch, is_pytorch, load

_DTYPES = {f"torch.{d.name}": d for d in D.ALL_DTYPES}
_SAME_AS = {"_C._nn": "nn.functional", "_C": "", "_VF": "", "functional": ""}


def canonical(value: Any) -> Any:
    """The bundled counterpart of ``value`` if it comes from PyTorch, else ``value`` itself."""
    if type(value).__module__ == "torch._ops":
        return _bundled_operator(value)
    if isinstance(value, ModuleType):
        return _bundled_module(value.__name__) if is_pytorch(value) else value
    if isinstance(value, OperatorFunction):  # one of the bundled torch already, whatever it is called
        return value
    if type(value).__module__ == "torch" and type(value).__name__ == "dtype":
        return _DTYPES.get(str(value), value)
    module = getattr(value, "__module__", None)
    name = getattr(value, "__name__", None)
    if isinstance(value, BuiltinFunctionType) or type(value).__name__ in (
        "builtin_function_or_method",
        "method_descriptor",
    ):
        return _bundled_builtin(value, name)
    if name is None or not is_name_of_pytorch(module):
        return value
    qualname = str(getattr(value, "__qualname__", name))
    # What a function made, such as F.max_pool2d, is found under the name that it was given.
    return _bundled(str(module), str(name) if "<locals>" in qualname else qualname, value)


def _bundled_operator(value: Any) -> Any:
    """``torch.ops``, a namespace of it, or an operator with or without its overload."""
    ops = importlib.import_module("transpile.torch.ops")
    if type(value).__name__ == "_Ops":
        return ops
    if type(value).__name__ == "_OpNamespace":
        return getattr(ops, value.name)
    name = str(value._schema.name if hasattr(value, "_schema") else getattr(value, "_qualified_op_name", ""))
    namespace, _, short = name.partition("::")
    found = getattr(getattr(ops, namespace, None), short, None) if short else None
    if found is not None and hasattr(value, "_overloadname"):
        found = getattr(found, str(value._overloadname), None)
    return value if found is None else found


def _bundled_module(name: str) -> Any:
    tail = name[len("torch") :].strip(".")
    tail = _SAME_AS.get(tail, tail)
    for candidate in (f"transpile.torch.{tail}" if tail else "transpile.torch", f"transpile.{tail}" if tail else ""):
        if not candidate:
            continue
        try:
            return importlib.import_module(candidate)
        except ImportError:
            continue
    return sys.modules.get(name)


def _bundled(module: str, qualname: str, value: Any) -> Any:
    found = _bundled_module(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
        if found is None:
            return value
    return found


def _bundled_builtin(value: Any, name: str | None) -> Any:
    """A function implemented in C++: found by its name in ``torch``, then in ``torch.nn.functional``."""
    if name is None:
        return value
    real = load()
    homes = (
        (real, "torch"),
        (getattr(real.nn, "functional", None), "torch.nn.functional"),
        (getattr(real, "linalg", None), "torch.linalg"),
        (getattr(real, "special", None), "torch.special"),
        (getattr(real, "fft", None), "torch.fft"),
    )
    for home, path in homes:
        prefix = path.removeprefix("torch.") + "_"
        # F.logsigmoid is torch._C._nn.log_sigmoid, torch.fft.rfft is torch._C._fft.fft_rfft
        for own in (name, name.replace("_", ""), name.removeprefix(prefix)):
            if getattr(home, own, None) is value:
                found = getattr(_bundled_module(path), own, None)
                return value if found is None else found
    return value
