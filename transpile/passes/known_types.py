"""What the operators and the attributes of a graph tell about the dtypes and the numbers of axes of its tensors."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.core import types as T
from transpile.core.dtype import ALL_DTYPES, DType
from transpile.ir.facts import changes_sizes, is_call, keeps_rank
from transpile.ir.function import Function
from transpile.ir.graph import Graph, Node, Value
from transpile.ops.promotion import Operand, result_type, to_floating
from transpile.passes.context import ExportContext
from transpile.passes.inline import callee_of

_COMPARISONS = frozenset(
    f"aten::{n}" for n in ("eq", "ne", "lt", "le", "gt", "ge", "logical_not", "logical_and", "isnan")
)
_ARITHMETIC = frozenset(f"aten::{n}" for n in ("add", "sub", "mul", "rsub", "pow"))
_VIEWS = frozenset(
    f"aten::{n}"
    for n in ("view", "reshape", "transpose", "permute", "slice", "expand", "unsqueeze", "select", "squeeze", "flatten",
              "expand_as", "t", "contiguous", "clone", "detach", "alias", "dropout", "masked_fill", "roll", "flip",
              "repeat", "chunk", "split", "unbind", "scaled_dot_product_attention", "triu", "tril", "index_select",
              "gather", "max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "narrow", "view_as", "constant_pad_nd")
)  # fmt: skip
_SIZED = frozenset(
    f"aten::{n}" for n in ("view", "reshape", "expand", "zeros", "ones", "full", "empty", "rand", "randn")
)
_PRODUCTS = frozenset(f"aten::{n}" for n in ("matmul", "bmm", "mm", "addmm", "baddbmm"))


@dataclass(frozen=True)
class Known:
    """The dtypes that a tensor may have, and how many axes it has: at least ``least``, exactly ``rank`` if that is known."""

    dtypes: frozenset[DType] = frozenset(ALL_DTYPES)
    least: int = 0
    rank: int | None = None

    @property
    def dtype(self) -> DType | None:
        """The dtype, if there is but one."""
        return next(iter(self.dtypes)) if len(self.dtypes) == 1 else None

    def examples(self) -> list[np.ndarray[Any, Any]]:
        """Arrays of every kind that the tensor may be of, as far as promotion is concerned."""
        axes = {0, 1} if self.rank is None and not self.least else {min(1, self.rank if self.rank is not None else 1)}
        return [np.empty((1,) * rank, dtype.numpy) for dtype in self.dtypes for rank in axes]


UNKNOWN = Known()


class KnownTypes:
    """Looks at the operators of one graph; ``context`` tells which attributes are tensors of which kind."""

    def __init__(self, graph: Graph, context: ExportContext | None) -> None:
        self._graph = graph
        self._context = context
        self._found: dict[Value, Known] = {}

    @functools.cached_property
    def _ranks(self) -> bool:
        """Whether tensors keep the axes that they are made with."""
        return not _resizes(self._graph, set())

    def of(self, value: Value) -> Known:
        """What is known of a value."""
        known = self._found.get(value)
        if known is None:
            self._found[value] = UNKNOWN  # what goes round a loop is not followed
            known = self._found[value] = self._of(value)
        return known

    def _of(self, value: Value) -> Known:
        if isinstance(value.type, T.ListType):
            return self._operator(value.node)
        if not isinstance(value.type, T.TensorType):
            return UNKNOWN
        held = value.literal if value.is_constant else None
        if not value.is_constant and value.node.kind == "prim::GetAttr" and self._context is not None:
            fixed = self._context.is_fixed(self._graph, value.node)
            held = self._context.value_of(self._graph, value) if fixed else None
        if isinstance(held, np.ndarray):
            return Known(frozenset((D.from_numpy(held.dtype),)), held.ndim, held.ndim)
        if value.node.kind == "prim::ListUnpack":
            return self.of(value.node.input())
        if value.node.kind == "prim::NumToTensor" and value.node.input().type == T.INT:
            return Known(frozenset((D.int64,)), 0, 0)
        return self._operator(value.node)

    def _operator(self, node: Node) -> Known:
        if node.operator is None or not node.inputs:
            return UNKNOWN
        dtypes = self._dtypes(node)
        least, rank = self._axes(node) if self._ranks else (0, None)
        return Known(dtypes if dtypes is not None else UNKNOWN.dtypes, least, rank)

    # ---- dtypes
    def _dtypes(self, node: Node) -> frozenset[DType] | None:
        """``None`` if nothing is known."""
        assert node.operator is not None
        kind, tags, schema = node.kind, node.operator.tags, node.operator.schema
        names = [a.name for a in schema.arguments]
        asked = node.named_input("dtype").constant if "dtype" in names else None
        if isinstance(asked, int) and kind != "aten::view":
            return frozenset((D.from_code(asked),))
        if kind in _COMPARISONS:
            return frozenset((D.bool_,))
        if kind in ("aten::type_as", "aten::to") and "other" in names:
            return self.of(node.named_input("other")).dtypes
        if asked is not None or kind == "aten::to":
            return None
        if "like_weight" in tags or kind == "aten::embedding":
            return self.of(node.named_input("weight")).dtypes
        if kind in _ARITHMETIC:
            return self._promoted(node.inputs[:2])
        if kind == "aten::div" and "rounding_mode" not in names:
            found = self._promoted(node.inputs[:2])
            return found and frozenset(map(to_floating, found))
        if kind in _PRODUCTS:
            return frozenset.intersection(*(self.of(v).dtypes for v in node.inputs[:2])) or None
        if "floating" in tags:
            return frozenset(map(to_floating, self.of(node.input(0)).dtypes))
        if kind in _VIEWS or "same_dtype" in tags:
            return self.of(node.input(0)).dtypes
        if kind == "aten::arange" and all(v.type == T.INT for v in node.inputs if v.type in (T.INT, T.FLOAT, T.NUMBER)):
            return frozenset((D.int64,)) if node.input(0).type == T.INT else None
        return None

    def _promoted(self, operands: Iterable[Value]) -> frozenset[DType] | None:
        """The types in which an operator computes on operands; ``None`` if too little is known."""
        given: list[list[Operand]] = []
        for value in operands:
            if isinstance(value.type, T.TensorType):
                given.append(list(self.of(value).examples()))
            elif value.type in _NUMBERS:
                given.append([_NUMBERS[value.type]])
            else:
                return None
        if len(given) != 2 or len(given[0]) * len(given[1]) > 4 * len(ALL_DTYPES):
            return None
        return frozenset(result_type(a, b) for a in given[0] for b in given[1])

    # ---- axes
    def _axes(self, node: Node) -> tuple[int, int | None]:
        """The least number of axes, and the number if it is known."""
        kind = node.kind
        if kind in _SIZED and (len(node.inputs) > 1 or isinstance(node.input(0).type, T.ListType)):
            sizes = node.input(1 if isinstance(node.input(0).type, T.TensorType) else 0)
            held = list(sizes.node.inputs) if sizes.node.kind == "prim::ListConstruct" else sizes.constant
            return (len(held), len(held)) if isinstance(held, list) else (0, None)
        if kind == "aten::arange":
            return 1, 1
        tensors = [self.of(v) for v in node.inputs if isinstance(v.type, T.TensorType)]
        if not tensors:
            return 0, None
        first = tensors[0]
        if kind == "aten::unsqueeze":
            return first.least + 1, None if first.rank is None else first.rank + 1
        if kind == "aten::select":
            return max(first.least - 1, 0), None if first.rank is None else first.rank - 1
        if kind == "aten::flatten":
            return 1, None
        if kind == "aten::embedding":
            return 1, None
        if kind in ("aten::bmm", "aten::baddbmm"):
            return 3, 3
        if kind in ("aten::mm", "aten::addmm"):
            return 2, 2
        if kind == "aten::matmul":
            return (1 if max(t.least for t in tensors) > 1 else 0), None
        if kind.startswith("aten::conv"):
            return 2, None
        if kind in ("aten::linear", "aten::layer_norm", "aten::batch_norm", "aten::group_norm"):
            return max(1, first.least), first.rank
        if kind in _ARITHMETIC or kind in _COMPARISONS or kind in ("aten::div", "aten::masked_fill"):
            ranks = [t.rank for t in tensors]
            known = [r for r in ranks if r is not None]
            return max(t.least for t in tensors), max(known) if len(known) == len(ranks) else None
        same = ("aten::transpose", "aten::permute", "aten::slice", "aten::to", "aten::type_as", "aten::chunk", "aten::split",
                "aten::scaled_dot_product_attention", "aten::dropout", "aten::contiguous", "aten::clone")  # fmt: skip
        if kind in same or keeps_rank(node):
            return first.least, first.rank
        return 0, None


_NUMBERS: dict[T.Type, bool | int | float | complex] = {T.BOOL: True, T.INT: 1, T.FLOAT: 1.0, T.COMPLEX: 1j}


def _resizes(graph: Graph, seen: set[Function]) -> bool:
    """Whether code of the graph, or of what it calls, may change the sizes of a tensor in place."""
    for node in graph.walk():
        if node.blocks:
            continue
        if not is_call(node):
            if changes_sizes(node):
                return True
            continue
        callee = callee_of(node)
        if callee is None or (callee not in seen and _resizes(callee.structured, seen | {callee})):
            return True
        seen.add(callee)
    return False
