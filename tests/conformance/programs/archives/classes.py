"""Classes of all kinds that go through archives: enums, named tuples, objects."""
import enum
from typing import List, NamedTuple, Tuple

import torch
from torch import Tensor, nn

from tests.conformance.round_trips import collector

PROGRAMS = {}
program = collector(PROGRAMS, torch)
X = torch.arange(6.0).reshape(2, 3) - 2
class Kind(enum.Enum):
    LOW = 1
    HIGH = 2


class Name(enum.Enum):
    FIRST = "first"
    OTHER = "öther"


class Pair(NamedTuple):
    first: Tensor
    second: int = 3


@torch.jit.script
class Stack:
    def __init__(self, items: List[int]):
        self.items = items

    def push(self, n: int) -> int:
        self.items.append(n)
        return len(self.items)

    @property
    def size(self) -> int:
        return len(self.items)

    def __contains__(self, n: int) -> bool:
        return n in self.items


@program(X)
def named_tuples(x: Tensor) -> Tensor:
    p = Pair(x, 4)
    first, second = p
    return p.first * second + p[1]


@program(2)
def objects(n: int) -> Tuple[int, bool, int]:
    s = Stack([1])
    s.push(n)
    return s.push(n + 1), n in s, s.size


@program(3)
class Enums(nn.Module):
    def __init__(self):
        super().__init__()
        self.kind = Kind.HIGH
        self.name = Name.OTHER

    def forward(self, n: int) -> Tuple[int, str, bool]:
        chosen = Kind.LOW if n > 5 else self.kind
        return chosen.value, self.name.value + chosen.name, chosen == Kind.HIGH



@program(X)
class DeepState(nn.Module):
    pair: Pair

    def __init__(self):
        super().__init__()
        self.stack = Stack([5])
        self.pair = Pair(torch.ones(3), 2)

    def forward(self, x: Tensor) -> Tuple[Tensor, int]:
        return x * self.pair.first + self.pair.second, self.stack.push(1)
