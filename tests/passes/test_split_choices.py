"""Choices of several tensors: those of the library are split, the user's stay one statement."""

from __future__ import annotations

import numpy as np
import pytest

from transpile.ir.graph import Graph
from transpile.ir.parser import parse_graph
from transpile.ir.verifier import verify
from transpile.jit.interpreter.machine import run_graph
from transpile.passes.split_choices import split_choices

CHOICE = """graph(%x : Tensor, %h : Tensor, %b : bool):
  %y : Tensor, %k : Tensor = prim::If(%b)
    block0():
      %0 : int = prim::Constant[value=0]()
      %p : Tensor = aten::unsqueeze(%x, %0)
      %q : Tensor = aten::neg(%p)
      %r : Tensor = aten::unsqueeze(%h, %0)
      -> (%q, %r)
    block1():
      -> (%x, %h)
  return (%y, %k)
"""


def choices(graph: Graph) -> int:
    return sum(node.kind == "prim::If" for node in graph.walk())


def parsed(text: str, *, library: bool = True) -> Graph:
    graph = parse_graph(text)
    for node in graph.walk():
        if node.kind == "prim::If" and library:
            node.stack = (("torch.nn.LSTM.forward", None),)
    return graph


@pytest.mark.parametrize("taken", [True, False])
def test_one_choice_for_each_tensor(taken: bool) -> None:
    graph = parsed(CHOICE)
    inputs = [np.ones(3, np.float32), np.zeros(2, np.float32), taken]
    expected = run_graph(graph, inputs)
    assert split_choices(graph)
    verify(graph)
    assert choices(graph) == 2
    np.testing.assert_equal(run_graph(graph, inputs), expected)


def test_a_statement_of_the_user_stays() -> None:
    assert not split_choices(parsed(CHOICE, library=False))


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("-> (%q, %r)", "-> (%r, %q)"),  # errors would change places
        ("-> (%q, %r)", "-> (%q, %q)"),  # what both need
        ("aten::neg(%p)", "aten::neg_(%p)"),
    ],
)
def test_what_is_more_than_a_choice_stays(line: str, instead: str) -> None:
    graph = parsed(CHOICE.replace(line, instead))
    before = choices(graph)
    assert not split_choices(graph)
    verify(graph)
    assert choices(graph) == before
