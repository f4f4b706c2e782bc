"""What is given to be compiled on the bundled torch is recognised for what it is."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.bundled import bundled_torch
from transpile import torch
from transpile.core.errors import ExportError
from transpile.entry import compile_entry, recognise, trace_entry
from transpile.jit.entry import Form
from transpile.pytorch.ownership import is_installed, is_pytorch
from transpile.torch import nn


def double(x: torch.Tensor) -> torch.Tensor:
    return x + x


def choose(x: torch.Tensor) -> torch.Tensor:
    return x + 1 if bool(x.sum() > 0) else x - 1


MODEL = nn.Sequential(nn.ReLU())
X = torch.ones(2)


@pytest.mark.parametrize(
    "entry, form",
    [
        (MODEL, Form.MODULE),
        (double, Form.FUNCTION),
        (torch.jit.script(MODEL), Form.SCRIPT),
        (torch.jit.script(double), Form.SCRIPT),
        (torch.jit.trace(MODEL, X), Form.TRACE),
        (MODEL.forward, Form.CALLABLE),
        (torch.relu, Form.CALLABLE),
    ],
)
def test_forms(entry: Any, form: Form) -> None:
    found = recognise(entry)
    assert found is not None and (found.form, found.is_pytorch) == (form, False)


@pytest.mark.parametrize("entry", [X, 1.5, MODEL.forward, torch.relu])
def test_what_cannot_be_scripted_is_named(entry: Any) -> None:
    with pytest.raises(ExportError, match=f"the entry is a {type(entry).__name__}, expected an nn.Module, a function"):
        compile_entry(entry)


def test_what_cannot_be_traced_is_named() -> None:
    with pytest.raises(ExportError, match=r"the entry is a float, expected an nn\.Module or a function to trace"):
        trace_entry(1.5, (X,))


def test_a_trace_of_what_is_compiled_is_what_it_is() -> None:
    compiled = trace_entry(torch.jit.script(choose), (X,))
    assert compiled.run_interpreter("forward", [-X]).tolist() == [-2.0, -2.0]


def test_the_bundled_torch_is_not_pytorch_under_whatever_name() -> None:
    with bundled_torch():
        import torch as named

        assert not is_installed()
        assert not any(is_pytorch(v) for v in (named, named.Tensor, named.nn.Linear(1, 1), named.ones(1), double))


class Cell(nn.Module):
    """``other`` comes before ``forward`` wherever methods are sorted."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor([1.0, 2.0]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.gain

    @torch.jit.export
    def begin(self) -> torch.Tensor:
        return self.gain - 1.0


def test_a_traced_forward_comes_before_methods_that_are_scripted() -> None:
    compiled = trace_entry(Cell(), (X,))
    assert compiled.exported == ["forward", "begin"]
    assert compiled.run_interpreter("begin", []).tolist() == [0.0, 1.0]


def test_methods_that_freezing_preserves_are_exported() -> None:
    frozen = torch.jit.freeze(torch.jit.script(Cell().eval()), preserved_attrs=["begin"])
    assert compile_entry(frozen).exported == ["forward", "begin"]
    assert compile_entry(copy.deepcopy(frozen)).exported == ["forward", "begin"]
    assert compile_entry(torch.jit.freeze(torch.jit.script(Cell().eval()))).exported == ["forward"]


def length(text: str) -> int:
    return len(text)


def test_expected_lengths_of_text_count_bytes_as_torchscript_does() -> None:
    compiled = compile_entry(length)
    assert compiled.expected("forward", ["na\u00efve"]) == 6
    assert compiled.expected("forward", ["naive"]) == 5
