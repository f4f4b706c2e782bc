"""Attributes that nothing assigns become constants."""

from __future__ import annotations

import numpy as np

from tests.passes.models import method, module_type
from transpile.core import types as T
from transpile.ir.function import ScriptObject
from transpile.ir.graph import Graph
from transpile.ir.parser import parse_graph
from transpile.ir.verifier import verify
from transpile.passes.context import AttributeUse, ExportContext
from transpile.passes.freeze_attributes import freeze_attributes


def counter(text: str) -> tuple[ScriptObject, Graph]:
    type = module_type("__torch__.Net", {"n": T.INT, "w": T.TENSOR})
    made = method(type, "forward", text, {"__torch__.Net": type})
    return ScriptObject(type, {"n": 3, "w": np.ones(2, np.float32)}), made.structured


READS = """
graph(%self : __torch__.Net):
  %n : int = prim::GetAttr[name="n"](%self)
  %w : Tensor = prim::GetAttr[name="w"](%self)
  %w.2 : Tensor = prim::GetAttr[name="w"](%self)
  %t : (int, Tensor, Tensor) = prim::TupleConstruct(%n, %w, %w.2)
   = prim::Return(%t)
  return ()
"""
WRITES = """
graph(%self : __torch__.Net):
  %one : int = prim::Constant[value=1]()
  %n : int = prim::GetAttr[name="n"](%self)
  %m : int = aten::add(%n, %one)
   = prim::SetAttr[name="n"](%self, %m)
   = prim::Return(%n)
  return ()
"""


def frozen(net: ScriptObject, graph: Graph) -> list[str]:
    freeze_attributes(graph, ExportContext(AttributeUse.of([(net, graph)]), net))
    verify(graph)
    return [n.kind for n in graph.nodes]


def test_numbers_become_constants_and_tensors_are_read_once() -> None:
    net, graph = counter(READS)
    assert frozen(net, graph) == ["prim::Constant", "prim::GetAttr", "prim::TupleConstruct", "prim::Return"]
    assert next(iter(graph.nodes)).attributes["value"] == 3


def test_assigned_attributes_stay() -> None:
    net, graph = counter(WRITES)
    assert "prim::GetAttr" in frozen(net, graph)


def test_an_assignment_to_an_unknown_object_counts_for_all() -> None:
    net, graph = counter(READS)
    type = net.type
    writer = parse_graph(
        """
graph(%objects : __torch__.Net[], %zero : int):
  %o : __torch__.Net = aten::__getitem__(%objects, %zero)
   = prim::SetAttr[name="n"](%o, %zero)
   = prim::Return(%zero)
  return ()
""",
        {"__torch__.Net": type},
    )
    use = AttributeUse.of([(net, graph), (None, writer)])
    freeze_attributes(graph, ExportContext(use, net))
    assert [n.attributes["name"] for n in graph.nodes if n.kind == "prim::GetAttr"] == ["n", "w"]


def test_an_optional_tensor_that_is_there() -> None:
    type = module_type("__torch__.Net", {"w": T.optional(T.TENSOR)})
    text = """
graph(%self : __torch__.Net):
  %w : Tensor? = prim::GetAttr[name="w"](%self)
   = prim::Return(%w)
  return ()
"""
    graph = method(type, "forward", text, {"__torch__.Net": type}).structured
    net = ScriptObject(type, {"w": np.ones(2, np.float32)})
    freeze_attributes(graph, ExportContext(AttributeUse.of([(net, graph)]), net))
    assert next(iter(graph.nodes)).output.type.schema() == "Tensor"


def test_without_a_context_nothing_happens() -> None:
    _, graph = counter(READS)
    assert not freeze_attributes(graph, None)


LISTED = """
graph(%self : __torch__.Net):
  %ws : Tensor[] = prim::GetAttr[name="ws"](%self)
  %c : Tensor = aten::cat(%ws, %zero)
  {more}
   = prim::Return(%c)
  return ()
"""


def listed(more: str, held: str) -> list[str]:
    type = module_type("__torch__.Net", {"w": T.TENSOR, "ws": T.ListType(T.TENSOR)})
    text = LISTED.format(more=more).replace(":\n", ":\n  %zero : int = prim::Constant[value=0]()\n", 1)
    made = method(type, "forward", text, {"__torch__.Net": type})
    w = np.ones(2, np.float32)
    return frozen(ScriptObject(type, {"w": w, "ws": [w, w if held == "attribute" else w.copy()]}), made.structured)


def test_a_list_of_attributes_is_made_of_them() -> None:
    kinds = listed("", "attribute")
    assert "prim::ListConstruct" in kinds


def test_a_list_that_is_changed_or_holds_other_tensors_stays() -> None:
    assert "prim::ListConstruct" not in listed("", "other")
    assert "prim::ListConstruct" not in listed("%r : Tensor[] = aten::append(%ws, %c)", "attribute")
