"""Library calls dissolve; the user's stay."""

from __future__ import annotations

import numpy as np
import pytest

from tests.passes.models import conv_and_norm, function
from transpile.ir.graph import Graph
from transpile.ir.verifier import verify
from transpile.jit.interpreter.machine import run_graph
from transpile.passes.inline import inline, inline_all

PICK = """
graph(%c : bool, %x : Tensor):
   = prim::If(%c)
    block0():
      %y : Tensor = aten::neg(%x)
       = prim::Return(%y)
      -> ()
    block1():
      -> ()
  %z : Tensor = aten::relu(%x)
   = prim::Return(%z)
  return ()
"""
SEARCH = """
graph(%c : bool, %x : Tensor):
  %ten : int = prim::Constant[value=10]()
   = prim::Loop[kind="for"](%ten)
    block0(%i : int):
       = prim::If(%c)
        block0():
          %y : Tensor = aten::neg(%x)
           = prim::Return(%y)
          -> ()
        block1():
          -> ()
      -> ()
   = prim::Return(%x)
  return ()
"""
CALLER = """
graph(%c : bool, %x : Tensor):
  %f : Function = prim::Constant[name="callee"]()
  %a : Tensor = prim::CallFunction(%f, %c, %x) # user.py:3:8
  %b : Tensor = aten::neg(%a)
   = prim::Return(%b)
  return ()
"""
X = np.array([-1.0, 2.0], np.float32)


def kinds(graph: Graph) -> list[str]:
    return [n.kind for n in graph.walk()]


@pytest.mark.parametrize("body", [PICK, SEARCH])
@pytest.mark.parametrize("condition", [True, False])
def test_library_function_with_early_return(body: str, condition: bool) -> None:
    callee = function("__torch__.torch.nn.functional.callee", body)
    caller = function("__torch__.main", CALLER, callee=callee)
    graph = caller.structured.copy()
    assert inline(graph)
    verify(graph)
    assert "prim::CallFunction" not in kinds(graph)
    assert kinds(graph).count("prim::Return") == 1
    np.testing.assert_array_equal(run_graph(graph, [condition, X]), run_graph(caller.structured, [condition, X]))


def test_user_function_stays() -> None:
    callee = function("__torch__.model.callee", PICK)
    graph = function("__torch__.main", CALLER, callee=callee).structured.copy()
    assert not inline(graph)
    assert inline_all(graph)
    assert "prim::CallFunction" not in kinds(graph)


def test_result_takes_the_name_and_nodes_know_their_call() -> None:
    callee = function("__torch__.torch.nn.functional.callee", PICK)
    graph = function("__torch__.main", CALLER, callee=callee).structured.copy()
    inline(graph)
    merged = next(n for n in graph.nodes if n.kind == "prim::If")
    assert merged.output.name == "a"
    relu = next(n for n in graph.walk() if n.kind == "aten::relu")
    assert [name for name, _ in relu.stack] == ["torch.nn.functional.callee"]
    assert relu.user_range is not None
    assert relu.user_range.location == "user.py:3:8"


def test_methods_of_library_layers() -> None:
    _, graph = conv_and_norm()
    inline(graph)
    verify(graph)
    assert "prim::CallMethod" not in kinds(graph)
    assert kinds(graph).count("aten::conv2d") == 1


def test_callee_that_always_raises() -> None:
    body = """
graph(%c : bool, %x : Tensor):
  %m : str = prim::Constant[value="no"]()
  %k : str = prim::Constant[value="builtins.ValueError"]()
   = prim::RaiseException(%m, %k)
  return ()
"""
    callee = function("__torch__.torch.nn.functional.callee", body)
    graph = function("__torch__.main", CALLER, callee=callee).structured.copy()
    inline(graph)
    verify(graph)
    with pytest.raises(ValueError, match="no"):
        run_graph(graph, [True, X])
