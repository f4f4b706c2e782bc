"""The few names of ``torch._C`` that Python code uses."""

from __future__ import annotations

from transpile.eager import nn_operators as _nn
from transpile.eager.dispatch import active_mode
from transpile.eager.generator import Generator
from transpile.eager.size import Size
from transpile.ops.matrices import LinAlgError as _LinAlgError

__all__ = ["Generator", "Size", "_LinAlgError", "_get_tracing_state", "_log_api_usage_once", "_nn"]


def _get_tracing_state() -> object | None:
    """Something true while a tracer records."""
    return active_mode()


_get_tracing_state.__operator__ = "aten::_get_tracing_state"  # type: ignore[attr-defined]


def _log_api_usage_once(name: str) -> None:
    """Accepted: nothing is logged."""
