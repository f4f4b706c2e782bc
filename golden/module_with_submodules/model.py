"""A class with submodules of the user's own and of the library."""

import torch
import torch.nn.functional as F
from torch import nn


class Stem(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, stride=2, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.conv(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = Stem()
        self.pool = nn.AvgPool2d(2)
        self.fc = nn.Linear(16, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(self.stem(x))
        return self.fc(torch.flatten(x, 1))


torch.manual_seed(0)
model = Net().eval()


def example_inputs():
    torch.manual_seed(1)
    return (torch.randn(2, 3, 8, 8),)
