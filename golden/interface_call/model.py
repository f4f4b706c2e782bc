"""Modules chosen by a computed index: their common interface is an abstract struct."""

import torch
from torch import nn


@torch.jit.interface
class Expert(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pass


class Wide(nn.Module):
    def __init__(self):
        super().__init__()
        self.up = nn.Linear(4, 8)
        self.down = nn.Linear(8, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.down(torch.relu(self.up(x)))


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.sigmoid(self.gate(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.router = nn.Linear(4, 3)
        self.experts = nn.ModuleList([Wide(), Gated(), Wide()])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        choice = int(self.router(x).mean(0).argmax())
        expert: Expert = self.experts[choice]
        return x + expert.forward(x)


torch.manual_seed(5)
model = Net()


def example_inputs():
    return (torch.linspace(-1.0, 1.0, 8).reshape(2, 4),)
