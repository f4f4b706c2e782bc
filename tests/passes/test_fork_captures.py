"""Forked graphs reach modules through ``self``."""

from __future__ import annotations

from transpile import torch
from transpile.passes.context import forked_graphs
from transpile.passes.fork_captures import fork_captures


class Layer(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(2, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x)


class Net(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = Layer()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.jit.fork(self.layer, x).wait() + torch.jit.fork(torch.relu, x).wait()


def test_a_submodule_is_read_inside() -> None:
    scripted = torch.jit.script(Net())
    root = scripted._object
    graph = root.type.methods["forward"].structured.copy()
    assert fork_captures(graph)
    task, plain = forked_graphs(graph)
    assert task.inputs[0].type is root.type
    assert len(task.inputs) == 2
    call = next(n for n in task.nodes if n.kind == "prim::CallMethod")
    assert call.input(0).node.kind == "prim::GetAttr"
    assert call.input(0).node.input(0) is task.inputs[0]
    assert all(v.type is not root.type for v in plain.inputs)
    assert not fork_captures(graph)
