"""Writing to a view changes its base."""

from typing import Tuple

import torch


def model(x: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
    y = x.clone()
    row = y[1]
    row.mul_(10.0)
    y[:, 0] = -1.0
    y[0, 1:] += 5.0
    return y, row


def example_inputs():
    return (torch.arange(12.0).reshape(3, 4),)
