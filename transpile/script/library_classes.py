"""Classes of torch that scripts may use: context managers, written here in the script language."""

from __future__ import annotations

from typing import Any

from transpile.script import names
from transpile.script.library import is_torch

_LEAVE = "def __exit__(self, type: Any, value: Any, traceback: Any) -> None:\n    {}\n"

# By class name: the methods.  Nothing here computes gradients, so the gradient modes have nothing to switch.
_NO_GRAD = (
    "def __init__(self) -> None:\n    self.prev = False\n",
    "def __enter__(self) -> None:\n    self.prev = False\n",
    _LEAVE.format("pass"),
)
_RECORD_FUNCTION = (
    "def __init__(self, name: str, args: Optional[str] = None) -> None:\n    self.name = name\n    self.args = args\n",
    "def __enter__(self):\n    return self\n",
    _LEAVE.format("pass"),
)
_AUTOCAST = (
    "def __init__(self, device_type: str, dtype: Optional[int] = None, enabled: bool = True,"
    " cache_enabled: Optional[bool] = None) -> None:\n    self.device = device_type\n    self._enabled = enabled\n",
    "def __enter__(self):\n"
    "    if self._enabled and self.device == 'cpu':\n"
    "        raise NotImplementedError('torch.autocast is not available: convert the model with .to(torch.bfloat16)')\n"
    "    return self\n",
    _LEAVE.format("pass"),
)
_STRICT_FUSION = (
    "def __init__(self) -> None:\n    pass\n",
    "def __enter__(self):\n    pass\n",
    _LEAVE.format("pass"),
)
_CLASSES = {
    "autocast": _AUTOCAST, "no_grad": _NO_GRAD, "record_function": _RECORD_FUNCTION, "strict_fusion": _STRICT_FUSION,
}  # fmt: skip


def library_class(cls: type) -> tuple[str, tuple[str, ...], dict[str, Any]] | None:
    """Qualified name, methods and scope of a library class, or ``None``."""
    import typing

    if not is_torch(cls.__module__) or cls.__name__ not in _CLASSES:
        return None
    scope = {"Any": typing.Any, "Optional": typing.Optional}
    return names.of_object(cls), _CLASSES[cls.__name__], scope
