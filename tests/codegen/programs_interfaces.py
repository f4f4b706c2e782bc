"""Programs that call classes and modules through interfaces, for test_programs_interfaces.py."""

from __future__ import annotations

from typing import Any

SOURCE = '''
from typing import Dict, List, Optional, Tuple

import torch
from torch import nn


@torch.jit.interface
class Shape:
    def area(self, scale: float) -> float:
        pass

    def grow(self, by: float) -> None:
        pass


@torch.jit.script
class Square:
    def __init__(self, side: float):
        self.side = side

    def area(self, scale: float) -> float:
        return self.side * self.side * scale

    def grow(self, by: float) -> None:
        self.side += by


@torch.jit.script
class Strip:
    def __init__(self, length: float):
        self.length = length
        self.grown = 0

    def area(self, scale: float) -> float:
        scale = scale + 1.0
        return self.length * scale

    def grow(self, by: float) -> None:
        self.length *= by
        self.grown += 1


def measure(shape: Shape, by: float) -> float:
    before = shape.area(1.0)
    shape.grow(by)
    return shape.area(2.0) - before


def through_interface(side: float) -> Tuple[float, float, float, int]:
    square = Square(side)
    strip = Strip(side)
    return measure(square, 2.0), measure(strip, 3.0), square.side, strip.grown


def interfaces_in_lists(side: float, flag: bool) -> Tuple[float, bool]:
    first: Shape = Square(side)
    shapes: List[Shape] = [first]
    shapes.append(Strip(side))
    total = 0.0
    for shape in shapes:
        total += measure(shape, 0.5)
    chosen = shapes[0] if flag else shapes[1]
    return total + chosen.area(1.0), chosen is first


@torch.jit.interface
class Layer(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pass

    def scaled(self, x: torch.Tensor, by: float) -> torch.Tensor:
        pass


class Plain(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.linear = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(self.linear(x))

    @torch.jit.export
    def scaled(self, x: torch.Tensor, by: float) -> torch.Tensor:
        return self.linear(x) * by


class Sharp(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for _ in range(2):
            x = x * x
        return x

    @torch.jit.export
    def scaled(self, x: torch.Tensor, by: float) -> torch.Tensor:
        return x - by


@torch.jit.interface
class Plainest(nn.Module):
    def forward(self, input: torch.Tensor) -> torch.Tensor:
        pass


class Dispatch(nn.Module):
    """A module is chosen while the program runs."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(8)
        self.layers = nn.ModuleList([Plain(2), Sharp(), Plain(2)])
        self.named = nn.ModuleDict({"plain": Plain(2), "sharp": Sharp()})
        self.library = nn.ModuleList([nn.ReLU(), nn.Tanh(), nn.Linear(2, 2)])

    def forward(self, x: torch.Tensor, i: int, key: str) -> torch.Tensor:
        layer: Layer = self.layers[i]
        x = layer.forward(x)
        other: Layer = self.named[key]
        x = other.scaled(x, 2.0)
        for j in range(3):
            plain: Plainest = self.library[j]
            x = plain.forward(x)
        return x


class Declared(nn.Module):
    """An attribute that is declared as an interface."""

    part: Layer

    def __init__(self):
        super().__init__()
        torch.manual_seed(9)
        self.part = Plain(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.part.forward(x) + self.part.scaled(x, 3.0)


@torch.jit.interface
class Stage:
    """A plain interface: objects and modules may stand behind it."""

    def apply(self, x: torch.Tensor, by: float) -> torch.Tensor:
        pass


class Half(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("shift", torch.tensor([0.5, -0.5]))

    @torch.jit.export
    def apply(self, x: torch.Tensor, by: float = 2.0) -> torch.Tensor:
        return x * 0.5 * by + self.shift

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.apply(x)


class Next(nn.Module):
    @torch.jit.export
    def apply(self, x: torch.Tensor, by: float) -> torch.Tensor:
        by = by + 1.0
        return x + by

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


class ChooseStage(nn.Module):
    """Modules alone stand behind the plain interface."""

    def __init__(self):
        super().__init__()
        self.stages = nn.ModuleList([Half(), Next()])
        self.first = Half()

    def forward(self, x: torch.Tensor, which: int) -> torch.Tensor:
        stage: Stage = self.stages[which]
        return stage.apply(x, 3.0) + self.first.apply(x)


@torch.jit.interface
class Measured:
    def measure(self, x: torch.Tensor) -> torch.Tensor:
        pass

    def note(self, x: torch.Tensor) -> None:
        pass


@torch.jit.script
class Counting:
    def __init__(self):
        self.seen = 0

    def measure(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.seen

    def note(self, x: torch.Tensor) -> None:
        self.seen += x.size(0)


class Scaling(nn.Module):
    def __init__(self, by: float):
        super().__init__()
        self.by = by

    @torch.jit.export
    def measure(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.by

    @torch.jit.export
    def note(self, x: torch.Tensor) -> None:
        print("scaling", x.size(0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.measure(x)


def measured_twice(what: Measured, x: torch.Tensor) -> torch.Tensor:
    what.note(x)
    y = what.measure(x)
    what.note(y)
    return what.measure(y)


class ObjectsAndModules(nn.Module):
    """An object that changes and modules that do not stand behind one interface."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([Scaling(2.0), Scaling(0.5)])
        self.named = nn.ModuleDict({"wide": Scaling(4.0)})
        self.own = Scaling(3.0)

    def forward(self, x: torch.Tensor, which: int, key: str) -> torch.Tensor:
        counting = Counting()
        x = measured_twice(counting, x)
        layer: Measured = self.layers[which]
        x = measured_twice(layer, x) + counting.seen
        named: Measured = self.named[key]
        x = named.measure(x)
        return measured_twice(self.own, x) - self.own(x)
'''

M = [[1.0, -2.0], [0.5, 4.0]]

INPUTS: dict[str, list[tuple[Any, ...]]] = {
    "through_interface": [(1.5,)],
    "interfaces_in_lists": [(1.5, True), (2.0, False)],
    "Dispatch": [(M, 0, "sharp"), (M, -2, "plain"), (M, 3, "plain"), (M, 1, "none")],
    "Declared": [(M,)],
    "ChooseStage": [(M, 0), (M, 1), (M, -1), (M, 2)],
    "ObjectsAndModules": [(M, 0, "wide"), (M, 1, "narrow")],
}
MODULES = {
    "Dispatch": "Dispatch()",
    "Declared": "Declared()",
    "ChooseStage": "ChooseStage()",
    "ObjectsAndModules": "ObjectsAndModules()",
}
