"""``torch.nn.parallel``: on the CPU a wrapper around the module that it is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from transpile.nn.modules.module import Module


class DataParallel(Module):
    """Calls ``module``: there are no devices to spread a batch over."""

    def __init__(
        self, module: Module, device_ids: Sequence[Any] | None = None, output_device: Any = None, dim: int = 0
    ) -> None:
        super().__init__()
        self.module = module
        self.device_ids: list[Any] = []
        self.dim = dim

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)
