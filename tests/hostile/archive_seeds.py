"""Well-formed archives with something of everything that the format has, to begin mutations from."""

# ruff: noqa: UP006, UP035, UP045

from __future__ import annotations

import enum
import io
import warnings
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from transpile import torch
from transpile.torch import Tensor, nn

_PYTORCH = Path(__file__).parents[1] / "data" / "archives"


class Point(NamedTuple):
    x: Tensor
    n: int = 2


class Color(enum.Enum):
    RED = 1
    BLUE = 2


@torch.jit.interface
class Stage:
    def forward(self, x: Tensor) -> Tensor:  # type: ignore[empty-body]
        pass


class Twice(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2


class Layers(nn.Module):
    """Layers, a buffer, shared tensors, a loop."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2))
        self.weight = self.blocks[0].weight
        self.register_buffer("seen", torch.zeros(2, dtype=torch.int64))

    def forward(self, x: Tensor, n: int = 2, scale: Optional[float] = None) -> Tensor:
        for i in range(n):
            x = self.blocks(x) + i
            if x.shape[0] > 3:
                break
        if scale is not None:
            x = x * scale
        self.seen.add_(1)
        return x


class Values(nn.Module):
    """Attributes and results of every type."""

    names: Dict[str, int]
    pairs: List[Tuple[int, float]]
    maybe: Optional[List[str]]

    def __init__(self) -> None:
        super().__init__()
        self.names = {"a": 1, "b\u00e9": 2}
        self.pairs = [(1, 2.5), (3, float("inf"))]
        self.maybe = ["x", "y"]
        self.color = Color.BLUE
        self.device = torch.device("cpu")
        self.number = 3 + 4j
        self.point = Point(torch.ones(1))
        self.big = 1 << 40
        self.words = ["a", "b"]
        self.nested = [[1, 2], [3]]

    def forward(self, x: Tensor, s: str = "a") -> Tuple[Point, Dict[str, int], List[Tensor]]:
        made = [x, self.point.x]
        found: Dict[str, int] = {}
        for name, count in self.names.items():
            found[name + s] = count
        if self.color == Color.BLUE and self.maybe is not None:
            made.append(x + 1)
        return Point(x, len(self.pairs)), found, made

    @torch.jit.export
    def text(self, n: int) -> str:
        assert n > 0, f"n is {n}"
        return "a".center(n) + str(self.big)


class Tasks(nn.Module):
    """An interface, a task, constants that are tensors."""

    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.stage = Twice()  # type: ignore[assignment]

    def forward(self, x: Tensor) -> Tensor:
        future = torch.jit.fork(_helper, x)
        y = self.stage.forward(x)
        while bool(y.sum() > 100):
            y = y / 2
        return torch.jit.wait(future) + y


class Restored(nn.Module):
    """An object that restores itself."""

    table: Dict[str, Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.table, self.sizes, self.found = {"a": torch.ones(2)}, [1, 2], [0]

    @torch.jit.export
    def __getstate__(self) -> Tuple[Dict[str, Tensor], List[int], bool]:
        return self.table, self.sizes, self.training

    @torch.jit.export
    def __setstate__(self, state: Tuple[Dict[str, Tensor], List[int], bool]) -> None:
        self.table, self.sizes, self.training = state
        self.found = [0] if len(self.sizes) > 1 else self.sizes

    def forward(self, x: Tensor) -> Tensor:
        return x * self.table["a"] + self.sizes[0]


def _helper(x: Tensor) -> Tensor:
    values: List[int] = [1, 2]
    values.append(3)
    if len(values) > 5:
        return x
    return torch.relu(x) + values[0] // 2 + torch.tensor([1.5, 2.0]).sum()


def seeds() -> list[bytes]:
    """Some that are saved here, and those small ones that PyTorch has saved."""
    x = torch.ones(2)
    scripted: list[Any] = [torch.jit.script(m.eval()) for m in (Layers(), Values(), Tasks(), Restored())]
    traced = torch.jit.trace(nn.Sequential(nn.Conv1d(1, 2, 3), nn.BatchNorm1d(2)).eval(), (torch.ones(1, 1, 4),))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        function = torch.jit.trace(_helper, (x,), check_trace=False)
    own = [_saved(m) for m in (*scripted, traced, function)]
    return [*own, *(path.read_bytes() for path in sorted(_PYTORCH.glob("*.pt")))]


def _saved(module: Any) -> bytes:
    stream = io.BytesIO()
    torch.jit.save(module, stream)
    return stream.getvalue()
