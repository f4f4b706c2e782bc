"""A module whose lists, dicts and objects change from call to call."""

from typing import Dict, List, Optional

import torch
from torch import nn


@torch.jit.script
class Limit:
    def __init__(self, most: int):
        self.most = most
        self.reached = 0

    def passed(self, count: int) -> bool:
        if count > self.most:
            self.reached += 1
            return True
        return False


class Net(nn.Module):
    last: Optional[torch.Tensor]
    calls: Dict[str, int]

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)
        self.weights = [torch.ones(3), torch.ones(3) * 0.5]
        self.calls = {}
        self.last = None
        self.limit = Limit(1)

    def forward(self, x: torch.Tensor, key: str) -> torch.Tensor:
        self.calls[key] = self.calls.get(key, 0) + 1
        last = self.last
        if last is not None and not self.limit.passed(self.calls[key]):
            x = x + last
        for weight in self.weights:
            x = torch.tanh(self.layer(x)) * weight
        self.last = x
        return x


torch.manual_seed(6)
model = Net()


def example_inputs():
    return torch.linspace(-1.0, 1.0, 6).reshape(2, 3), "first"
