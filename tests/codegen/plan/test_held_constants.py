"""Large constants are attributes of the module while it is exported."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from transpile import torch
from transpile.codegen.driver import final_program
from transpile.codegen.plan.held_constants import held_constants
from transpile.codegen.plan.program import instances_of
from transpile.codegen.project.exporter import ExportRequest, export
from transpile.core.errors import SourceError
from transpile.entry import compile_entry
from transpile.jit.unit import forget_default_unit
from transpile.torch import nn

TABLE = torch.arange(300, dtype=torch.float32)


class Child(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = TABLE

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.table.sum()

    @torch.jit.export
    def step(self, x: torch.Tensor) -> torch.Tensor:
        self.table = self.table + x
        return self.table


class Parent(nn.Module):
    """A trace has captured what a method of another module assigns."""

    def __init__(self) -> None:
        super().__init__()
        self.child = torch.jit.script(Child())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.child(x) + TABLE

    def step(self, x: torch.Tensor) -> torch.Tensor:
        return self.child.step(x)


class Refused(nn.Sequential):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self[0](x).cuda()


def nearest_prototype(x: torch.Tensor) -> torch.Tensor:
    return (x.unsqueeze(1) - TABLE.view(30, 10)).abs().sum(-1).argmin(1)


class Calls(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.nearest = torch.jit.trace(nearest_prototype, torch.zeros(2, 10))
        self.offset = 3

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.nearest(x) + self.offset


def frozen(kind: type[nn.Sequential]) -> Any:
    forget_default_unit()
    return torch.jit.freeze(torch.jit.script(kind(nn.Linear(20, 20)).eval()))


def attributes(root: Any) -> list[tuple[list[str], list[str]]]:
    return [(list(o.slots), list(o.type.attributes)) for o in instances_of(root) if o.type.is_module]


def test_what_some_method_assigns_is_not_read_for_a_constant() -> None:
    forget_default_unit()
    x = torch.zeros(300)
    model = torch.jit.trace_module(Parent(), {"forward": x, "step": x}, check_trace=False)
    compiled = compile_entry(model)
    with held_constants(compiled.root):
        program = final_program(compiled.root, ["forward", "step"])
    graph = str(program.entries[0].graph)
    assert 'prim::GetAttr[name="add"](%self)' in graph
    assert '"table"' not in graph


def test_the_module_is_left_as_it_was(tmp_path: Path) -> None:
    compiled = compile_entry(frozen(nn.Sequential))
    before = attributes(compiled.root)
    for out in ("first", "second"):
        export(ExportRequest(compiled.root, "frozen", "frozen.py"), tmp_path / out)
        assert attributes(compiled.root) == before
    first, second = (
        {str(f.relative_to(tmp_path / out)): f.read_bytes() for f in (tmp_path / out).rglob("*.[ch]pp")}
        for out in ("first", "second")
    )
    assert first == second
    assert b"linear_weight" in first["src/frozen.cpp"]


def test_so_is_one_that_is_refused(tmp_path: Path) -> None:
    compiled = compile_entry(frozen(Refused))
    before = attributes(compiled.root)
    with pytest.raises(SourceError, match="cuda"):
        export(ExportRequest(compiled.root, "refused", "refused.py"), tmp_path / "out")
    assert attributes(compiled.root) == before


def test_a_function_with_large_constants_is_a_module_with_one_method(tmp_path: Path) -> None:
    forget_default_unit()
    traced = torch.jit.trace(nearest_prototype, torch.zeros(2, 10))
    content = io.BytesIO()
    torch.jit.save(traced, content)
    for number, function in enumerate((traced, torch.jit.load(io.BytesIO(content.getvalue())))):
        out = tmp_path / str(number)
        export(ExportRequest(compile_entry(function).root, "nearest", "nearest.py"), out)
        header = (out / "include" / "nearest" / "nearest.hpp").read_text()
        assert "struct NearestPrototype {" in header
        assert "Tensor forward(const Tensor& x) const;" in header
        assert (out / "weights.safetensors").stat().st_size > 1200


def test_a_function_with_large_constants_dissolves_in_the_methods_that_call_it() -> None:
    forget_default_unit()
    compiled = compile_entry(torch.jit.script(Calls()))
    before = attributes(compiled.root)
    with held_constants(compiled.root) as root:
        program = final_program(root, ["forward"])
    assert 'prim::GetAttr[name="view"](%self)' in str(program.entries[0].graph)
    assert not program.functions
    assert attributes(compiled.root) == before
