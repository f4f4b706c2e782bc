"""A module with several methods: the code of each, and of the module the code of forward."""
import torch
from torch import nn


class Thermostat(nn.Module):
    def __init__(self):
        super().__init__()
        self.target = 20.0

    def forward(self, reading):
        return self.correction(reading) * 0.5

    @torch.jit.export
    def correction(self, reading):
        return self.target - reading


m = torch.jit.script(Thermostat())
print(m.code)
print(m.correction.code)
print(m.code == m.forward.code, m(torch.tensor([18.0, 25.0])).tolist())
