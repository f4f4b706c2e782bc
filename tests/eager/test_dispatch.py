"""The mode stack, in-place results, outputs given by the caller, and gradient flags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from transpile import torch
from transpile.core.script_markers import is_tracing
from transpile.eager.dispatch import DispatchMode, active_mode, execute
from transpile.ops.registry import Operator


class Recorder(DispatchMode):
    """Notes the operators it sees."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.modules: list[str] = []

    def dispatch(self, operator: Operator, arguments: Sequence[Any]) -> Any:
        assert active_mode() is not self
        self.seen.append(operator.schema.qualified_name)
        return execute(operator, arguments)

    def enter_module(self, module: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        self.modules.append(type(module).__name__)


def test_modes_see_operators_and_modules() -> None:
    layer = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU())
    x = torch.ones(1, 2)
    with Recorder() as mode:
        assert is_tracing()
        layer(x)[0, :1]
    assert mode.seen == ["aten::linear", "aten::relu", "aten::select.int", "aten::slice.Tensor"]
    assert mode.modules == ["Sequential", "Linear", "ReLU"]
    assert active_mode() is None and not is_tracing()


def test_modes_nest_innermost_first() -> None:
    with Recorder() as outer, Recorder() as inner:
        torch.ones(2) + 1
    assert inner.seen and not outer.seen


def test_mode_is_left_after_an_error() -> None:
    with pytest.raises(ValueError, match="stop"), Recorder():
        raise ValueError("stop")
    assert active_mode() is None


def test_out_takes_the_shape_of_the_result() -> None:
    out = torch.empty(0)
    assert torch.add(torch.ones(3), 1, out=out) is out
    assert out.tolist() == [2.0, 2.0, 2.0]
    with pytest.raises(RuntimeError, match="can't be cast to the desired output type"):
        torch.add(torch.ones(3), 0.5, out=torch.empty(3, dtype=torch.int64))


def test_gradient_flags() -> None:
    x = torch.ones(2, requires_grad=True)
    assert (x * 2).requires_grad and not (x * 2).is_leaf
    assert not (x > 1).requires_grad
    assert not x.detach().requires_grad
    with torch.no_grad():
        assert not (x * 2).requires_grad
        x.add_(1)
    with torch.inference_mode():
        assert torch.is_inference_mode_enabled() and not torch.is_grad_enabled()
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        x.add_(1)
    torch.set_grad_enabled(False)
    assert not torch.is_grad_enabled()
    torch.set_grad_enabled(True)


def test_decorators() -> None:
    @torch.no_grad()
    def plain() -> bool:
        return torch.is_grad_enabled()

    without_parentheses: Any = torch.no_grad

    @without_parentheses
    def bare() -> bool:
        return torch.is_grad_enabled()

    assert not plain() and not bare() and torch.is_grad_enabled()


def test_unknown_operator_fails_only_when_used() -> None:
    function = torch.operator_function("no_such_operator")
    with pytest.raises(NotImplementedError, match="aten::no_such_operator"):
        function(torch.ones(1))
    with pytest.raises(AttributeError, match="module 'torch' has no attribute 'no_such_operator'"):
        torch.no_such_operator  # noqa: B018
