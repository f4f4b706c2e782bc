"""Plain values of an instance become attributes: numbers, text, lists of numbers, a buffer and a parameter."""
import torch
from torch import nn


class Meter(nn.Module):
    def __init__(self):
        super().__init__()
        self.count = 7
        self.unit = "kWh"
        self.steps = [1, 5, 10]
        self.register_buffer("reading", torch.tensor([3.0]))
        self.gain = nn.Parameter(torch.tensor([2.0]))

    def forward(self):
        self.count += self.steps[1]
        return self.count, self.unit, (self.reading * self.gain).detach()


m = torch.jit.script(Meter())
print(m())
print(m(), m.count)
