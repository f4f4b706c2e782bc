"""Whether a model computes in float64: if hardly, its program has few kernels for it.

The rest of the program stays as it is: a float64 tensor that comes all the same is computed with, not as fast.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from transpile.codegen.plan.program import Program
from transpile.core import dtype as D
from transpile.ir.graph import Node, Value

Array = np.ndarray[Any, Any]


def is_rare(program: Program, tensors: Mapping[str, Array], examples: Iterable[Array]) -> bool:
    """Whether weights of smaller floats are what the model computes with, and nothing in it names float64.

    ``tensors`` are the weights, ``examples`` the inputs and outputs of the examples.
    """
    floating = [a.dtype for a in tensors.values() if D.from_numpy(a.dtype).is_floating_point]
    # Python's numbers lie as 0-d arrays of float64.
    given = [a.dtype for a in examples if a.ndim]
    if not floating or np.dtype(np.float64) in (*floating, *given):
        return False
    return not any(_names_float64(node) for spec in program.all_functions() for node in spec.graph.walk_with_forks())


def _names_float64(node: Node) -> bool:
    if node.kind == "prim::Constant":
        value = node.output.constant
        return isinstance(value, np.ndarray) and value.dtype == np.float64
    if node.operator is None:
        return False
    arguments = zip(node.operator.schema.arguments, node.inputs, strict=False)
    return any(a.name == "dtype" and _may_be_float64(value) for a, value in arguments)


def _may_be_float64(value: Value) -> bool:
    """Whether a dtype may be float64 without any tensor that is: one that is no constant comes from a tensor, or from outside."""
    known = value.node.kind == "prim::Constant"
    return value.constant == D.float64.code if known else value.node.kind != "prim::dtype"
