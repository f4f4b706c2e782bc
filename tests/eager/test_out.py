"""``out=``: results in given tensors, and what holds a tensor that is resized."""

from __future__ import annotations

from typing import Any

import pytest

from transpile import torch


def test_named_results_are_the_given_tensors() -> None:
    x = torch.tensor([[1.0, 5.0], [3.0, 2.0]])
    values, indices = torch.empty(0), torch.empty(0, dtype=torch.int64)
    result = torch.max(x, 0, out=(values, indices))
    assert result.values is values and result.indices is indices
    assert values.tolist() == [3.0, 5.0] and indices.tolist() == [1, 0]


def test_dtype_rules() -> None:
    x = torch.ones(2, 2)
    assert torch.add(x, 1, out=torch.empty(0, dtype=torch.float64)).dtype is torch.float64
    assert torch.arange(3, out=torch.empty(0)).tolist() == [0.0, 1.0, 2.0]
    assert torch.sum(torch.ones(2, dtype=torch.int32), 0, out=torch.empty(0, dtype=torch.int32)[0:0]).item() == 2
    with pytest.raises(RuntimeError, match="Expected out tensor to have dtype float, but got double instead"):
        torch.mm(x, x, out=torch.empty(2, 2, dtype=torch.float64))
    with pytest.raises(RuntimeError, match="Found dtype Double but expected Float"):
        torch.neg(x, out=torch.empty(2, 2, dtype=torch.float64))
    with pytest.raises(RuntimeError, match=r"dtype Int does not match dtype of out parameter \(Float\)"):
        torch.zeros(2, out=torch.empty(2), dtype=torch.int32)


def test_what_may_not_be_written() -> None:
    x = torch.ones(2, 2)
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor refers to a single"):
        torch.add(x, x, out=torch.zeros(1).expand(2, 2))
    with pytest.raises(RuntimeError, match=r"add\(\): functions with out=... arguments don't support automatic"):
        torch.add(x.requires_grad_(), 1, out=torch.empty(2, 2))
    with pytest.raises(TypeError, match=r"reshape\(\) got an unexpected keyword argument 'out'"):
        torch.reshape(x, (4,), out=torch.empty(4))
    with pytest.raises(TypeError, match=r"add\(\): argument 'out' must be Tensor, not tuple"):
        torch.add(x, x, out=(x, x))


def test_resizing_warns_unless_the_tensor_was_empty() -> None:
    with pytest.warns(UserWarning, match=r"was resized since it had shape \[3\], which does not match .* \[2\]"):
        torch.exp(torch.zeros(2), out=torch.zeros(3))


class Keeps(torch.nn.Module):
    buffer: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("buffer", torch.empty(0))

    def forward(self, x: torch.Tensor, target: torch.Tensor) -> Any:
        held = [self.buffer, target]
        torch.mul(x, 2, out=self.buffer)
        torch.cat([x, x], out=target)
        return held[0], held[1], self.buffer + 1


def test_whoever_holds_a_resized_tensor_sees_its_new_sizes() -> None:
    for module in (Keeps(), torch.jit.script(Keeps())):
        target = torch.empty(0)
        first, second, third = module(torch.tensor([1.0, 2.0]), target)
        assert first.tolist() == [2.0, 4.0] and second.tolist() == target.tolist() == [1.0, 2.0, 1.0, 2.0]
        assert third.tolist() == [3.0, 5.0] and module.buffer.tolist() == [2.0, 4.0]


def turned(x: torch.Tensor) -> torch.Tensor:
    y = x.clone()
    z = y
    y.t_().unsqueeze_(0).squeeze_([0])
    return z


def test_views_in_place_change_every_name() -> None:
    x = torch.arange(6.0).reshape(2, 3)
    for function in (turned, torch.jit.script(turned)):
        assert function(x).tolist() == x.t().tolist()


def rounded(x: torch.Tensor, out: torch.Tensor) -> torch.Tensor:
    torch.special.round(x, decimals=1, out=out)
    return torch.special.round(x, decimals=1)


def test_alias_keeps_its_arguments() -> None:
    x, out = torch.tensor([1.26]), torch.empty(1)
    assert torch.equal(torch.jit.script(rounded)(x, out), torch.tensor([1.3]))
    assert torch.equal(out, torch.tensor([1.3]))
