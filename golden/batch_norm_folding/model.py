"""A batch normalisation disappears into the convolution before it; one without a convolution stays."""

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3, bias=False)
        self.folded = nn.BatchNorm2d(4)
        self.relu = nn.ReLU()
        self.kept = nn.BatchNorm2d(4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.folded(self.conv(x)))
        return self.kept(x)


torch.manual_seed(0)
model = Net()
for norm in (model.folded, model.kept):
    nn.init.uniform_(norm.weight, 0.5, 1.5)
    nn.init.normal_(norm.bias)
    nn.init.normal_(norm.running_mean)
    nn.init.uniform_(norm.running_var, 0.5, 1.5)
model.eval()


def example_inputs():
    torch.manual_seed(1)
    return (torch.randn(1, 2, 6, 6),)
