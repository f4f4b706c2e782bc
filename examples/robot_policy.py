"""A robot's policy: observations are normalised with running statistics, actions are bounded."""

from typing import Tuple

import torch
from torch import nn


class Normaliser(nn.Module):
    """Mean and variance of all observations so far (Welford's sums)."""

    count: torch.Tensor
    mean: torch.Tensor
    squares: torch.Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("squares", torch.zeros(size))

    def forward(self, observation: torch.Tensor) -> torch.Tensor:
        if int(self.count) < 2:
            return observation
        deviation = torch.sqrt(self.squares / (self.count - 1)).clamp(min=1e-2)
        return ((observation - self.mean) / deviation).clamp(-5.0, 5.0)

    @torch.jit.export
    def observe(self, observation: torch.Tensor) -> None:
        self.count += 1
        before = observation - self.mean
        self.mean += before / self.count
        self.squares += before * (observation - self.mean)


class Policy(nn.Module):
    def __init__(self, observations: int = 12, actions: int = 4, width: int = 32) -> None:
        super().__init__()
        self.normaliser = Normaliser(observations)
        self.body = nn.Sequential(nn.Linear(observations, width), nn.ELU(), nn.Linear(width, width), nn.ELU())
        self.action = nn.Linear(width, actions)
        self.value = nn.Linear(width, 1)
        self.register_buffer("limits", torch.tensor([1.0, 1.0, 0.5, 2.0]))

    def forward(self, observation: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        features = self.body(self.normaliser(observation))
        return torch.tanh(self.action(features)) * self.limits, self.value(features).squeeze(-1)

    @torch.jit.export
    def step(self, observation: torch.Tensor, noise: float = 0.0) -> torch.Tensor:
        """Learn from the observation and act on it."""
        self.normaliser.observe(observation)
        action, _ = self.forward(observation)
        if noise > 0.0:
            action = action + noise * torch.randn_like(action)
        return torch.minimum(torch.maximum(action, -self.limits), self.limits)


torch.manual_seed(0)
model = Policy().eval()
with torch.no_grad():
    for reading in torch.randn(50, 12) * 3.0 + 1.0:
        model.normaliser.observe(reading)


def example_inputs():
    observation = torch.linspace(-2.0, 4.0, 12)
    return {"forward": (observation,), "step": (observation,)}


if __name__ == "__main__":
    with torch.no_grad():
        print(model(*example_inputs()["forward"]))
