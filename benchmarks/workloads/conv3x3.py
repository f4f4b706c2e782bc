"""One 3x3 convolution, 64 -> 64 channels, 56x56, batch 1."""

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(64, 64, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x)


def build():
    torch.manual_seed(0)
    return Net().eval()


def example_inputs():
    g = torch.Generator().manual_seed(1)
    return (torch.randn(1, 64, 56, 56, generator=g),)
