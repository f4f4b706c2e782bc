"""Constant tensors that are attributes are read from there."""

from __future__ import annotations

import numpy as np

from tests.passes.models import method, module_type
from transpile.core import types as T
from transpile.ir.function import ScriptObject
from transpile.ir.graph import Graph
from transpile.ir.parser import parse_graph
from transpile.ir.verifier import verify
from transpile.passes.context import AttributeUse, ExportContext
from transpile.passes.read_held_constants import SMALLEST_HELD, read_held_constants

INNER = module_type("__torch__.Inner", {"table": T.TENSOR})
OUTER = module_type("__torch__.Outer", {"inner": INNER, "w": T.TENSOR})
TYPES = {"__torch__.Inner": INNER, "__torch__.Outer": OUTER}


def reading(array: np.ndarray) -> Graph:
    """A method of ``Outer`` that adds a constant to its input."""
    text = """
graph(%self : __torch__.Outer, %x : Tensor):
  %one : int = prim::Constant[value=1]()
  %y : Tensor = aten::add(%x, %x, %one)
   = prim::Return(%y)
  return ()
"""
    graph = method(OUTER, "forward", text, TYPES).structured
    add = next(node for node in graph.walk() if node.kind == "aten::add")
    constant = graph.create_constant(array)
    constant.insert_before(add)
    add.replace_input(1, constant.output)
    return graph


def run(graph: Graph, assigned: str = "", **slots: np.ndarray) -> bool:
    inner = ScriptObject(INNER, {"table": slots.get("table", np.zeros(9, np.float32))})
    owner = ScriptObject(OUTER, {"inner": inner, "w": slots.get("w", np.zeros(9, np.float32))})
    changed = read_held_constants(graph, ExportContext(AttributeUse(written_names={assigned}), owner))
    verify(graph)
    return changed


def test_an_attribute_of_the_object_is_read() -> None:
    array = np.ones(9, np.float32)
    graph = reading(array)
    assert run(graph, w=array)
    assert 'prim::GetAttr[name="w"](%self)' in str(graph)


def test_so_is_one_of_a_module_below() -> None:
    array = np.ones(9, np.float32)
    graph = reading(array)
    assert run(graph, table=array)
    assert 'prim::GetAttr[name="inner"](%self)' in str(graph)
    assert 'prim::GetAttr[name="table"]' in str(graph)


def test_what_is_assigned_holds_another_tensor_afterwards() -> None:
    array = np.ones(9, np.float32)
    assert not run(reading(array), assigned="w", w=array)
    assert not run(reading(array), assigned="table", table=array)
    graph = reading(array)
    assert run(graph, assigned="w", w=array, table=array)
    assert 'prim::GetAttr[name="table"]' in str(graph)


def test_equal_elements_are_not_the_same_tensor() -> None:
    graph = reading(np.ones(9, np.float32))
    assert not run(graph, w=np.ones(9, np.float32))


def test_a_few_elements_stay_a_literal() -> None:
    array = np.ones(SMALLEST_HELD - 1, np.float32)
    graph = reading(array)
    assert not run(graph, w=array)


def test_a_list_of_tensors_is_made_of_them() -> None:
    array, small = np.ones(9, np.float32), np.ones(1, np.float32)
    graph = reading(array)
    constant = next(node for node in graph.walk() if isinstance(node.attributes.get("value"), np.ndarray))
    made = graph.create_constant([array, small], T.ListType(T.TENSOR))
    made.insert_before(constant)
    graph.block.return_node.prev.replace_input(0, made.output)  # type: ignore[union-attr]
    assert run(graph, w=array)
    text = str(graph)
    assert text.count('prim::GetAttr[name="w"](%self)') == 2
    assert "Tensor[] = prim::ListConstruct" in text


def test_a_function_has_no_attributes() -> None:
    graph = parse_graph("graph(%x : Tensor):\n  return (%x)\n")
    assert not read_held_constants(graph, ExportContext())
