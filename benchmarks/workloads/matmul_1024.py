"""Matrix product of two run-time inputs, 1024 x 1024 x 1024 f32 (no weight prepacking possible)."""

import torch
from torch import nn


class Net(nn.Module):
    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return torch.matmul(a, b)


def build():
    torch.manual_seed(0)
    return Net().eval()


def example_inputs():
    g = torch.Generator().manual_seed(1)
    return (torch.randn(1024, 1024, generator=g), torch.randn(1024, 1024, generator=g))
