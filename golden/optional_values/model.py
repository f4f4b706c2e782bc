"""Optional arguments, refined by `is None`."""

from typing import Optional

import torch


def model(x: torch.Tensor, scale: Optional[float] = None, shift: Optional[torch.Tensor] = None) -> torch.Tensor:
    if scale is not None:
        x = x * scale
    if shift is None:
        shift = torch.ones(x.size(-1))
    return x + shift


def example_inputs():
    return torch.arange(4.0), 0.5, None
