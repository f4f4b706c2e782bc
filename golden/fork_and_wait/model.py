"""Tasks: fork returns a future, wait gives its value."""

import torch


def tower(x: torch.Tensor, depth: int) -> torch.Tensor:
    for _ in range(depth):
        x = torch.sin(x) + 0.5
    return x


def model(x: torch.Tensor) -> torch.Tensor:
    left = torch.jit.fork(tower, x, 3)
    right = tower(x, 5)
    return torch.jit.wait(left) + right


model = torch.jit.script(model)


def example_inputs():
    return (torch.linspace(-1.0, 1.0, 7),)
