"""Functions and modules that torch.jit.script has seen before the export, tied weights, and state changed afterwards."""

from typing import List, NamedTuple, Optional

import torch
from torch import nn


class Scale(NamedTuple):
    factor: int
    offset: float


@torch.jit.script
def squash(x: torch.Tensor, power: int) -> torch.Tensor:
    return x.sign() * torch.log1p(x.abs()) ** power


class Affine(nn.Module):
    scale: Scale
    limit: Optional[int]
    seen: List[int]

    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.rand(size))
        self.scale = Scale(3, 2.0)
        self.factor = 3
        self.limit = None
        self.seen = [1, 2]
        self.register_buffer("steps", torch.arange(size).to(torch.bfloat16), persistent=False)
        self.register_buffer("absent", None)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen.append(self.factor)
        if self.training:
            x = x * self.weight * self.factor + self.scale.offset + self.steps.float()
        limit = self.limit
        if limit is not None:
            x = x.clamp(max=limit)
        return squash(x, 2) + float(len(self.seen))


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.plain = Affine(4)
        self.scripted = torch.jit.script(Affine(4))
        self.layers = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4), nn.Sequential(nn.Linear(4, 4), nn.GELU())])
        self.layers[1].weight = self.layers[0].weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x)
        return self.scripted(self.plain(x))

    @torch.jit.export
    def twice(self, x: torch.Tensor) -> torch.Tensor:
        return self.forward(self.forward(x))

    @torch.jit.ignore
    def in_python(self) -> str:
        return repr(self)


torch.manual_seed(3)
plain = Net()
plain.plain.limit = 5
model = torch.jit.script(plain)
model.plain.eval()
model.scripted.factor = 7


def example_inputs():
    return (torch.tensor([[-1.0, 2.0, 0.5, 3.0]]),)
