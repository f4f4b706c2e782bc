"""Chain of 20 pointwise operations on 1M floats: the fusion target."""

import torch
from torch import nn


class Chain(nn.Module):
    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        a = x * 1.5 + y  # 1, 2
        b = torch.relu(a) - 0.25  # 3, 4
        c = torch.sigmoid(b) * a  # 5, 6
        d = torch.tanh(c) + x  # 7, 8
        e = torch.exp(-d.abs())  # 9, 10, 11
        f = torch.sqrt(e + 1.0)  # 12, 13
        g = torch.clamp(f * d, -3.0, 3.0)  # 14, 15
        h = torch.where(g > 0, g, g * 0.1)  # 16, 17, 18
        return (h + y) / 2.0  # 19, 20


def build():
    torch.manual_seed(0)
    return Chain().eval()


def example_inputs():
    g = torch.Generator().manual_seed(1)
    return (torch.randn(1024, 1024, generator=g), torch.randn(1024, 1024, generator=g))
