"""A transformer encoder layer of the library dissolves into operators."""

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)


torch.manual_seed(0)
model = Net().eval()


def example_inputs():
    torch.manual_seed(1)
    return (torch.randn(2, 5, 16),)
