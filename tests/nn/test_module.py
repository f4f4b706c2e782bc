"""``Module``: registration, state, hooks, copies, walking."""

from __future__ import annotations

import copy
from collections import OrderedDict
from typing import Any

import pytest

from transpile import torch

nn = torch.nn


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.blocks = nn.ModuleList([nn.Linear(4, 4) for _ in range(2)])
        self.register_buffer("count", torch.zeros(1))
        self.register_buffer("cache", torch.zeros(2), persistent=False)
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x: Any) -> Any:
        x = self.first(x)
        for block in self.blocks:
            x = torch.relu(block(x))
        return x * self.scale


def test_names() -> None:
    net = Net()
    assert [n for n, _ in net.named_parameters()] == [
        "scale", "first.weight", "first.bias", "blocks.0.weight", "blocks.0.bias", "blocks.1.weight", "blocks.1.bias",
    ]  # fmt: skip
    assert [n for n, _ in net.named_modules()] == ["", "first", "blocks", "blocks.0", "blocks.1"]
    assert [n for n, _ in net.named_buffers()] == ["count", "cache"]
    assert "cache" not in net.state_dict() and "count" in net.state_dict()
    assert net.get_submodule("blocks.1") is net.blocks[1]
    assert net.get_parameter("first.bias") is net.first.bias


def test_shared_parameters_are_listed_once() -> None:
    net = Net()
    net.blocks[1].weight = net.blocks[0].weight
    assert len(list(net.parameters())) == 6
    assert len(list(net.named_parameters(remove_duplicate=False))) == 7


def test_state_round_trip() -> None:
    first, second = Net(), Net()
    result = second.load_state_dict(first.state_dict())
    assert str(result) == "<All keys matched successfully>"
    x = torch.ones(2, 3)
    assert torch.equal(first(x), second(x))
    state = OrderedDict(first.state_dict())
    del state["scale"]
    state["extra"] = torch.zeros(1)
    keys = second.load_state_dict(state, strict=False)
    assert (keys.missing_keys, keys.unexpected_keys) == (["scale"], ["extra"])
    with pytest.raises(RuntimeError, match=r"Error\(s\) in loading state_dict for Net:"):
        second.load_state_dict(state)


def test_assign_replaces_the_tensors() -> None:
    net = Net()
    new = torch.full((4, 3), 2.0)
    net.load_state_dict({**net.state_dict(), "first.weight": new}, assign=True)
    assert isinstance(net.first.weight, nn.Parameter) and net.first.weight.data_ptr() == new.data_ptr()


def test_attributes_change_their_kind() -> None:
    net = nn.Module()
    net.a = 3
    net.a = nn.Parameter(torch.ones(1))
    assert "a" not in net.__dict__ and "a" in net._parameters
    net.a = None
    assert net._parameters["a"] is None
    del net.a
    net.a = nn.ReLU()
    assert "a" in net._modules and "a" in dir(net)


def test_hooks() -> None:
    layer = nn.Linear(2, 2)
    seen: list[str] = []

    def note(what: str, result: Any = None) -> Any:
        seen.append(what)
        return result

    before = layer.register_forward_pre_hook(lambda m, args: (args[0] * 0,))
    after = layer.register_forward_hook(lambda m, args, out: note("after", out + 1))
    with_kwargs = layer.register_forward_hook(lambda m, a, k, o: note("kwargs"), with_kwargs=True, prepend=True)
    x = torch.ones(1, 2)
    assert torch.equal(layer(x)[0], layer.bias.detach() + 1)
    assert seen == ["kwargs", "after"]
    for handle in (before, after, with_kwargs):
        handle.remove()
    assert not layer._forward_hooks and not layer._forward_pre_hooks


def test_modes_and_types() -> None:
    net = Net()
    assert not net.eval().training and not net.blocks[0].training
    assert net.double().scale.dtype is torch.float64 and net.to(torch.float16).count.dtype is torch.float16
    weight = net.first.weight
    net.float()
    assert net.first.weight is weight and weight.dtype is torch.float32
    assert not any(p.requires_grad for p in net.requires_grad_(False).parameters())
    order: list[str] = []
    net.apply(lambda m: order.append(type(m).__name__))
    assert order == ["Linear", "Linear", "Linear", "ModuleList", "Net"]


def test_deepcopy_keeps_sharing() -> None:
    net = Net()
    net.blocks[1] = net.blocks[0]
    twin = copy.deepcopy(net)
    assert twin.blocks[0] is twin.blocks[1] and twin.blocks[0] is not net.blocks[0]
    recurrent = copy.deepcopy(nn.LSTM(2, 2))
    assert recurrent._flat_weights[0] is recurrent.weight_ih_l0


def test_text() -> None:
    assert repr(Net()) == (
        "Net(\n  (first): Linear(in_features=3, out_features=4, bias=True)\n  (blocks): ModuleList(\n"
        "    (0-1): 2 x Linear(in_features=4, out_features=4, bias=True)\n  )\n)"
    )


def test_containers() -> None:
    sequence = nn.Sequential(nn.ReLU(), nn.Tanh())
    sequence.append(nn.Sigmoid()).insert(0, nn.Identity())
    assert [type(m).__name__ for m in sequence] == ["Identity", "ReLU", "Tanh", "Sigmoid"]
    del sequence[1]
    assert list(sequence._modules) == ["0", "1", "2"] and len(sequence[1:]) == 2
    named = nn.ModuleDict({"a": nn.ReLU()})
    named.update([("b", nn.Tanh())])
    assert list(named) == ["a", "b"] and "b" in named and isinstance(named.pop("b"), nn.Tanh)
    values = nn.ParameterDict({"w": torch.ones(1)})
    assert isinstance(values["w"], nn.Parameter) and list(dict(values.items())) == ["w"]
    listed = nn.ParameterList([torch.ones(1), torch.zeros(2)])
    assert len(listed) == 2 and [n for n, _ in listed.named_parameters()] == ["0", "1"]


def test_missing_forward() -> None:
    with pytest.raises(NotImplementedError, match='missing the required "forward"'):
        nn.Module()(1)
