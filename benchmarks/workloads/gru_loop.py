"""Hand-written GRU cell in a script loop with a data-dependent early exit (adaptive computation)."""

from typing import Tuple

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, nin: int, nh: int):
        super().__init__()
        self.x2g = nn.Linear(nin, 3 * nh)
        self.h2g = nn.Linear(nh, 3 * nh)

    def forward(self, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        xr, xz, xn = self.x2g(x).chunk(3, dim=1)
        hr, hz, hn = self.h2g(h).chunk(3, dim=1)
        r = torch.sigmoid(xr + hr)
        z = torch.sigmoid(xz + hz)
        n = torch.tanh(xn + r * hn)
        return (1.0 - z) * n + z * h


class Net(nn.Module):
    def __init__(self, nin: int = 128, nh: int = 256):
        super().__init__()
        self.nh = nh
        self.cell = Cell(nin, nh)
        self.halt = nn.Linear(nh, 1)
        self.out = nn.Linear(nh, 32)

    def forward(self, xs: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        h = torch.zeros(xs.shape[1], self.nh, device=xs.device)
        acc = 0.0
        steps = 0
        for t in range(xs.shape[0]):
            h = self.cell(xs[t], h)
            steps = steps + 1
            acc = acc + float(torch.sigmoid(self.halt(h)).mean())
            if acc > 40.0:
                break
        return self.out(h), torch.tensor(steps)


def build():
    torch.manual_seed(0)
    return Net().eval()


def example_inputs():
    g = torch.Generator().manual_seed(1)
    return (torch.randn(100, 1, 128, generator=g),)


CONTROL_FLOW = True
