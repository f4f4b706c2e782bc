"""A small model with two exported methods."""

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(x)

    @torch.jit.export
    def scaled(self, x: torch.Tensor, factor: float = 2.0) -> torch.Tensor:
        return self.fc(x) * factor


torch.manual_seed(0)
model = Net().eval()
other = Net().eval()


def example_inputs():
    return (torch.arange(6.0).reshape(2, 3),)
