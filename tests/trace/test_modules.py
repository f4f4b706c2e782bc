"""Traced modules: scopes as methods, attributes, calls in both directions."""

from __future__ import annotations

from pathlib import Path

import pytest

import transpile
from transpile import torch
from transpile.torch import nn


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 3)
        self.register_buffer("shift", torch.ones(3))

    def forward(self, x):  # type: ignore[no-untyped-def]
        return torch.relu(self.linear(x)) + self.shift


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.block = Block()
        self.unused = nn.Linear(1, 1)
        self.factor = 3

    def forward(self, x):  # type: ignore[no-untyped-def]
        n = x.size(0)
        return (self.block(self.block(x)) * self.factor + self.block.linear.bias).view(n, -1)


def test_submodules_become_methods() -> None:
    net = Net()
    traced = torch.jit.trace(net, torch.ones(2, 3))
    text = str(traced.graph)
    assert 'prim::CallMethod[name="forward"](%block' in text
    assert 'prim::CallMethod[name="forward1"](%block' in text
    assert text.index('GetAttr[name="bias"]') < text.index("CallMethod")
    assert "scope: __module.block/__module.block.linear" in str(traced.inlined_graph)
    x = torch.randn(4, 3)
    assert torch.allclose(traced(x), net(x))


def test_parameters_are_shared_and_python_attributes_are_baked() -> None:
    net = Net()
    traced = torch.jit.trace(net, torch.ones(2, 3))
    assert [n for n, _ in traced.named_parameters()] == [n for n, _ in net.named_parameters()]
    assert traced.block.linear.weight.data_ptr() == net.block.linear.weight.data_ptr()
    assert not hasattr(traced, "factor")
    with torch.no_grad():
        net.block.linear.bias.add_(1)
    assert torch.allclose(traced(torch.ones(2, 3)), net(torch.ones(2, 3)))
    assert repr(traced).startswith("Net(\n  original_name=Net\n  (block): Block(")


def test_modes_stay_as_traced() -> None:
    traced = torch.jit.trace(nn.Sequential(nn.Dropout(0.5)).eval(), torch.ones(100))
    traced.train()
    assert traced.training and traced(torch.ones(100)).sum().item() == 100


def test_values_leave_scopes_as_results() -> None:
    class Inner(nn.Module):
        def forward(self, x):  # type: ignore[no-untyped-def]
            self.kept = x * 2
            return self.kept + 1

    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = Inner()

        def forward(self, x):  # type: ignore[no-untyped-def]
            return self.inner(x) + self.inner.kept

    traced = torch.jit.trace(Outer(), torch.ones(2))
    assert "prim::TupleUnpack" in str(traced.graph)
    assert traced(torch.full((2,), 3.0)).tolist() == [13.0, 13.0]


