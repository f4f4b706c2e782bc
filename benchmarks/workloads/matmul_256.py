"""Matrix product of two run-time inputs, 256 x 256 x 256 f32 (no weight prepacking possible)."""

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
    return (torch.randn(256, 256, generator=g), torch.randn(256, 256, generator=g))
