"""A hand-written GRU cell in a loop that stops when the model says so (adaptive computation)."""

from typing import Tuple

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.from_input = nn.Linear(width_in, 3 * width)
        self.from_state = nn.Linear(width, 3 * width)

    def forward(self, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        xr, xz, xn = self.from_input(x).chunk(3, dim=1)
        hr, hz, hn = self.from_state(h).chunk(3, dim=1)
        r = torch.sigmoid(xr + hr)
        z = torch.sigmoid(xz + hz)
        n = torch.tanh(xn + r * hn)
        return (1.0 - z) * n + z * h


class Net(nn.Module):
    def __init__(self, width_in: int = 128, width: int = 256) -> None:
        super().__init__()
        self.width = width
        self.cell = Cell(width_in, width)
        self.halt = nn.Linear(width, 1)
        self.out = nn.Linear(width, 32)

    def forward(self, xs: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        h = torch.zeros(xs.shape[1], self.width)
        halted = 0.0
        steps = 0
        for t in range(xs.shape[0]):
            h = self.cell(xs[t], h)
            steps = steps + 1
            halted = halted + float(torch.sigmoid(self.halt(h)).mean())
            if halted > 40.0:
                break
        return self.out(h), torch.tensor(steps)


torch.manual_seed(0)
model = Net().eval()


def example_inputs():
    torch.manual_seed(1)
    return (torch.randn(100, 1, 128),)
