"""Scripted modules: attributes, sharing, methods, state."""

# ruff: noqa: UP006, UP035, UP045

from __future__ import annotations

import copy
import functools
import types
from pathlib import Path
from typing import Any, Dict, Final, List, Optional

import pytest

import transpile.torch as torch
import transpile.torch.jit as jit
from transpile import nn
from transpile.torch import Tensor


class Block(nn.Module):
    scale: Final[float]

    def __init__(self, width: int, scale: float) -> None:
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.linear(x)) * self.scale


class Net(nn.Module):
    history: List[int]
    names: Dict[str, int]

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([Block(3, 1.0), Block(3, 1.0), Block(3, 0.5)])
        self.register_buffer("calls", torch.zeros(1))
        self.history = []
        self.names = {}
        self.down = None

    def forward(self, x: Tensor, skip: Optional[int] = None) -> Tensor:
        self.calls += 1
        for index, block in enumerate(self.blocks):
            if skip is not None and skip == index:
                self.history.append(index)
            else:
                x = block(x)
        return x if self.down is None else self.down(x)

    @torch.jit.export
    def seen(self) -> List[int]:
        return self.history

    @torch.jit.unused
    def not_compiled(self) -> int:
        return {1, 2}.pop()


def test_results_equal_eager() -> None:
    net = Net().eval()
    scripted = torch.jit.script(copy.deepcopy(net))
    x = torch.randn(2, 3)
    assert torch.equal(scripted(x), net(x))
    assert torch.equal(scripted(x, 1), net(x, skip=1))
    assert scripted.seen() == [1]
    assert scripted.calls.item() == 2.0


def test_equal_instances_share_a_type() -> None:
    scripted = torch.jit.script(Net())
    types = [b._c._type() for b in scripted.blocks]
    assert types[0] == types[1]
    assert types[0] != types[2]


def test_parameters_are_shared_with_the_python_module() -> None:
    net = Net()
    scripted = torch.jit.script(net)
    assert scripted.blocks[0].linear.weight is net.blocks[0].linear.weight
    assert list(scripted.state_dict()) == list(net.state_dict())
    with torch.no_grad():
        net.blocks[0].linear.weight.fill_(0.0)
    assert not scripted.blocks[0].linear.weight.any()


def test_copies_are_independent() -> None:
    scripted = torch.jit.script(Net())
    other = copy.deepcopy(scripted)
    other.calls.fill_(9.0)
    assert scripted.calls.item() == 0.0


def test_attributes_are_checked_when_set() -> None:
    scripted = torch.jit.script(Net())
    scripted.history = [4]
    assert scripted.seen() == [4]
    with pytest.raises(RuntimeError, match="Could not cast attribute 'history' to type List"):
        scripted.history = "a"


def test_training_mode_reaches_submodules() -> None:
    scripted = torch.jit.script(nn.Sequential(nn.Dropout(0.9)))
    scripted.eval()
    x = torch.ones(50)
    assert torch.equal(scripted(x), x)


@pytest.mark.parametrize(
    "module",
    [nn.LSTM(2, 3), nn.GRU(2, 3), nn.MultiheadAttention(4, 2), nn.TransformerEncoderLayer(4, 2, 8), nn.BatchNorm2d(3),
     nn.ConvTranspose2d(1, 2, 3), nn.Embedding(5, 3), nn.LayerNorm(4)],
    ids=lambda m: type(m).__name__,
)  # fmt: skip
def test_library_modules_compile(module: nn.Module) -> None:
    assert type(torch.jit.script(module)).__name__ == "RecursiveScriptModule"


def test_namespace_is_complete() -> None:
    for name in ("script", "ignore", "unused", "export", "annotate", "fork", "wait", "Final", "interface"):
        assert hasattr(jit, name)


OVERLOADED = """
from transpile import torch

class Chooser(torch.nn.Module):
    @torch.jit._overload_method
    def pick(self, x: int) -> int: pass

    @torch.jit._overload_method
    def pick(self, x: str) -> str: pass

    def pick(self, x):
        return x

    def forward(self):
        return self.pick(1), self.pick("a")
"""


