"""What has no C++ counterpart among modules and objects is refused with the reason, the line and what to write instead."""

from __future__ import annotations

from typing import Any

import pytest

from transpile import torch
from transpile.codegen.project.exporter import ExportRequest, generate
from transpile.core.errors import CompileErrors, ExportError
from transpile.entry import compile_entry


@torch.jit.interface
class Layer(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:  # type: ignore[empty-body]
        pass


class Counting(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.count += 1
        return x + self.count


class Plain(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 1


class Shared(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = Counting()
        self.second = self.first

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.first(x) + self.second(x)


class Ignoring(torch.nn.Module):
    @torch.jit.ignore
    def python_side(self, x: torch.Tensor) -> torch.Tensor:
        return x

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.python_side(x) + 1


class Changing(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.ModuleList([Counting(), Counting()])

    def forward(self, x: torch.Tensor, i: int) -> torch.Tensor:
        layer: Layer = self.layers[i]
        return layer.forward(x)


def layer() -> Any:
    """A module of the type ``Layer``: TorchScript asks for its methods only."""
    return Plain()


@torch.jit.interface
class Stage:
    def forward(self, x: torch.Tensor) -> torch.Tensor:  # type: ignore[empty-body]
        pass


class ChangingStage(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stages = torch.nn.ModuleList([Plain(), Counting()])

    def forward(self, x: torch.Tensor, i: int) -> torch.Tensor:
        stage: Stage = self.stages[i]
        return stage.forward(x)


class Swapping(torch.nn.Module):
    active: Layer
    other: Layer

    def __init__(self) -> None:
        super().__init__()
        self.active, self.other = layer(), layer()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.active = self.other
        return self.active.forward(x)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Shared, "held under two names"),
        (Ignoring, "'python_side' stays Python code"),
        (Changing, "method 'forward' of Layer changes its module"),
        (ChangingStage, "method 'forward' of Stage changes its module"),
        (Swapping, "attribute 'active' holds one module now and another later"),
    ],
)
def test_refused(model: type[torch.nn.Module], message: str) -> None:
    entry = compile_entry(model())
    with pytest.raises((ExportError, CompileErrors), match=message):
        generate(ExportRequest(entry.root, "model", "model.py"))


def test_a_module_that_changes_behind_an_interface_is_told_where_and_what_to_do() -> None:
    entry = compile_entry(ChangingStage())
    with pytest.raises(ExportError) as raised:
        generate(ExportRequest(entry.root, "model", "model.py"))
    assert "def forward(self, x: torch.Tensor) -> torch.Tensor:" in str(raised.value)
    assert "Hint: keep what changes in an object of a script class" in str(raised.value)
