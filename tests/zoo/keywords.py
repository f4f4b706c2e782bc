"""A model of transformers called by keyword, as users of traced models wrap it.  Needs PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch


class Keywords(torch.nn.Module):  # type: ignore[misc]
    """Calls ``model`` with tensors under ``names`` and gives the tensors of its output: the others are caches."""

    def __init__(self, model: Any, names: Sequence[str]) -> None:
        super().__init__()
        self.model = model
        self.names = tuple(names)

    def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        output = self.model(**dict(zip(self.names, tensors, strict=True)))
        return tuple(value for value in output.values() if isinstance(value, torch.Tensor))
