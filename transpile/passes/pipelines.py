"""Which pass runs when.  Each entry has the reason why it stands where it stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from transpile.ir.graph import Graph
from transpile.passes.canonicalize_loops import canonicalize_loops
from transpile.passes.canonicalize_outputs import canonicalize_outputs
from transpile.passes.constant_pooling import constant_pooling
from transpile.passes.constant_propagation import constant_propagation
from transpile.passes.lower_exits import lower_exits
from transpile.passes.lower_loops import lower_loops
from transpile.passes.lower_tuples import lower_tuples
from transpile.passes.normalize_ops import normalize_ops

Pass = Callable[..., bool]

# What ``.graph`` shows, from the structured form.  The order is TorchScript's: printed graphs depend on it.
SCRIPT: Sequence[Pass] = (
    lower_loops,  # first: gives the exits the condition they go on under
    lower_exits,  # needs lowered loops
    canonicalize_loops,  # only after the exits are gone can one see which conditions change
    normalize_ops,  # before folding, so that folding meets one name per operator
    lower_tuples,  # uncovers constants, removes dead code
    constant_propagation,  # immutable types only: the outcome must not depend on aliasing
    constant_pooling,  # after propagation, which makes constants
    canonicalize_outputs,  # last: the order of outputs follows the uses that are left
)


def run(graph: Graph, passes: Sequence[Pass], context: object = None, observe: Callable[[str, Graph], None] | None = None) -> bool:
    """Run ``passes`` in order, on the graphs inside (forked functions) too; ``observe`` sees the graph after each."""
    changed = False
    for one in passes:
        for inner in [g for n in graph.walk() for g in n.attributes.values() if isinstance(g, Graph)]:
            changed |= one(inner, context)
        changed |= one(graph, context)
        if observe is not None:
            observe(one.__name__, graph)
    return changed


def lower(graph: Graph) -> Graph:
    """The lowered and cleaned-up copy of a structured graph: what ``ir.function.Function.lower`` is set to."""
    copy = graph.copy()
    run(copy, SCRIPT)
    return copy
