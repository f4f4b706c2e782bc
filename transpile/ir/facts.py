"""What passes, the alias analysis and the C++ writer ask about a node.

The answers come from one table of kinds (``ir.kinds``) and, for registered operators, from schemas and tags
(``ops.registry.TAGS``).  A question about a node includes the nodes in its blocks.
"""

from __future__ import annotations

import functools
from dataclasses import replace

from transpile.core import types as T
from transpile.ir.graph import Block, Node, Value
from transpile.ir.kinds import KINDS, UNKNOWN, Facts, Memory
from transpile.ops.registry import Operator


def facts_of(node: Node) -> Facts:
    """What is known of the node itself, without its blocks."""
    known = KINDS.get(node.kind)
    if known is not None:
        return known
    if node.operator is None:
        return UNKNOWN
    facts = _operator_facts(node.operator)
    if _writes_statistics(node):
        return replace(facts, writes=True, shareable=False, foldable=False)
    return replace(facts, effect=True, shareable=False, foldable=False) if _drops_out(node) else facts


@functools.cache
def _operator_facts(operator: Operator) -> Facts:
    tags, pure = operator.tags, operator.is_pure
    return Facts(
        memory=Memory.UNKNOWN if "call" in tags else Memory.SCHEMA,
        effect=bool(tags & {"effect", "random"}),
        writes=operator.schema.is_mutable or "call" in tags,
        resizes=bool(tags & {"resizes", "call"}),
        raises="total" not in tags,
        reads=not tags & {"metadata", "sizes"},
        sizes="sizes" in tags,
        call="call" in tags,
        shareable=pure,
        foldable=pure and "nofold" not in tags,
        same_rank="same_rank" in tags,
    )


def is_known(node: Node) -> bool:
    """Whether anything is known of the node's kind; one of a namespace that is not ours may be anything."""
    if node.kind in KINDS or node.operator is not None:
        return True
    return node.kind.partition("::")[0] not in ("prim", "ts2cpp")


def has_effect(node: Node) -> bool:
    """Whether running the node is seen otherwise than through its outputs and the memory it writes to.

    A draw from the generator counts, as it changes what later draws give.  That a node writes to memory does not: who that
    matters to asks the alias analysis, or ``changes_state`` if any memory will do.
    """
    return facts_of(node).effect or any(has_effect(inner) for block in node.blocks for inner in block.nodes)


def writes_memory(node: Node) -> bool:
    """Whether running the node may write to memory: a tensor's elements, a container, an attribute."""
    return facts_of(node).writes or any(writes_memory(inner) for block in node.blocks for inner in block.nodes)


def written_inputs(node: Node) -> list[Value]:
    """The inputs whose memory the operator of the node itself writes to."""
    if node.operator is None:
        return []
    written = [v for a, v in zip(node.operator.schema.arguments, node.inputs, strict=False) if a.writes]
    return written + _statistics(node) if _writes_statistics(node) else written


def _writes_statistics(node: Node) -> bool:
    """Whether a normalisation is, or may be, in training and keeps statistics."""
    if node.operator is None or "statistics" not in node.operator.tags:
        return False
    flag = next(v for a, v in zip(node.operator.schema.arguments, node.inputs, strict=True) if a.type == T.BOOL)
    return flag.constant_as(bool) is not False and any(v.type != T.NONE for v in _statistics(node))


def _drops_out(node: Node) -> bool:
    """Whether a layer draws, or may draw, what it leaves out."""
    if node.operator is None or "dropout" not in node.operator.tags:
        return False
    given = {a.name: v for a, v in zip(node.operator.schema.arguments, node.inputs, strict=True)}
    share = given["dropout_p"] if "dropout_p" in given else given["dropout"]
    return share.constant != 0 and ("train" not in given or given["train"].constant is not False)


def _statistics(node: Node) -> list[Value]:
    assert node.operator is not None
    return [node.input(node.operator.schema.index_of(name)) for name in ("running_mean", "running_var")]


def changes_sizes(node: Node) -> bool:
    """Whether running the node may change the sizes of a tensor that was there before."""
    return facts_of(node).resizes or any(changes_sizes(inner) for block in node.blocks for inner in block.nodes)


def changes_state(node: Node) -> bool:
    """Whether running the node can be observed otherwise than through its outputs, an error aside."""
    return has_effect(node) or writes_memory(node)


