"""Compiled functions and objects made by hand, for tests of passes that need more than one graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import transpile.ops  # noqa: F401  (registers the operators)
from transpile.core import types as T
from transpile.core.schema import Argument, Schema
from transpile.ir.function import Function, ScriptObject
from transpile.ir.graph import Graph
from transpile.ir.parser import parse_graph
from transpile.passes.pipelines import lower


def function(name: str, text: str, classes: Mapping[str, T.Type] | None = None, **callees: Function) -> Function:
    """A compiled function from the text of its structured graph; ``callees`` gives the functions it names."""
    graph = parse_graph(text, classes)
    for node in graph.walk():
        if node.kind == "prim::Constant" and node.output.type == T.FUNCTION:
            node.attributes["function"] = callees[node.attributes["name"]]
    arguments = tuple(Argument(v.base_name or f"_{i}", v.type) for i, v in enumerate(graph.inputs))
    schema = Schema(name.rpartition(".")[2], "", arguments, (Argument("", T.TENSOR),))
    return Function(name.rpartition(".")[2], name, schema, graph, lower=lower)


def module_type(name: str, attributes: Mapping[str, T.Type]) -> T.ClassType:
    """A module class without methods."""
    type = T.ClassType(name, is_module=True)
    for attribute, kind in attributes.items():
        type.add_attribute(attribute, kind)
    return type


def method(type: T.ClassType, name: str, text: str, classes: Mapping[str, T.Type]) -> Function:
    """Add a method from the text of its graph."""
    made = function(f"{type.name}.{name}", text, classes)
    type.methods[name] = made
    return made


CONV = "__torch__.torch.nn.modules.conv.Conv2d"
NORM = "__torch__.torch.nn.modules.batchnorm.BatchNorm2d"


def conv_and_norm(
    *, bias: bool = True, calls: int = 1, training: bool = False, seed: int = 0
) -> tuple[ScriptObject, Graph]:
    """A user's module ``net(x) = norm(conv(x))`` and the graph of its ``forward``, library calls included.

    ``calls`` is how often the convolution is called.
    """
    conv_type = module_type(CONV, {"weight": T.TENSOR, "bias": T.TENSOR if bias else T.NONE})
    norm_type = module_type(
        NORM,
        {"weight": T.TENSOR, "bias": T.TENSOR, "running_mean": T.TENSOR, "running_var": T.TENSOR, "training": T.BOOL},
    )
    net_type = module_type("__torch__.Net", {"conv": conv_type, "norm": norm_type})
    classes = {CONV: conv_type, NORM: norm_type, "__torch__.Net": net_type}
    method(conv_type, "forward", f"""
graph(%self : {CONV}, %input : Tensor):
  %one : int = prim::Constant[value=1]()
  %zero : int = prim::Constant[value=0]()
  %ones : int[] = prim::ListConstruct(%one, %one)
  %zeros : int[] = prim::ListConstruct(%zero, %zero)
  %weight : Tensor = prim::GetAttr[name="weight"](%self)
  %bias : {"Tensor" if bias else "NoneType"} = prim::GetAttr[name="bias"](%self)
  %result : Tensor = aten::conv2d(%input, %weight, %bias, %ones, %zeros, %ones, %one)
   = prim::Return(%result)
  return ()
""", classes)  # fmt: skip
    method(norm_type, "forward", f"""
graph(%self : {NORM}, %input : Tensor):
  %momentum : float = prim::Constant[value=0.1]()
  %eps : float = prim::Constant[value=0.001]()
  %true : bool = prim::Constant[value=1]()
  %weight : Tensor = prim::GetAttr[name="weight"](%self)
  %bias : Tensor = prim::GetAttr[name="bias"](%self)
  %mean : Tensor = prim::GetAttr[name="running_mean"](%self)
  %var : Tensor = prim::GetAttr[name="running_var"](%self)
  %training : bool = prim::GetAttr[name="training"](%self)
  %result : Tensor = aten::batch_norm(%input, %weight, %bias, %mean, %var, %training, %momentum, %eps, %true)
   = prim::Return(%result)
  return ()
""", classes)  # fmt: skip
    extra = "".join(
        f'  %e{i} : Tensor = prim::CallMethod[name="forward"](%conv, %x)\n   = prim::Print(%e{i})\n'
        for i in range(calls - 1)
    )
    forward = method(net_type, "forward", f"""
graph(%self : __torch__.Net, %x : Tensor):
  %conv : {CONV} = prim::GetAttr[name="conv"](%self)
  %norm : {NORM} = prim::GetAttr[name="norm"](%self)
{extra}  %y : Tensor = prim::CallMethod[name="forward"](%conv, %x)
  %z : Tensor = prim::CallMethod[name="forward"](%norm, %y)
   = prim::Return(%z)
  return ()
""", classes)  # fmt: skip
    random = np.random.default_rng(seed)

    def tensor(*sizes: int) -> Any:
        return random.standard_normal(sizes).astype(np.float32)

    conv = ScriptObject(conv_type, {"weight": tensor(4, 2, 3, 3), "bias": tensor(4) if bias else None})
    norm = ScriptObject(norm_type, {
        "weight": tensor(4), "bias": tensor(4), "running_mean": tensor(4), "running_var": np.abs(tensor(4)) + 0.5,
        "training": training,
    })  # fmt: skip
    return ScriptObject(net_type, {"conv": conv, "norm": norm}), forward.structured.copy()
