"""A Kalman filter that tracks a moving target in the plane; measurements may be missing or too far off."""

from typing import List, NamedTuple, Optional, Tuple

import torch
from torch import nn


class Belief(NamedTuple):
    mean: torch.Tensor  # x, y, and their velocities
    covariance: torch.Tensor


class Tracker(nn.Module):
    def __init__(self, step: float = 0.1, process: float = 0.5, measurement: float = 0.3, gate: float = 16.0) -> None:
        super().__init__()
        eye, none = torch.eye(2, dtype=torch.float64), torch.zeros(2, 2, dtype=torch.float64)
        motion = torch.cat([torch.cat([eye, step * eye], 1), torch.cat([none, eye], 1)])
        push = torch.cat([0.5 * step * step * eye, step * eye])
        self.register_buffer("motion", motion)
        self.register_buffer("process", process * process * (push @ push.T))
        self.register_buffer("sensor", torch.cat([eye, none], 1))
        self.register_buffer("noise", measurement * measurement * eye)
        self.gate = gate

    def predict(self, belief: Belief) -> Belief:
        return Belief(
            torch.mv(self.motion, belief.mean), self.motion @ belief.covariance @ self.motion.T + self.process
        )

    def update(self, belief: Belief, seen: torch.Tensor) -> Tuple[Belief, bool]:
        """The belief after a measurement, and whether it was near enough to count."""
        surprise = seen - torch.mv(self.sensor, belief.mean)
        spread = self.sensor @ belief.covariance @ self.sensor.T + self.noise
        if float(torch.dot(surprise, torch.linalg.solve(spread, surprise))) > self.gate:
            return belief, False
        gain = torch.linalg.solve(spread, self.sensor @ belief.covariance).T
        keep = torch.eye(4, dtype=torch.float64) - gain @ self.sensor
        covariance = keep @ belief.covariance @ keep.T + gain @ self.noise @ gain.T  # Joseph's form
        return Belief(belief.mean + torch.mv(gain, surprise), covariance), True

    def forward(self, measurements: List[Optional[torch.Tensor]]) -> Tuple[torch.Tensor, Belief, int]:
        """Positions after each step [steps, 2], the last belief, and how many measurements counted."""
        belief = Belief(torch.zeros(4, dtype=torch.float64), 10.0 * torch.eye(4, dtype=torch.float64))
        track: List[torch.Tensor] = []
        used = 0
        for seen in measurements:
            belief = self.predict(belief)
            if seen is not None:
                belief, counted = self.update(belief, seen)
                used += int(counted)
            track.append(belief.mean[:2])
        return torch.stack(track), belief, used


model = Tracker().eval()


def example_inputs():
    """A target on a line, one measurement in five missing, one far off."""
    noise = torch.randn(20, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 0.3
    line = torch.stack([torch.linspace(0.0, 4.0, 20), torch.linspace(1.0, -1.0, 20)], 1).double() + noise
    line[11] += 50.0
    return ([None if i % 5 == 3 else line[i] for i in range(20)],)


if __name__ == "__main__":
    print(model(*example_inputs()))
