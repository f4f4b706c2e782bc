"""``torch.autograd``: the modes, and clear errors for what would need gradients."""

from __future__ import annotations

from typing import Any

from transpile.eager.grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled
from transpile.eager.tensor import Tensor
from transpile.torch.autograd import profiler

__all__ = [
    "Function", "Variable", "backward", "enable_grad", "grad", "inference_mode", "no_grad", "profiler", "set_grad_enabled",
]  # fmt: skip
_MESSAGE = "this implementation does not compute gradients. Run the training part under PyTorch"


def Variable(data: Tensor, requires_grad: bool = False, volatile: bool = False) -> Any:
    """``data`` itself, as since PyTorch 0.4."""
    return data.requires_grad_() if requires_grad else data


def grad(*args: Any, **kwargs: Any) -> Any:
    """Not available: raises ``NotImplementedError``."""
    raise NotImplementedError(f"torch.autograd.grad: {_MESSAGE}")


def backward(*args: Any, **kwargs: Any) -> Any:
    """Not available: raises ``NotImplementedError``."""
    raise NotImplementedError(f"torch.autograd.backward: {_MESSAGE}")


class _Context:
    """What ``forward`` of a ``Function`` gets; what it saves is dropped."""

    def save_for_backward(self, *tensors: Tensor) -> None:
        self.saved_tensors = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Accepted."""

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Accepted."""


class Function:
    """A function with a gradient of its own; only ``forward`` is ever run."""

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        if hasattr(cls, "setup_context"):
            return cls.forward(*args, **kwargs)  # type: ignore[attr-defined]
        return cls.forward(_Context(), *args, **kwargs)  # type: ignore[attr-defined]
