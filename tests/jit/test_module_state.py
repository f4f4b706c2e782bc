"""A scripted module has its state in one place, whoever changes it, and is gone when nobody refers to it."""

from __future__ import annotations

import gc
import io
import weakref
from typing import Any

from transpile import torch
from transpile.torch import nn


class Scaled(nn.Module):
    calls: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 2, bias=False)
        self.scale = nn.Parameter(torch.ones(1))
        self.register_buffer("calls", torch.zeros(1))
        self.last = torch.zeros(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls = self.calls + 1
        self.last = self.linear(x) * self.scale
        return self.last

    @torch.jit.export
    def current(self) -> torch.Tensor:
        return self.scale


def reloaded(module: Any) -> Any:
    buffer = io.BytesIO()
    torch.jit.save(module, buffer)
    buffer.seek(0)
    return torch.jit.load(buffer)


def test_memory_that_python_exchanges_is_that_of_compiled_code() -> None:
    original = Scaled()
    scripted = torch.jit.script(original)
    for holder in (scripted, original):
        holder.scale.data = holder.scale.data + 1
        expected = holder.scale.tolist()
        assert reloaded(scripted).scale.tolist() == expected  # without a call in between
        assert scripted.current().tolist() == expected
        assert scripted.scale is original.scale


def test_what_compiled_code_puts_in_its_place_is_what_python_sees() -> None:
    original = Scaled()
    scripted = torch.jit.script(original)
    before, kept = scripted.calls, scripted.linear.weight
    result = scripted(torch.ones(2))
    assert scripted.calls.tolist() == [1.0] and before.tolist() == [0.0]
    assert scripted.calls is scripted.calls is dict(scripted.named_buffers())["calls"]
    assert scripted.last.tolist() == result.tolist()
    assert scripted.linear.weight is kept is original.linear.weight
    assert original.calls.tolist() == [0.0]


def test_tables_show_what_is_set() -> None:
    scripted = torch.jit.script(Scaled())
    scripted.scale = nn.Parameter(torch.full((1,), 3.0))
    assert scripted.state_dict()["scale"].tolist() == scripted.current().tolist() == [3.0]
    scripted.last = last = torch.ones(2)
    assert scripted.last is last
    scripted.double()
    assert scripted.current().dtype is scripted.calls.dtype is torch.float64
    scripted.load_state_dict({**scripted.state_dict(), "scale": torch.full((1,), 5.0)}, assign=True)
    assert scripted.current().tolist() == reloaded(scripted).scale.tolist() == [5.0]


def test_a_module_that_nobody_refers_to_is_gone() -> None:
    original = Scaled()
    scripted = torch.jit.script(original)
    scripted(torch.ones(2))
    traced = torch.jit.trace(nn.Sequential(nn.Linear(2, 2)), torch.ones(1, 2))
    watched = [weakref.ref(v) for v in (original, scripted, scripted.linear, scripted.scale, traced, traced._object)]
    del original, scripted, traced
    gc.collect()
    assert [w() for w in watched] == [None] * len(watched)
