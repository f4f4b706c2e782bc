"""Which pass runs when.  Each entry has the reason why it stands where it stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from transpile.core.errors import PassError
from transpile.ir.graph import Graph
from transpile.passes.assign_numbers import assign_numbers
from transpile.passes.branch_outputs import branch_outputs
from transpile.passes.canonicalize_loops import canonicalize_loops
from transpile.passes.canonicalize_outputs import canonicalize_outputs
from transpile.passes.constant_pooling import constant_pooling
from transpile.passes.constant_propagation import constant_propagation, fold_constants
from transpile.passes.context import forked_graphs
from transpile.passes.cse import cse
from transpile.passes.dead_code import dead_code
from transpile.passes.decided_conditions import decided_conditions
from transpile.passes.drop_library_managers import drop_library_managers
from transpile.passes.drop_refinements import drop_refinements
from transpile.passes.epilogue import epilogue
from transpile.passes.flatten_branches import flatten_branches
from transpile.passes.fold_batch_norm import fold_batch_norm
from transpile.passes.fork_captures import fork_captures
from transpile.passes.freeze_attributes import freeze_attributes
from transpile.passes.fuse_pointwise import fuse_pointwise
from transpile.passes.inline import inline
from transpile.passes.inplace_to_functional import inplace_to_functional
from transpile.passes.join_branches import join_branches
from transpile.passes.join_construction import join_construction
from transpile.passes.look_through_casts import look_through_casts
from transpile.passes.lower_exits import lower_exits
from transpile.passes.lower_loops import lower_loops
from transpile.passes.lower_tuples import lower_tuples
from transpile.passes.name_exceptions import name_exceptions
from transpile.passes.normalize_ops import normalize_ops
from transpile.passes.observer import PassObserver
from transpile.passes.peephole import peephole
from transpile.passes.raise_exits import raise_exits
from transpile.passes.read_held_constants import read_held_constants
from transpile.passes.require_conditions import require_conditions
from transpile.passes.roll_calls import roll_calls
from transpile.passes.roll_loops import roll_loops
from transpile.passes.self_assignment import self_assignment
from transpile.passes.split_choices import split_choices
from transpile.passes.unread_values import unread_values
from transpile.passes.use_numbers import use_numbers

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


# Simplifications that feed each other: repeated until none changes anything.
CLEAN_UP: Sequence[Pass] = (
    freeze_attributes,  # `self.training` and the like: decides branches
    peephole,  # `bias is None`, casts: decides branches
    fold_constants,  # takes the decided branches
    lower_tuples,  # unpacking of what the taken branches constructed
    branch_outputs,  # after folding, which takes branches
    flatten_branches,  # after folding, which shows that branches leave
    cse,  # after folding, which makes operands equal
    decided_conditions,  # after cse, which makes equal conditions one
    join_branches,  # after cse, too
    unread_values,  # before dead_code, which removes what computed them
    dead_code,  # removes what the others have left unused
)


# Each round makes the graph smaller; a graph that needs more of them than this is a defect of a pass.
_PATIENCE = 1000


@dataclass(frozen=True)
class UntilStable:
    """A pass made of passes: they run in order, again and again, until none changes anything."""

    passes: Sequence[Pass]

    def __call__(self, graph: Graph, context: object = None, observer: PassObserver | None = None) -> bool:
        rounds = 0
        while run(graph, self.passes, context, observer):
            rounds += 1
            if rounds > _PATIENCE:
                raise PassError("passes undo each other's work: " + ", ".join(_names(self.passes)))
        return rounds > 0


clean_up = UntilStable(CLEAN_UP)


# Code of an archive, which is lowered, becomes structured.
ARCHIVED: Sequence[Pass] = (
    lower_tuples,  # flags are assigned together, as tuples
    raise_exits,
    flatten_branches,  # what one branch has left
    dead_code,  # flags and placeholders that nobody asks for any more
)

# The library dissolves into the user's methods.  ``context.AttributeUse`` is made from graphs that have been through this.
DISSOLVE: Sequence[Pass] = (
    normalize_ops,  # one name per operator, for every pass after it
    fork_captures,  # before anything asks for the path of an attribute
    freeze_attributes,  # before inline, which asks what calls are given
    inline,  # before all that works on operators, not on calls
    read_held_constants,  # after inlining, which brings the constants of library layers; before anything asks for weights
    drop_library_managers,  # their constructors are inlined
    clean_up,
    use_numbers,  # after inlining, which shows what the layers before make of their inputs
    clean_up,
)

# From the structured form to what C++ is written from.  ``context`` is an ``ExportContext``.
OPTIMIZE: Sequence[Pass] = (
    clean_up,  # the context knows attributes now
    self_assignment,  # before in-place operators change
    fold_batch_norm,  # before in-place operators change: it wants the bare `batch_norm(conv(x))`
    inplace_to_functional,  # before whatever looks for functional operators
    epilogue,  # after the batch norms between layer and activation are gone; before fusion takes the activations
    fuse_pointwise,  # what no layer has absorbed
    clean_up,  # constants and attributes that the rewrites have left
)

# From what is optimised to what C++ is written from: one node for what is one expression or statement there.
EMIT: Sequence[Pass] = (
    look_through_casts,  # before dead_code: the casts it looks through may be needless
    drop_refinements,  # before dead_code: so may those that nothing asks for
    name_exceptions,  # before dead_code: the sum of class and message may be needless
    UntilStable((unread_values, dead_code)),  # what only refinements asked for; before the nodes that are C++'s own
    assign_numbers,
    split_choices,  # of what is still there
    require_conditions,  # after name_exceptions, and the refinements that other branches need are gone
    join_construction,
    roll_calls,
    roll_loops,  # after roll_calls: of what is no chain of bare calls
)

EXPORT: Sequence[Pass] = (*DISSOLVE, *OPTIMIZE, *EMIT)


def run(
    graph: Graph,
    passes: Sequence[Pass],
    context: object = None,
    observer: PassObserver | None = None,
) -> bool:
    """Run ``passes`` in order, on the graphs of forked functions too; ``observer`` sees the graph around each pass."""
    changed = False
    for one in passes:
        if isinstance(one, UntilStable):
            changed |= one(graph, context, observer)
            continue
        if observer is not None:
            observer.before(one.__name__, graph)
        for inner in forked_graphs(graph):
            changed |= one(inner, context)
        changed |= one(graph, context)
        if observer is not None:
            observer.after(one.__name__, graph)
    return changed


def export_pass_names() -> list[str]:
    """The names of the passes between the structured graph and C++, each once, in the order of their first run."""
    return list(dict.fromkeys(_names(EXPORT)))


def _names(passes: Sequence[Pass]) -> list[str]:
    return [n for p in passes for n in (_names(p.passes) if isinstance(p, UntilStable) else [p.__name__])]


def lower(graph: Graph) -> Graph:
    """The lowered and cleaned-up copy of a structured graph: what ``.graph`` shows."""
    copy = graph.copy()
    run(copy, SCRIPT)
    return copy
