"""The interpreter on the structured and on the lowered form."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from tests.ir.test_parser import graphs
from tests.passes.models import conv_and_norm, function, method, module_type
from transpile.core import types as T
from transpile.ir.function import ScriptObject
from transpile.ir.graph import Graph
from transpile.ir.parser import parse_graph
from transpile.ir.verifier import verify
from transpile.jit.interpreter.future import Future
from transpile.jit.interpreter.machine import run, run_graph
from transpile.jit.interpreter.tracebacks import exception_class, traceback_of
from transpile.passes import pipelines
from transpile.passes.observer import PassObserver

COLLATZ = """graph(%n : int, %limit : int):
  %zero : int = prim::Constant[value=0]()
  %one : int = prim::Constant[value=1]()
  %two : int = prim::Constant[value=2]()
  %three : int = prim::Constant[value=3]()
  %minus : int = prim::Constant[value=-1]()
  %steps : int, %k : int = prim::Loop[kind="while"](%zero, %n)
    block0(%s : int, %k.1 : int):
      %s.1 : int = aten::add(%s, %one)
      %tired : bool = aten::gt(%s.1, %limit)
       = prim::If(%tired)
        block0():
           = prim::Return(%minus)
          -> ()
        block1():
          -> ()
      %r : int = aten::remainder(%k.1, %two)
      %even : bool = aten::eq(%r, %zero)
       = prim::If(%even)
        block0():
          %half : int = aten::floordiv(%k.1, %two)
           = prim::Continue(%s.1, %half)
          -> ()
        block1():
          -> ()
      %negative : bool = aten::lt(%k.1, %zero)
       = prim::If(%negative)
        block0():
           = prim::Break(%minus, %k.1)
          -> ()
        block1():
          -> ()
      %m : int = aten::mul(%k.1, %three)
      %m.1 : int = aten::add(%m, %one)
      -> (%s.1, %m.1)
    block1(%s.2 : int, %k.2 : int):
      %go : bool = aten::ne(%k.2, %one)
      -> (%go)
  %out : int = aten::sub(%steps, %zero)
   = prim::Return(%out)
  return ()
"""


def collatz(n: int, limit: int) -> int:
    steps, k = 0, n
    while k != 1:
        steps += 1
        if steps > limit:
            return -1
        if k % 2 == 0:
            k = k // 2
            continue
        if k < 0:
            steps = -1
            break
        k = 3 * k + 1
    return steps


def lowered(graph: Graph) -> Graph:
    copy = graph.copy()
    pipelines.run(copy, pipelines.SCRIPT, None, PassObserver(verify_passes=True))
    return copy


def cleaned(graph: Graph) -> Graph:
    copy = graph.copy()
    pipelines.run(copy, pipelines.CLEAN_UP, None, PassObserver(verify_passes=True))
    return copy


@pytest.mark.parametrize("form", [lambda g: g, lowered, cleaned])
def test_loops_and_exits(form: Callable[[Graph], Graph]) -> None:
    graph = form(parse_graph(COLLATZ))
    for n, limit in itertools.product([-5, -4, 0, 1, 2, 7, 27], [3, 20, 200]):
        assert run_graph(graph, [n, limit]) == collatz(n, limit)


@given(graphs(exits=True))
@settings(max_examples=150, deadline=None)
def test_passes_keep_the_meaning(graph: Graph) -> None:
    verify(graph)
    args = [3, -2, 5][: len(graph.inputs)]
    expected = outcome(graph, args)
    assert outcome(lowered(graph), args) == expected
    assert outcome(cleaned(graph), args) == expected
    assert outcome(cleaned(cleaned(graph)), args) == expected


def outcome(graph: Graph, args: list[Any]) -> Any:
    try:
        return run_graph(graph, args)
    except Exception as error:
        return type(error).__name__


def test_many_iterations_need_no_stack() -> None:
    text = """graph(%n : int):
  %zero : int = prim::Constant[value=0]()
  %s : int = prim::Loop[kind="for"](%n, %zero)
    block0(%i : int, %s.1 : int):
      %s.2 : int = aten::add(%s.1, %i)
      -> (%s.2)
  return (%s)
"""
    assert run_graph(parse_graph(text), [50_000]) == sum(range(50_000))


RAISES = """graph(%n : int):
  %m : str = prim::Constant[value="n is negative"]()
  %k : str = prim::Constant[value="builtins.ValueError"]()
  %zero : int = prim::Constant[value=0]()
  %c : bool = aten::lt(%n, %zero) # model.py:4:7
   = prim::If(%c) # model.py:4:4
    block0():
       = prim::RaiseException(%m, %k) # model.py:5:8
      -> ()
    block1():
      -> ()
   = prim::Return(%n)
  return ()
"""
CALLS = """graph(%n : int):
  %f : Function = prim::Constant[name="check"]()
  %m : int = prim::CallFunction(%f, %n) # model.py:9:11
   = prim::Return(%m)
  return ()