def may_raise(node: Node) -> bool:
    """Whether running the node can raise."""
    if node.kind == "prim::TupleIndex":
        return len(node.inputs) > 1 and not node.input(1).is_constant
    if node.kind == "prim::Constant":
        return isinstance(node.output.type, T.TensorType)  # it is made anew whenever control comes by
    return facts_of(node).raises or any(may_raise(inner) for block in node.blocks for inner in block.nodes)


def raise_alike(a: Node, b: Node) -> bool:
    """Whether nobody can tell which of two nodes has raised: they raise one and the same error, or one of them none."""
    if _raises_for_no_value(a) or _raises_for_no_value(b):
        return True
    return a.operator is not None and a.operator is b.operator and "one_error" in a.operator.tags


def may_fail(node: Node) -> bool:
    """Whether running the node can raise, given values of the types that it takes."""
    return may_raise(node) and not _raises_for_no_value(node)


def _raises_for_no_value(node: Node) -> bool:
    tags = node.operator.tags if node.operator is not None else frozenset[str]()
    if "nonzero_last" in tags:
        return bool(node.inputs[-1].constant_as(int))
    return "infallible" in tags or ("template" in tags and node.input(0).is_constant)


def reads_memory(node: Node) -> bool:
    """Whether the result depends on memory that another node may write: an attribute, a container, a tensor's elements."""
    if node.operator is not None and node.kind not in KINDS:
        return facts_of(node).reads and any(_is_mutable(v.type) for v in node.inputs)
    return facts_of(node).reads or any(reads_memory(inner) for block in node.blocks for inner in block.nodes)


def reads_sizes(node: Node) -> bool:
    """Whether the result depends on the sizes of a tensor and nothing else that may change."""
    return facts_of(node).sizes


def gives_new_memory(node: Node) -> bool:
    """Whether the only output is memory that nobody else has, as far as the node itself goes."""
    facts, operator = facts_of(node), node.operator
    if facts.effect or len(node.outputs) != 1:
        return False
    if facts.memory is not Memory.SCHEMA or operator is None:
        return facts.memory is Memory.NEW
    returns = operator.schema.returns
    return len(returns) == 1 and returns[0].alias is None and "lends" not in operator.tags


def is_part_of_input(node: Node) -> bool:
    """Whether the outputs are the first input itself, or taken out of it."""
    return facts_of(node).memory in (Memory.INPUT, Memory.ELEMENT)


def keeps_rank(node: Node) -> bool:
    """Whether the first output has as many axes as the first input."""
    operator = node.operator
    if facts_of(node).same_rank or operator is None:
        return facts_of(node).same_rank
    if operator.is_in_place:
        return isinstance(node.output.type, T.TensorType) and not changes_sizes(node)
    tensors = [v for v in node.inputs if isinstance(v.type, T.TensorType)]
    return len(tensors) == 1 and node.input(0) is tensors[0] and "pointwise" in operator.tags


def _is_mutable(type: T.Type) -> bool:
    return isinstance(type, (T.TensorType, T.ListType, T.DictType, T.ClassType)) or any(
        map(_is_mutable, type.contained())
    )


def is_call(node: Node) -> bool:
    """Whether the node runs code that the graph does not show."""
    return facts_of(node).call


def is_shareable(node: Node) -> bool:
    """Whether one node may stand for another of its kind with the same inputs, if nothing writes to what they read."""
    return facts_of(node).shareable


def is_foldable(node: Node) -> bool:
    """Whether the node may be evaluated before the program runs, if its inputs are constants that nothing writes to."""
    return facts_of(node).foldable


def needs_statement(node: Node) -> bool:
    """Whether C++ has no expression for the node."""
    return facts_of(node).statement


def answer_to_itself(node: Node) -> bool | None:
    """What a comparison says of any value and itself; ``None`` for what is no comparison, or not so simple (NaN)."""
    tags = node.operator.tags if node.operator is not None else frozenset()
    return True if "reflexive" in tags else False if "irreflexive" in tags else None


def compared_with_itself(node: Node) -> bool | None:
    """The answer of ``n < n`` and its like, which is known without running it; ``None`` for any other node."""
    return answer_to_itself(node) if len(node.inputs) > 1 and node.input(0) is node.input(1) else None


def terminates(block: Block) -> bool:
    """Whether control never reaches the end of the block: it ends in an exit, or in an ``If`` that always leaves."""
    last = block.last
    if last is None:
        return False
    return last.is_exit or (
        last.kind == "prim::If" and len(last.blocks) == 2 and all(terminates(b) for b in last.blocks)
    )
