"""Layer norm, 128 tokens x 768."""

import torch
from torch import nn

from ._init import init_tf


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln = nn.LayerNorm(768)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.ln(x)


def build():
    torch.manual_seed(0)
    return init_tf(Net()).eval()


def example_inputs():
    g = torch.Generator().manual_seed(1)
    return (torch.randn(1, 128, 768, generator=g),)
