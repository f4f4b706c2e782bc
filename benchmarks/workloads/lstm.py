"""nn.LSTM, 2 layers, 128 -> 256 hidden, sequence 100, batch 1."""

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(128, 256, num_layers=2, batch_first=True)
        self.fc = nn.Linear(256, 32)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y, _ = self.lstm(x)
        return self.fc(y)


def build():
    torch.manual_seed(0)
    return Net().eval()


def example_inputs():
    g = torch.Generator().manual_seed(1)
    return (torch.randn(1, 100, 128, generator=g),)
