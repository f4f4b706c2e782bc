"""Modules: submodules, containers, buffers, constants, calls of functions."""

from typing import Dict, Final, List, Optional

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def scaled(x: Tensor, factor: float = 0.5) -> Tensor:
    return x * factor


class Conv(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3)
        self.conv2 = nn.Conv2d(4, 8, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        return F.max_pool2d(F.relu(self.conv2(x)), 2)


class Listed(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])
        self.heads = nn.ModuleDict({"a": nn.Linear(4, 2), "b": nn.Linear(4, 3)})
        self.head = nn.Sequential(nn.Linear(4, 4), nn.ReLU())

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x))
        outputs: List[Tensor] = []
        for _, head in self.heads.items():
            outputs.append(head(x))
        return outputs, self.head(x)


class Stateful(nn.Module):
    steps: int
    names: Dict[str, int]
    limit: Final[int]

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(4))
        self.weight = nn.Parameter(torch.ones(4))
        self.steps = 0
        self.names = {}
        self.limit = 3
        self.down = None

    def forward(self, x: Tensor, bias: Optional[Tensor] = None) -> Tensor:
        if self.training and self.steps < self.limit:
            self.mean = self.mean * 0.9 + x.mean(0) * 0.1
            self.steps += 1
        if self.down is not None:
            x = self.down(x)
        x = (x - self.mean) * self.weight
        if bias is not None:
            x = x + bias
        return scaled(x)

    @torch.jit.export
    def reset(self, value: float):
        self.mean.fill_(value)
        self.steps = 0


class Forked(nn.Module):
    def __init__(self):
        super().__init__()
        self.left = nn.Linear(2, 2)
        self.right = nn.Linear(2, 2)

    def forward(self, x):
        task = torch.jit.fork(scaled, x, 2.0)
        y = self.right(x)
        return torch.jit.wait(task) + self.left(y)


class Twice(nn.Module):
    def __init__(self, k: int):
        super().__init__()
        self.k = k

    def helper(self, x):
        return x + self.k

    def forward(self, x):
        return self.helper(self.helper(x))


class Nested(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = Twice(1)
        self.b = Twice(2)
        self.drop = nn.Dropout(0.25)

    def forward(self, x):
        x = self.drop(self.a(x) + self.b(x))
        return x if self.training else -x


PROGRAMS = [Conv, Listed, Stateful, Forked, Nested]
