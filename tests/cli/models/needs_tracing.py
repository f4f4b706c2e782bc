"""A model that cannot be scripted, and whose control flow depends on data."""

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def forward(self, x, *rest):
        widths = {2, 3}
        if x.sum() > 0:
            x = x * len(widths)
        n = x.shape[0]
        return {"out": self.linear(x).view(n * 2)}


torch.manual_seed(0)
model = Model()
example_inputs = (torch.ones(4, 3),)
