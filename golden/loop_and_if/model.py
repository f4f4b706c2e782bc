"""A counted loop with a branch inside; the values that meet at the branch are one variable."""

import torch


def model(x: torch.Tensor, count: int) -> torch.Tensor:
    for i in range(count):
        if i % 2 == 0:
            x = x * 0.5
        else:
            x = x - x.mean()
    return x


def example_inputs():
    return torch.arange(6.0).reshape(2, 3), 5
