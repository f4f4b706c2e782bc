"""Loops over a ModuleList of one class, also with ``enumerate``."""

import torch
from torch import nn


class Layer(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(x + torch.relu(self.linear(x)))

    def damped(self, x: torch.Tensor, depth: int) -> torch.Tensor:
        return x + self.forward(x) / (1 + depth)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([Layer(8) for _ in range(4)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x)
        return x

    @torch.jit.export
    def damped(self, x: torch.Tensor) -> torch.Tensor:
        for depth, layer in enumerate(self.layers):
            x = layer.damped(x, depth)
        return x


torch.manual_seed(0)
model = Net().eval()


def example_inputs():
    torch.manual_seed(1)
    return {"forward": (torch.randn(2, 8),), "damped": (torch.randn(2, 8),)}
