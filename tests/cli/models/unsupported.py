"""Three constructs that TorchScript does not have, and an operator that nobody has."""

import torch
from torch import nn


class Net(nn.Module):
    def guarded(self, x: torch.Tensor) -> torch.Tensor:
        try:
            x = x + 1
        except ValueError:
            pass
        return x

    def counting(self, x: torch.Tensor) -> torch.Tensor:
        global counter
        return x

    def helper(self, x: torch.Tensor) -> torch.Tensor:
        class Local:
            pass

        return x

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.guarded(x)
        x = self.counting(x)
        x = self.helper(x)
        return torch.no_such_operator(x)


model = Net()
