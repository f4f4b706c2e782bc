"""Random numbers are PyTorch's own for the same seed."""

from typing import Tuple

import torch


def model(rows: int) -> Tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(123)
    noise = torch.rand(rows, 3)
    keep = torch.bernoulli(torch.full((rows,), 0.5))
    return noise, keep, torch.randint(0, 10, [rows])


def example_inputs():
    return (4,)
