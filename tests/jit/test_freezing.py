"""Frozen modules compute what the scripted ones do, in the interpreter and as C++."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import transpile
from transpile import torch
from transpile.torch import nn


class Halver(nn.Module):
    """Returns out of a loop, so that its callers take in a lowered loop."""

    def __init__(self, limit: float) -> None:
        super().__init__()
        self.limit = limit
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x: torch.Tensor, steps: int) -> torch.Tensor:
        self.calls += 1
        for i in range(steps):
            if float(x.sum()) < self.limit:
                return x + i
            x = x * 0.5
        return x

    def until_small(self, x: torch.Tensor) -> torch.Tensor:
        going = True
        while going:
            x = x * 0.5
            if float(x.sum()) < self.limit:
                return x
            going = x.numel() > 0
        return -x


class Uses(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = Halver(1.0)
        self.second = Halver(0.25)
        self.weight = nn.Parameter(torch.full((2, 2), 0.5))

    def forward(self, x: torch.Tensor, steps: int) -> torch.Tensor:
        y = self.first(x @ self.weight, steps) + self.second(x, steps)
        return y + self.first.until_small(x) + self.first.calls


class Row(nn.Module):
    """Changes a view of a buffer, and hands out another buffer that shares its memory."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("table", torch.zeros(2, 2))
        self.register_buffer("first_row", self.table[0])
        self.register_buffer("still", torch.ones(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.table[0].add_(x)
        return self.first_row + self.still


class Appends(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lengths = [1]
        self.fixed = [5, 6]

    def forward(self, x: torch.Tensor) -> int:
        self.lengths.append(x.numel())
        return len(self.lengths) + self.fixed[0]


class Forks(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.jit.wait(torch.jit.fork(self.layer, x)) + 1


def frozen(module: nn.Module, *preserved: str) -> tuple[Any, Any]:
    scripted = torch.jit.script(module.eval())
    return scripted, torch.jit.freeze(scripted, preserved)


def test_loops_of_callees() -> None:
    scripted, made = frozen(Uses())
    x = torch.tensor([[3.0, 1.0]])
    for steps in (0, 1, 9):
        assert torch.equal(made(x, steps), scripted(x, steps))
    assert [name for name, _ in made.named_buffers()] == ["first.calls", "second.calls"]
    assert not list(made.parameters())


def test_memory_that_is_shared_with_what_changes_stays() -> None:
    scripted, made = frozen(Row())
    for _ in range(2):
        assert torch.equal(made(torch.ones(2)), scripted(torch.ones(2)))
    assert [name for name, _ in made.named_buffers()] == ["table", "first_row"]


def test_lists_that_change_stay() -> None:
    _, made = frozen(Appends())
    assert [made(torch.ones(3)), made(torch.ones(3))] == [7, 8]
    assert made.lengths == [1, 3, 3]
    assert not hasattr(made, "fixed")


def test_preserved_submodule_can_be_used() -> None:
    _, made = frozen(Uses(), "first")
    assert made.first.until_small(torch.ones(2)).tolist() == [0.25, 0.25]
    assert made.first.limit == 1.0


def test_forks_are_left_alone() -> None:
    scripted, made = frozen(Forks())
    x = torch.ones(1, 2)
    assert torch.equal(made(x), scripted(x))


def test_traced_module() -> None:
    layer = nn.Linear(2, 3).eval()
    made = torch.jit.freeze(torch.jit.trace(layer, torch.ones(1, 2)))
    x = torch.ones(4, 2)
    assert torch.equal(made(x), layer(x))
    assert not list(made.parameters())


def test_optimize_for_inference_leaves_no_batch_norm() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(6, 2)).eval()
    made = torch.jit.optimize_for_inference(torch.jit.script(model))
    x = torch.randn(3, 2, 8)
    assert "aten::batch_norm" not in str(made.graph)
    assert np.allclose(made(x).numpy(), model(x).detach().numpy(), atol=1e-6)


def test_as_cpp(tmp_path: Path) -> None:
    _, made = frozen(Uses())
    project = transpile.export(made, tmp_path / "uses", example_inputs=(torch.tensor([[3.0, 1.0]]), 9))
    assert all(difference.equal for difference in project.verify())
