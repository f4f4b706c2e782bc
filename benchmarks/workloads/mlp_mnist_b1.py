"""MLP 784-512-512-10, batch 1."""

import torch
import torch.nn.functional as F
from torch import nn


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 512)
        self.fc2 = nn.Linear(512, 512)
        self.fc3 = nn.Linear(512, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return F.log_softmax(self.fc3(x), dim=-1)


def build():
    torch.manual_seed(0)
    return MLP().eval()


def example_inputs():
    g = torch.Generator().manual_seed(1)
    return (torch.randn(1, 784, generator=g),)
