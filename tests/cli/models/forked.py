"""A model of every kind of function: a function, a script class, modules in a container, and a task that calls them."""

import torch
from torch import nn


def halved(x: torch.Tensor) -> torch.Tensor:
    return x / 2


@torch.jit.script
class Scale:
    def __init__(self, factor: float):
        self.factor = factor

    def apply(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factor


class Layer(nn.Module):
    def __init__(self, offset: float):
        super().__init__()
        self.bias = nn.Parameter(torch.full((3,), offset))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x + self.bias)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(Layer(0.5), Layer(-0.25), Layer(1.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        task = torch.jit.fork(self.layers, x)
        return self.scaled(halved(x), 2.0) + torch.jit.wait(task)

    def scaled(self, x: torch.Tensor, factor: float) -> torch.Tensor:
        scale = Scale(factor)
        return scale.apply(x)


model = Net().eval()


def example_inputs():
    return (torch.arange(6.0).reshape(2, 3) - 2,)
