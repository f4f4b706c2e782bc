"""Gradient mode: flags only.  Nothing here computes gradients, but programs may ask for and switch the modes."""

from __future__ import annotations

import contextlib
import threading
from typing import Any


class _State(threading.local):
    enabled = True
    inference = False


_state = _State()


def is_grad_enabled() -> bool:
    """Whether results of operations on tensors that require grad require grad themselves."""
    return _state.enabled


def is_inference_mode_enabled() -> bool:
    """Whether ``inference_mode`` is on in this thread."""
    return _state.inference


class _GradMode(contextlib.ContextDecorator):
    """Base of the context managers; each instance may be entered repeatedly and nested."""

    def __init__(self, enabled: bool, inference: bool | None = None) -> None:
        self._target = (enabled, inference)
        self._saved: list[tuple[bool, bool]] = []

    def __enter__(self) -> None:
        self._saved.append((_state.enabled, _state.inference))
        self._apply()

    def __exit__(self, *exception: object) -> None:
        _state.enabled, _state.inference = self._saved.pop()

    def _apply(self) -> None:
        enabled, inference = self._target
        _state.enabled = enabled
        if inference is not None:
            _state.inference = inference


class no_grad(_GradMode):
    """``with no_grad():`` or ``@no_grad()``: results do not require grad."""

    def __new__(cls, function: Any = None) -> Any:
        # ``@no_grad`` without parentheses decorates directly.
        return cls()(function) if callable(function) else super().__new__(cls)

    def __init__(self, function: Any = None) -> None:
        super().__init__(False)


class enable_grad(_GradMode):
    """The opposite of ``no_grad``."""

    def __new__(cls, function: Any = None) -> Any:
        return cls()(function) if callable(function) else super().__new__(cls)

    def __init__(self, function: Any = None) -> None:
        super().__init__(True)


class inference_mode(_GradMode):
    """Like ``no_grad``; ``is_inference_mode_enabled()`` is true inside."""

    def __new__(cls, mode: Any = True) -> Any:
        return cls()(mode) if callable(mode) else super().__new__(cls)

    def __init__(self, mode: Any = True) -> None:
        enabled = bool(mode)
        super().__init__(not enabled and is_grad_enabled(), enabled)


class set_grad_enabled(_GradMode):
    """Switches at once when called, and back when used as a context manager."""

    def __init__(self, mode: bool) -> None:
        super().__init__(bool(mode))
        self._before = (_state.enabled, _state.inference)
        self._apply()

    def __enter__(self) -> None:
        self._saved.append(self._before)
        self._apply()

    def __call__(self, function: Any) -> Any:
        _state.enabled, _state.inference = self._before
        return super().__call__(function)
