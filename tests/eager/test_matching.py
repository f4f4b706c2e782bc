"""Python arguments find their overload."""

from __future__ import annotations

from typing import Any

import pytest

from transpile import torch
from transpile.eager.matching import match


def _chosen(name: str, *args: Any, **kwargs: Any) -> tuple[str, list[Any]]:
    operator, values = match(f"aten::{name}", args, kwargs, method=True)
    return operator.schema.overload, values[1:]


def test_numbers_and_tensors() -> None:
    x = torch.ones(2)
    assert _chosen("add", x, x)[0] == "Tensor"
    assert _chosen("add", x, 2) == ("Scalar", [2, 1])
    assert _chosen("add", x, other=2, alpha=3)[1] == [2, 3]
    assert _chosen("max", x, 0)[0] == "dim"
    assert _chosen("max", x) == ("", [])


def test_sizes() -> None:
    x = torch.ones(2, 3)
    assert _chosen("view", x, 3, 2) == ("", [[3, 2]])
    assert _chosen("view", x, (3, 2)) == ("", [[3, 2]])
    assert _chosen("view", x, [-1]) == ("", [[-1]])
    assert _chosen("sum", x, 1)[1][0] == [1]
    assert _chosen("sum", x, axis=1, keepdims=True)[1][:2] == [[1], True]


def test_zero_dimensional_tensors_are_numbers() -> None:
    assert torch.zeros(torch.tensor(2), 3).shape == (2, 3)
    assert torch.ones(3).sum(torch.tensor(0)).item() == 3


def test_bool_is_no_int() -> None:
    with pytest.raises(TypeError):
        torch.ones(2, 2).select(True, 0)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: torch.relu(), 'relu() missing 1 required positional arguments: "input"'),
        (lambda: torch.relu(3), "relu(): argument 'input' (position 1) must be Tensor, not int"),
        (lambda: torch.relu(torch.ones(1), 2), "relu() takes 1 positional argument but 2 were given"),
        (lambda: torch.relu(torch.ones(1), x=2), "relu() got multiple values for argument 'x'"),
        (lambda: torch.relu(torch.ones(1), y=2), "relu() got an unexpected keyword argument 'y'"),
    ],
)
def test_errors_of_a_single_overload(call: Any, text: str) -> None:
    with pytest.raises(TypeError) as caught:
        call()
    assert str(caught.value).startswith(text.split(" positional argument ")[0])


def test_errors_of_many_overloads_list_them() -> None:
    with pytest.raises(TypeError, match=r"add\(\) received an invalid combination of arguments - got \(Tensor, str\)"):
        torch.add(torch.ones(1), "a")


def test_device_and_dtype() -> None:
    assert torch.zeros(2, dtype=float).dtype is torch.float64
    assert torch.zeros(2, device="cpu", layout=torch.strided).shape == (2,)
    with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
        torch.zeros(2, device="cuda")
