"""Programs that are saved: ``SAVED`` maps names to what is saved and the arguments of a call."""
import enum
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import torch
from torch import nn


class Mode(enum.Enum):
    FAST = 1
    SLOW = 2


class Sample(NamedTuple):
    values: torch.Tensor
    weight: float


@torch.jit.script
class Tally:
    def __init__(self, start: int):
        self.total = start

    def add(self, n: int) -> int:
        self.total += n
        return self.total


@torch.jit.interface
class Stage(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pass


class Doubles(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * 2


def weighted(sample: Sample, bias: Optional[float] = None) -> torch.Tensor:
    if bias is not None:
        return sample.values * sample.weight + bias
    return sample.values * sample.weight


def slow_sum(x, parts: int):
    total = torch.zeros_like(x)
    for k in range(parts):
        if k == 3:
            continue
        total = total + x / (k + 1)
    return total


class Everything(nn.Module):
    stage: Stage
    limit: torch.jit.Final[float]
    table: Dict[str, List[int]]
    chosen: Optional[torch.Tensor]

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 2)
        self.layers = nn.ModuleList([nn.ReLU(), nn.Linear(2, 2)])
        self.named = nn.ModuleDict({"norm": nn.BatchNorm1d(2), "last": nn.Sequential(nn.Tanh(), nn.Identity())})
        self.stage = Doubles()
        self.limit = 4.0
        self.table = {"a": [1, 2], "é": []}
        self.chosen = None
        self.mode = Mode.SLOW
        self.large, self.negative, self.flag, self.name = 2**40, -7, True, "über"
        self.pair = (1.5, [True, False])
        self.register_buffer("memory", torch.arange(6.0))
        self.register_buffer("window", self.memory[2:4])
        self.register_parameter("missing", None)
        self.again = self.first

    def forward(self, x, steps: int = 3) -> Tuple[torch.Tensor, int, str]:
        y = self.stage.forward(self.first(x))
        for layer in self.layers:
            y = layer(y)
        for _, layer in self.named.items():
            y = layer(y)
        task = torch.jit.fork(slow_sum, y, steps)
        tally = Tally(steps)
        if self.mode == Mode.SLOW:
            tally.add(len(self.table["a"]))
        i = 0
        while i < 20:
            i += 3
            if i > 14:
                break
        y = weighted(Sample(torch.jit.wait(task), 0.5), self.limit) + self.window.sum()
        if self.missing is not None:
            y = y + self.missing
        words: List[str] = []
        for key, numbers in self.table.items():
            words.append(key + str(len(numbers)))
        return y.div(2) + i, tally.total, "|".join(words) + self.name

    @torch.jit.export
    def describe(self, value: Any) -> str:
        if isinstance(value, int):
            return "int {}".format(value + self.negative)
        assert isinstance(value, str), "expected a text"
        return "text " + value

    @torch.jit.unused
    def python_only(self, x):
        return {x}


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1)
        self.norm = nn.BatchNorm2d(2)
        self.out = nn.Linear(2, 2)
        self.out.weight.requires_grad_(False)

    def forward(self, x):
        x = torch.relu(self.norm(self.conv(x)))
        return self.out(x.mean([2, 3])) + torch.tensor([0.5, -0.5])


@torch.jit.script
def greatest(values: List[float], least: int = 0) -> float:
    best = float(least)
    for v in values:
        best = max(best, v)
    return best


def seeded(kind):
    torch.manual_seed(0)
    return kind().eval()


IMAGE = torch.arange(16.0).reshape(1, 1, 4, 4) / 8
SAVED = {
    "everything": (torch.jit.script(seeded(Everything)), (torch.tensor([[1.0, 2.0, 3.0], [0.5, 0.25, -1.0]]), 5)),
    "traced": (torch.jit.trace(seeded(Plain), IMAGE), (IMAGE,)),
    "scripted": (torch.jit.script(seeded(Plain)), (IMAGE,)),
    "frozen": (torch.jit.freeze(torch.jit.script(seeded(Plain))), (IMAGE,)),
    "function": (greatest, ([1.0, 7.5, 2.0], 0)),
}
