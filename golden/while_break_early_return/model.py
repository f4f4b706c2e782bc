"""while, break, continue and an early return come out as themselves."""

from typing import Tuple

import torch


def model(x: torch.Tensor, limit: int) -> Tuple[torch.Tensor, int]:
    steps = 0
    while steps < limit:
        steps += 1
        if steps == 3:
            continue
        x = x * 0.7
        if float(x.sum()) < 0.1:
            return x, -1
        if bool((x.abs() < 0.3).all()):
            break
    return x + 1.0, steps


def example_inputs():
    return torch.tensor([1.0, -0.5, 2.0]), 20
