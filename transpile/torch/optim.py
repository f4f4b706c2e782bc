"""``torch.optim``: importable, so that model files with a training part load; nothing here can optimise."""

from __future__ import annotations

from typing import Any


class Optimizer:
    """Base of the names below; constructing one raises ``NotImplementedError``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(
            f"torch.optim.{type(self).__name__}: this implementation does not compute gradients. "
            "Run the training part under PyTorch"
        )


class SGD(Optimizer):
    """Stochastic gradient descent."""


class Adam(Optimizer):
    """Adam."""


class AdamW(Optimizer):
    """Adam with decoupled weight decay."""


class RMSprop(Optimizer):
    """RMSprop."""


class Adagrad(Optimizer):
    """Adagrad."""
