"""A function that uses a parameter cannot be traced, as the parameter would be a constant; methods are traced by name."""
import torch
from torch import nn


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.left = nn.Parameter(torch.tensor([2.0]))

    def forward(self, x):
        return x * self.left

    def inverse(self, y):
        return y / self.left


pair = Pair()


def captures(x):
    return pair.inverse(x) + 1


try:
    torch.jit.trace(captures, torch.ones(1))
except RuntimeError as error:
    print("Cannot insert a Tensor that requires grad as a constant" in str(error))
both = torch.jit.trace_module(pair, {"forward": torch.ones(1), "inverse": torch.ones(1)})
print(both(torch.tensor([3.0])).tolist(), both.inverse(torch.tensor([3.0])).tolist(), [n for n, _ in both.named_parameters()])
