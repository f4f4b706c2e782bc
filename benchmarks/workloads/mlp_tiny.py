"""Tiny MLP 16-64-64-4, batch 1: pure call-overhead test."""

import torch
from torch import nn


class MLP(nn.Module):
    def __init__(self, sizes=(16, 64, 64, 4)):
        super().__init__()
        self.fc1 = nn.Linear(sizes[0], sizes[1])
        self.fc2 = nn.Linear(sizes[1], sizes[2])
        self.fc3 = nn.Linear(sizes[2], sizes[3])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.fc3(x)


def build():
    torch.manual_seed(0)
    return MLP().eval()


def example_inputs():
    g = torch.Generator().manual_seed(1)
    return (torch.randn(1, 16, generator=g),)