def test_buffers_change() -> None:
    class Counter(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("count", torch.zeros(1))

        def forward(self, x):  # type: ignore[no-untyped-def]
            self.count.add_(1)
            return x + self.count

    traced = torch.jit.trace(Counter(), torch.zeros(1), check_trace=False)
    first = traced(torch.zeros(1)).item()
    assert traced(torch.zeros(1)).item() == first + 1 == traced.count.item()


def test_several_methods_and_exported_ones() -> None:
    class Several(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(2))
            self.times = 2

        def forward(self, x):  # type: ignore[no-untyped-def]
            return x * self.weight

        def other(self, x, y):  # type: ignore[no-untyped-def]
            return x + y * self.weight

        @torch.jit.export
        def chosen(self, x, flag: bool):  # type: ignore[no-untyped-def]
            if flag:
                return x * self.times
            return x

    traced = torch.jit.trace_module(Several(), {"forward": torch.ones(2), "other": (torch.ones(2), torch.ones(2))})
    assert traced.other(torch.ones(2), torch.ones(2)).tolist() == [2.0, 2.0]
    assert traced.chosen(torch.ones(2), True).tolist() == [2.0, 2.0]
    assert "prim::If" in str(traced.chosen.graph)


def test_scripted_code_keeps_its_control_flow() -> None:
    @torch.jit.script
    def positive(x):  # type: ignore[no-untyped-def]
        if bool(x.sum() > 0):
            return x
        return -x

    class Uses(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scripted = torch.jit.script(Block())

        def forward(self, x):  # type: ignore[no-untyped-def]
            return positive(x) + self.scripted(x) * 0

    traced = torch.jit.trace(Uses(), torch.ones(2, 3))
    assert 'prim::Constant[name="positive"]()' in str(traced.graph) and "prim::CallFunction" in str(traced.graph)
    assert 'prim::CallMethod[name="forward"](%scripted' in str(traced.graph)
    assert traced(-torch.ones(2, 3)).tolist() == torch.ones(2, 3).tolist()


def test_traced_code_in_scripts() -> None:
    traced = torch.jit.trace(Block(), torch.ones(2, 3))
    double = torch.jit.trace(lambda x: x * 2, torch.ones(1))

    class Scripted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = traced

        def forward(self, x):  # type: ignore[no-untyped-def]
            out = x
            for _ in range(2):
                out = self.inner(out)
            return double(out)

    scripted = torch.jit.script(Scripted())
    x = torch.randn(2, 3)
    assert torch.allclose(scripted(x), traced(traced(x)) * 2)


def test_script_if_tracing() -> None:
    @torch.jit.script_if_tracing
    def loop(x):  # type: ignore[no-untyped-def]
        out = x
        for i in range(x.size(0)):
            out = out + i
        return out

    traced = torch.jit.trace(lambda x: loop(x), torch.ones(2))
    assert traced(torch.ones(4)).tolist() == [7.0] * 4 and loop(torch.ones(2)).tolist() == [2.0, 2.0]


def test_tasks() -> None:
    def task(x):  # type: ignore[no-untyped-def]
        return x * 2

    def program(x):  # type: ignore[no-untyped-def]
        future = torch.jit.fork(task, x)
        return torch.jit.wait(future) + x

    traced = torch.jit.trace(program, torch.ones(2))
    assert "prim::fork_0(%x)" in str(traced.graph) and "with prim::fork_0 = graph(" in str(traced.graph)
    assert traced(torch.ones(3)).tolist() == [3.0] * 3


def test_modules_outside_of_the_trace_are_refused() -> None:
    scripted = torch.jit.script(Block())
    with pytest.raises(RuntimeError, match="must be registered as submodules of the thing being traced"):
        torch.jit.trace(lambda x: scripted(x), torch.ones(2, 3))
    layer = nn.Linear(3, 3)
    with pytest.raises(RuntimeError, match="Cannot insert a Tensor that requires grad as a constant"):
        torch.jit.trace(lambda x: layer(x), torch.ones(2, 3))
    with pytest.raises(AttributeError, match="Please use trace_module"):
        torch.jit.trace(Net().named_parameters, torch.ones(1))


def test_results_left_in_attributes_do_not_stop_export(tmp_path: Path) -> None:
    class Keeps(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv1d(2, 2, 3, padding="same")

        def forward(self, x):  # type: ignore[no-untyped-def]
            self.kept = self.conv(x)
            return self.kept * 2

    x = torch.ones(1, 2, 5)
    transpile.export(torch.jit.trace(Keeps(), x), tmp_path / "out", example_inputs=(x,))
    assert "ops::conv1d(" in (tmp_path / "out" / "src" / "keeps.cpp").read_text()


class _Doubled(nn.Module):
    def forward(self, x):  # type: ignore[no-untyped-def]
        return torch.tanh(x) * 2


class _Activated(nn.Module):
    def __init__(self, activation: nn.Module) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 3)
        self.activation = activation

    def forward(self, x):  # type: ignore[no-untyped-def]
        return self.activation(self.linear(x))


def test_a_module_that_two_others_hold_is_called_where_it_is(tmp_path: Path) -> None:
    """The trace knows it under one name and hands it to the method of the other one."""
    shared = _Doubled()
    net = nn.Sequential(_Activated(shared), _Activated(shared))
    x = torch.ones(2, 3)
    traced = torch.jit.trace(net, (x,))
    transpile.export(traced, tmp_path / "out", name="net", example_inputs=(x,))
    text = (tmp_path / "out" / "src" / "net.cpp").read_text()
    assert text.count("activation.forward(") == 2, text
    assert torch.equal(traced(x), net(x))
