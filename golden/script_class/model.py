"""A class of the user's: a struct behind a shared reference, whose methods read and write its attributes."""

from typing import List, Tuple

import torch


@torch.jit.script
class RunningMean:
    def __init__(self, decay: float):
        self.decay = decay
        self.mean = torch.zeros(1)
        self.history: List[float] = []

    def update(self, x: torch.Tensor) -> torch.Tensor:
        self.mean = self.mean * self.decay + x.mean() * (1.0 - self.decay)
        self.history.append(float(self.mean))
        return self.mean

    @property
    def last(self) -> float:
        return self.history[-1]

    def __len__(self) -> int:
        return len(self.history)


def consume(mean: RunningMean, x: torch.Tensor, times: int) -> None:
    for i in range(times):
        mean.update(x * i)


def model(x: torch.Tensor, times: int) -> Tuple[torch.Tensor, float, int]:
    mean = RunningMean(0.9)
    same = mean
    consume(mean, x, times)
    if same.last > 0.5:
        same.decay = 0.5
    y = x - mean.update(x)
    return y, same.last, len(mean)


model = torch.jit.script(model)


def example_inputs():
    return torch.linspace(0.0, 3.0, 5), 3