"""


def test_exceptions_carry_the_python_lines() -> None:
    check = function("__torch__.model.check", RAISES)
    main = function("__torch__.model.main", CALLS, check=check)
    assert run(main, [3]) == 3
    with pytest.raises(ValueError, match="n is negative") as caught:
        run(main, [-1])
    frames = [(name, range.location if range else None) for name, range in traceback_of(caught.value)]
    assert frames == [("model.main", "model.py:9:11"), ("model.check", "model.py:5:8")]
    (note,) = vars(caught.value)["__notes__"]
    assert note.startswith("Traceback of TorchScript (most recent call last):\n")
    assert 'File "model.py", line 9, in model.main' in note


def test_inlined_calls_are_frames() -> None:
    check = function("__torch__.torch.check", RAISES)
    main = function("__torch__.model.main", CALLS, check=check)
    graph = main.structured.copy()
    pipelines.run(graph, pipelines.DISSOLVE)
    graph.name = "model.main"
    with pytest.raises(ValueError, match="n is negative") as caught:
        run_graph(graph, [-1])
    frames = [(name, range.location if range else None) for name, range in traceback_of(caught.value)]
    assert frames == [("model.main", "model.py:9:11"), ("torch.check", "model.py:5:8")]


@pytest.mark.parametrize(
    ("name", "message", "cls", "text"),
    [
        ("builtins.ValueError", "bad", "ValueError", "bad"),
        (None, "AssertionError: n > 0", "AssertionError", "n > 0"),
        (None, "plain words", "RuntimeError", "plain words"),
        ("__main__.MyError", "mine", "MyError", "mine"),
    ],
)
def test_exception_classes(name: str | None, message: str, cls: str, text: str) -> None:
    kind, shown = exception_class(name, message)
    assert (kind.__name__, shown) == (cls, text)
    assert exception_class(name, message)[0] is kind


def test_attributes_and_methods() -> None:
    type = module_type("__torch__.Counter", {"n": T.INT})
    classes = {"__torch__.Counter": type}
    method(type, "step", """
graph(%self : __torch__.Counter, %by : int):
  %n : int = prim::GetAttr[name="n"](%self)
  %m : int = aten::add(%n, %by)
   = prim::SetAttr[name="n"](%self, %m)
   = prim::Return(%m)
  return ()
""", classes)  # fmt: skip
    graph = parse_graph("""
graph(%self : __torch__.Counter, %k : int):
  %a : int = prim::CallMethod[name="step"](%self, %k)
  %b : int = prim::CallMethod[name="step"](%self, %k)
  %t : (int, int) = prim::TupleConstruct(%a, %b)
  return (%t)
""", classes)  # fmt: skip
    counter = ScriptObject(type, {"n": 10})
    assert run_graph(graph, [counter, 5]) == (15, 20)
    assert counter.slots["n"] == 20


def test_containers_and_casts() -> None:
    graph = parse_graph("""
graph(%a : int, %b : int?):
  %l : int[] = prim::ListConstruct(%a, %a)
  %x : int, %y : int = prim::ListUnpack(%l)
  %k : str = prim::Constant[value="key"]()
  %d : Dict(str, int) = prim::DictConstruct(%k, %x)
  %c : int = prim::unchecked_cast(%b)
  %i : bool = prim::isinstance[types=[int]](%b)
  %t : (int[], Dict(str, int), int, bool) = prim::TupleConstruct(%l, %d, %c, %i)
  return (%t)
""")
    assert run_graph(graph, [3, 4]) == ([3, 3], {"key": 3}, 4, True)


def test_list_unpack_checks_the_length() -> None:
    graph = parse_graph("graph(%l : int[]):\n  %a : int, %b : int = prim::ListUnpack(%l)\n  return (%a)\n")
    with pytest.raises(RuntimeError, match="Expected 2 elements in a list but found 3"):
        run_graph(graph, [[1, 2, 3]])


def test_fork_raises_when_waited_for() -> None:
    graph = parse_graph("""
graph(%n : int, %c : bool):
  %f : Future(int) = prim::fork_0(%n)
  %r : int = prim::If(%c)
    block0():
      %w : int = aten::wait(%f)
      -> (%w)
    block1():
      -> (%n)
  return (%r)
with prim::fork_0 = graph(%n : int):
  %zero : int = prim::Constant[value=0]()
  %q : int = aten::floordiv(%n, %zero)
  return (%q)
""")
    assert run_graph(graph, [1, False]) == 1
    with pytest.raises(ZeroDivisionError, match="division by"):
        run_graph(graph, [1, True])
    assert Future.of(3).wait() == 3


def test_modules_of_the_library() -> None:
    net, graph = conv_and_norm()
    x = np.zeros((1, 2, 4, 4), np.float32)
    assert run_graph(graph, [net, x]).shape == (1, 4, 2, 2)
