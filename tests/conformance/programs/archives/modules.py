"""Modules that go through archives: attributes, containers, interfaces, hooks."""
from typing import Dict, List, Optional, Tuple

import torch
from torch import Tensor, nn

from tests.conformance.round_trips import collector

PROGRAMS = {}
program = collector(PROGRAMS, torch)
X = torch.arange(6.0).reshape(2, 3) - 2
@program(X)
class Attributes(nn.Module):
    table: Dict[str, List[int]]
    maybe: Optional[Tensor]
    missing: Optional[int]
    limit: torch.jit.Final[int]

    def __init__(self):
        super().__init__()
        self.table, self.maybe, self.missing, self.limit = {"a": [1, 2], "ü": []}, torch.ones(3), None, 4
        self.big, self.small, self.flag, self.word, self.rate = 2**40, -7, True, "über", 0.1
        self.pair, self.nested, self.c = (1, torch.zeros(3)), [[1.5], [2.5]], 1.0 + 2.0j
        self.tensors = [torch.ones(3), torch.zeros(3)]
        self.where = torch.device("cpu")
        self.register_buffer("memory", torch.arange(6.0))
        self.register_buffer("window", self.memory[1:4])
        self.register_buffer("nothing", None)
        self.register_parameter("absent", None)

    def forward(self, x: Tensor) -> Tuple[Tensor, str]:
        maybe = self.maybe
        if maybe is not None:
            x = x + maybe
        x = x * self.rate + self.small + self.pair[1] + self.tensors[0] + self.nested[1][0] + self.window
        return x + self.limit + len(self.table["a"]), self.word + str(self.big) + str(self.flag)


@program(X)
class State(nn.Module):
    seen: List[int]

    def __init__(self):
        super().__init__()
        self.calls = 0
        self.seen = []
        self.register_buffer("total", torch.zeros(3))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        self.seen.append(self.calls)
        self.total += x.sum(0)
        return self.total * self.calls + len(self.seen)


@program(X)
class Layers(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 3), nn.ReLU(), nn.LayerNorm(3)])
        self.named = nn.ModuleDict({"a": nn.Tanh(), "b": nn.Linear(3, 2)})
        self.both = nn.Sequential(nn.Dropout(0.5), nn.Sigmoid())
        self.again = self.layers[0]

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        for name, layer in self.named.items():
            x = layer(x)
        return self.both(x) + self.again.weight.sum()


@torch.jit.interface
class Step(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        pass


class Square(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * x


class Negate(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return -x


@program(X, [1, 0, 1])
class ByPosition(nn.Module):
    def __init__(self):
        super().__init__()
        self.steps = nn.ModuleList([Square(), Negate()])

    def forward(self, x: Tensor, order: List[int]) -> Tensor:
        for i in order:
            step: Step = self.steps[i]
            x = step.forward(x)
        return x


@program(X, "b")
class ByName(nn.Module):
    def __init__(self):
        super().__init__()
        self.steps = nn.ModuleDict({"a": Square(), "b": Negate()})

    def forward(self, x: Tensor, name: str) -> Tensor:
        step: Step = self.steps[name]
        return step.forward(x)


@program(X)
class Interface(nn.Module):
    step: Step

    def __init__(self):
        super().__init__()
        self.step = Square()

    def forward(self, x: Tensor) -> Tensor:
        return self.step.forward(x)


@program(X)
class Exported(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.scaled(x, 2)

    def scaled(self, x: Tensor, n: int = 3) -> Tensor:
        return x * self.weight * n

    @torch.jit.export
    def describe(self, word: str = "a") -> str:
        return word + str(self.weight.size(0))

    @property
    def size(self) -> int:
        return self.weight.size(0)

    @torch.jit.unused
    def in_python(self, x):
        return {x}


def doubled(self, input: Tuple[Tensor]) -> Tuple[Tensor]:
    return (input[0] * 2,)


def shifted(self, input: Tuple[Tensor], output: Tensor) -> Tensor:
    return output + input[0]


@program(X)
class Hooked(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Square()
        for module in (self, self.inner):
            module.register_forward_pre_hook(doubled)
            module.register_forward_hook(shifted)

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x)


@program(X, 2)
class Overloaded(nn.Module):
    def forward(self, x: Tensor, n: int, flag: bool = True, rate: float = 1.0) -> Tensor:
        k = n
        while k > 0 and x.sum() < 100:
            x, k = x + k * rate, k - 1
        return x if flag else -x


def through(step: Step, x: Tensor) -> Tensor:
    return step.forward(x) + 1


@program(X)
class InterfaceArgument(nn.Module):
    def __init__(self):
        super().__init__()
        self.square = Square()
        self.negate = Negate()

    def forward(self, x: Tensor) -> Tensor:
        return through(self.square, x) + through(self.negate, x)


class Base(nn.Module):
    scale: torch.jit.Final[float]

    def __init__(self, scale: float):
        super().__init__()
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        return self.change(x) * self.scale

    def change(self, x: Tensor) -> Tensor:
        return x


@program(X)
class Derived(Base):
    def __init__(self):
        super().__init__(0.5)

    def change(self, x: Tensor) -> Tensor:
        return x + 1
