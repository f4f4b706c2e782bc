"""Integer and boolean tensors with torch's type promotion."""

from typing import Tuple

import torch


def model(a: torch.Tensor, b: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    mask = (a > 2) & (b != 0)
    quotient = torch.div(a, torch.where(b == 0, torch.ones_like(b), b), rounding_mode="floor")
    return mask, quotient, a[mask].sum(), a / 2


def example_inputs():
    return torch.tensor([1, 5, -7, 9]), torch.tensor([2, 0, 3, -2], dtype=torch.int32)