def test_overloads_of_a_source_that_runs_again(tmp_path: Path) -> None:
    """What an earlier run of the source declared is forgotten, in the same module and in another of its name."""
    path = tmp_path / "chooser.py"
    path.write_text(OVERLOADED)
    first: dict[str, Any] = {"__name__": "chooser"}
    other: dict[str, Any] = {"__name__": "chooser"}
    for scope in (first, first, other):
        exec(compile(OVERLOADED, str(path), "exec"), scope)
        assert torch.jit.script(scope["Chooser"]())() == (1, "a")


class Rebound(nn.Module):
    """Has another of its methods in the place of ``forward`` or ``step``."""

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor([1.0, 2.0]))
        if name:
            setattr(self, name, self.other)

    def forward(self, x: Tensor) -> Tensor:
        return self.step(x) * self.gain

    def step(self, x: Tensor) -> Tensor:
        return x

    def other(self, x: Tensor) -> Tensor:
        return x * 5.0 + self.gain


class Rebinding(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.ModuleList([Rebound(), Rebound("forward"), Rebound("step"), Rebound("forward")])

    def forward(self, x: Tensor) -> Tensor:
        for part in self.parts:
            x = part(x) + part.forward(x) * 2.0
        return x


def shifted(self: Any, x: Tensor) -> Tensor:
    return x * self.gain - 10.0


@pytest.mark.parametrize("make", [Rebinding, lambda: Rebound("forward"), lambda: Rebound("step")])
def test_a_method_that_is_replaced_on_the_instance_is_the_one_that_runs(make: Any) -> None:
    model, x = make(), torch.tensor([1.0, -3.0])
    scripted = jit.script(model)
    assert torch.equal(scripted(x), model(x))
    model.gain = nn.Parameter(torch.tensor([4.0, 5.0]))  # the methods stay those of the scripted module
    again = jit.script(scripted)
    assert torch.equal(again(x), scripted(x))
    assert torch.equal(jit.script(copy.deepcopy(model))(x), model(x))


def test_a_forward_bound_with_methodtype_is_the_one_that_runs() -> None:
    model = Rebound()
    model.forward = types.MethodType(shifted, model)  # type: ignore[method-assign]
    x = torch.tensor([1.0, -3.0])
    assert torch.equal(jit.script(model)(x), model(x))
    assert torch.equal(jit.trace(model, (x,))(x), model(x))


def test_a_forward_that_is_no_method_of_the_module_is_refused() -> None:
    other = Rebound()
    for replaced in (functools.partial(other.other), other.other, torch.relu):
        model = Rebound()
        model.forward = replaced  # type: ignore[method-assign]
        with pytest.raises(RuntimeError, match="'forward' of this 'Rebound' is not the method of its class") as caught:
            jit.script(model)
        assert "def forward(self, ...)" in str(caught.value)


class Concealed(nn.Module):
    scale = None

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Linear(2, 2)
        self.step = nn.Linear(2, 2)  # type: ignore[method-assign]

    def step(self, x: Tensor) -> Tensor:
        return x * 3.0

    def forward(self, x: Tensor) -> Tensor:
        return self.step(x)

    @torch.jit.export
    def scaled(self, x: Tensor) -> Tensor:
        return x if self.scale is None else self.scale(x)


def test_what_the_class_has_hides_a_submodule_of_that_name() -> None:
    x = torch.tensor([1.0, -3.0])
    with pytest.raises(RuntimeError, match="the class has an attribute 'scale' too"):
        jit.script(Concealed())

    class Shown(Concealed):
        def scaled(self, x: Tensor) -> Tensor:
            return x

    assert torch.equal(jit.script(Shown())(x), Shown()(x))


class Handing(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x + 1.0

    def __call__(self, x: Tensor) -> Tensor:
        """The same, with types."""
        return super().__call__(x)


class Doubling(Handing):
    def __call__(self, x: Tensor) -> Tensor:
        return self.forward(x) * 2.0


def test_a_call_of_its_own_is_what_python_runs() -> None:
    assert jit.script(nn.Sequential(Handing()))(torch.ones(1)).tolist() == [2.0]
    for model in (Doubling(), nn.Sequential(Doubling())):
        with pytest.raises(RuntimeError, match="'Doubling' has a __call__ of its own"):
            jit.script(model)
