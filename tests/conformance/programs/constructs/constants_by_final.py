"""Final makes a constant of an attribute."""
import torch
from torch import nn

try:
    from typing_extensions import Final
except ImportError:
    from torch.jit import Final


class Ladder(nn.Module):
    rungs: Final[int]
    gap: Final[float]

    def __init__(self):
        super().__init__()
        self.rungs = 4
        self.gap = 0.25

    def forward(self, x):
        for _ in range(self.rungs):
            x = x + self.gap
        return x


m = torch.jit.script(Ladder())
print(m(torch.zeros(2)).tolist(), m.rungs, m.gap)
print(m.code)
