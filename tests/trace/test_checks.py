"""What ``check_trace`` finds, and what it says."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from transpile import torch

TracerWarning = torch.jit.TracerWarning
TracingCheckError = torch.jit.TracingCheckError


def unrolled(x: Any) -> Any:
    result = x[0]
    for i in range(x.size(0)):
        result = result * x[i]
    return result


def test_graphs_that_differ() -> None:
    with pytest.raises(TracingCheckError) as caught, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(unrolled, torch.rand(3, 4), check_inputs=[torch.rand(4, 4)])
    text = str(caught.value)
    assert text.startswith("Tracing failed sanity checks!\nERROR: Graphs differed across invocations!\n\tGraph diff:\n")
    for part in (
        "\t\t-   %result",
        "\t\t+   %result",
        "First diverging operator:",
        "Node diff:",
        "Trace source location:",
    ):
        assert part in text
    assert re.search(r"test_checks.py\(\d+\): unrolled", text)


def test_constants_that_differ() -> None:
    calls = [0.0]

    def counting(x: Any) -> Any:
        calls[0] += 1
        return x * torch.tensor([calls[0], 1.0])

    with pytest.raises(TracingCheckError) as caught, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(counting, torch.ones(2))
    assert "Tensor-valued Constant nodes differed in value across invocations" in str(caught.value)
    assert "Comparison exception:" in str(caught.value)


def test_random_programs_are_warned_of() -> None:
    with pytest.warns(TracerWarning) as caught:
        torch.jit.trace(lambda x: x + torch.rand(4), torch.ones(4))
    texts = [str(w.message) for w in caught]
    assert texts[0].startswith(
        "Trace had nondeterministic nodes. Did you forget call .eval() on your model? Nodes:\n\t"
    )
    assert texts[1].startswith(
        "Output nr 1. of the traced function does not match the corresponding output of the Python"
    )
    assert "Tensor-likes are not close!" in texts[1]


def test_tolerance_and_switch() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        torch.jit.trace(lambda x: x + torch.rand(4), torch.ones(4), check_tolerance=1e3)
        torch.jit.trace(lambda x: x + torch.rand(4), torch.ones(4), check_trace=False)


def test_a_trace_that_fails_on_other_inputs() -> None:
    def program(x: Any) -> Any:
        return x.view(int(x.shape[0]), 3)

    with pytest.raises(TracingCheckError) as caught, pytest.warns(TracerWarning):
        torch.jit.trace(program, torch.ones(4, 3), check_inputs=[torch.ones(2, 3)])
    assert "encountered an exception while running the trace with test inputs" in str(caught.value)
    assert "shape '[4, 3]' is invalid for input of size 6" in str(caught.value)


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (lambda x: x * int(x.max()), "a Python integer"),
        (lambda x: x * float(x.max()), "a Python float"),
        (lambda x: x * x.max().item(), "a Python number"),
        (lambda x: x * x.tolist()[0], "a Python list"),
        (lambda x: x if x.any() else x * 2, "a Python boolean"),
        (lambda x: x + torch.from_numpy(x.numpy()), "a NumPy array"),
        (lambda x: x * len(x), "Using len to get tensor shape"),
        (lambda x: sum(x), "Iterating over a tensor"),
        (lambda x: x + torch.tensor([1.0, 2.0]), "torch.tensor results are registered as constants"),
        (lambda x: x.clone().resize_(2) * 0 + x, "resize_ can't be represented in the JIT"),
    ],
)
def test_every_way_out_of_the_graph_is_warned_of(program: Callable[[Any], Any], message: str) -> None:
    with pytest.warns(TracerWarning) as caught:
        torch.jit.trace(program, torch.ones(2), check_trace=False)
    assert message in str(caught[0].message) and caught[0].filename == __file__


def test_out_of_place_recording() -> None:
    def program(x: Any) -> Any:
        y = x * 2
        y.relu_()
        y.add_(1)
        return y

    text = str(torch.jit.trace(program, torch.ones(2), _force_outplace=True).graph)
    assert "aten::relu(" in text and "aten::add(" in text and "_(" not in text.replace("prim::", "")
