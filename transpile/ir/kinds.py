"""The table of node kinds: what each kind of the ``prim`` and ``ts2cpp`` namespaces does.

Every kind has an entry unless it is a registered operator, whose facts follow from its schema and its tags; the verifier
reports a kind that is neither.  Passes do not read this table: they ask ``ir.facts``, which knows operators too.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace


class Memory(enum.Enum):
    """Which memory the results of a node share."""

    NEW = "new memory, or none"
    CONSTANT = "memory of the program itself, which nothing may write to"
    INPUT = "the first result is the first input"
    ELEMENT = "the results are taken out of the first input"
    CONTAINER = "the result is new and holds the inputs"
    ATTRIBUTE = "the result is what an attribute of the first input holds"
    STORED = "the second input is kept by the first, which changes"
    FLOW = "the results are what the blocks or the exits of the node hand on"
    SCHEMA = "what the alias annotations of the schema say"
    UNKNOWN = "whatever the inputs or the outside hold; all that may change"


@dataclass(frozen=True, slots=True)
class Facts:
    """What running a node means besides computing its outputs; the blocks of the node come on top.

    ``effect``: it is seen otherwise than through the outputs and the memory that is written.  ``writes``: it writes memory;
    ``resizes``: it may change the sizes of a tensor that was there before.  ``raises``: it may raise.  ``reads``: the outputs
    depend on memory that other nodes may write; ``sizes``: on the sizes of a tensor.  ``call``: it runs code that the graph does
    not show.  ``exit``: control never goes past it.  ``shareable``: one node may stand for another with the same inputs.
    ``foldable``: it may be evaluated ahead of time.  ``statement``: C++ has no expression for it.  ``same_rank``: the first
    output has as many axes as the first input.
    """

    memory: Memory = Memory.NEW
    effect: bool = False
    writes: bool = False
    resizes: bool = False
    raises: bool = False
    reads: bool = False
    sizes: bool = False
    call: bool = False
    exit: bool = False
    shareable: bool = True
    foldable: bool = True
    statement: bool = False
    same_rank: bool = False


# Nothing is known of the node: an operator that is not registered, or somebody else's.
UNKNOWN = Facts(
    Memory.UNKNOWN,
    effect=True,
    writes=True,
    resizes=True,
    raises=True,
    reads=True,
    call=True,
    shareable=False,
    foldable=False,
)

_PURE = Facts()
_RAISES = Facts(raises=True)
_EDGE = Facts(Memory.FLOW, shareable=False, foldable=False, statement=True)
_EXIT = Facts(Memory.FLOW, effect=True, exit=True, shareable=False, foldable=False, statement=True)
_CALL = UNKNOWN  # it runs code that the graph does not show
_CALL_STATEMENT = replace(_CALL, statement=True)
_LAYER = Facts(raises=True, reads=True, foldable=False, same_rank=True)
# Of the front ends only: gone before a pass sees the graph.
_FRONT_END = Facts(
    Memory.UNKNOWN, effect=True, writes=True, raises=True, reads=True, shareable=False, foldable=False, statement=True
)

KINDS: dict[str, Facts] = {
    # --- the edges of blocks
    "prim::Param": _EDGE,
    "prim::Yield": _EDGE,
    "prim::ReturnBlock": _EDGE,
    # --- control flow: the blocks decide
    "prim::If": Facts(Memory.FLOW, shareable=False, foldable=False),
    # It may never end: what follows must not come before it.
    "prim::Loop": Facts(Memory.FLOW, raises=True, shareable=False, foldable=False, statement=True),
    "prim::Break": _EXIT,
    "prim::Continue": _EXIT,
    "prim::Return": _EXIT,
    "prim::LoopContinuation": Facts(effect=True, shareable=False, foldable=False, statement=True),
    "prim::RaiseException": Facts(effect=True, raises=True, exit=True, shareable=False, foldable=False, statement=True),
    # --- values
    "prim::Constant": Facts(Memory.CONSTANT, shareable=False, foldable=False),
    "prim::Uninitialized": Facts(shareable=False, foldable=False),
    "prim::NumToTensor": _RAISES,
    "prim::isinstance": _PURE,
    "prim::Print": Facts(effect=True, raises=True, reads=True, shareable=False, foldable=False, statement=True),
    "prim::unchecked_cast": Facts(Memory.INPUT),
    # --- containers; that a list was made is seen, as it may change later
    "prim::ListConstruct": Facts(Memory.CONTAINER, shareable=False),
    "prim::DictConstruct": Facts(Memory.CONTAINER, shareable=False),
    "prim::TupleConstruct": Facts(Memory.CONTAINER),
    "prim::ListUnpack": Facts(Memory.ELEMENT, raises=True, reads=True),
    "prim::TupleUnpack": Facts(Memory.ELEMENT),
    "prim::TupleIndex": Facts(Memory.ELEMENT, raises=True),
    "prim::TupleSlice": Facts(Memory.ELEMENT),
    "prim::tolist": Facts(raises=True, reads=True),
    # --- attributes and objects
    "prim::GetAttr": Facts(Memory.ATTRIBUTE, reads=True, shareable=False, foldable=False),
    "prim::SetAttr": Facts(Memory.STORED, effect=True, writes=True, shareable=False, foldable=False, statement=True),
    "prim::CreateObject": Facts(raises=True, shareable=False, foldable=False, statement=True),
    "prim::ModuleContainerIndex": Facts(Memory.ATTRIBUTE, raises=True, reads=True, foldable=False),
    # --- calls
    "prim::CallFunction": _CALL,
    "prim::CallMethod": _CALL,
    "prim::PythonOp": _CALL_STATEMENT,
    "prim::Enter": _CALL_STATEMENT,
    "prim::Exit": _CALL_STATEMENT,
    "prim::fork": _CALL_STATEMENT,
    "ts2cpp::New": _CALL,
    "ts2cpp::CallEach": _CALL_STATEMENT,
    "ts2cpp::Element": Facts(Memory.ATTRIBUTE, shareable=False, foldable=False),  # a module of an array
    "ts2cpp::Assign": Facts(writes=True, raises=True, reads=True, shareable=False, foldable=False, statement=True),
    "ts2cpp::Require": Facts(effect=True, raises=True, shareable=False, foldable=False, statement=True),
    # --- operators that belong together
    "ts2cpp::FusionGroup": Facts(raises=True, reads=True, shareable=False, foldable=False),
    "ts2cpp::conv1d": _LAYER,
    "ts2cpp::conv2d": _LAYER,
    "ts2cpp::linear": _LAYER,
    # --- what the front ends leave for their own passes
    "prim::Store": _FRONT_END,
    "prim::Load": _FRONT_END,
    "prim::ComprehensionScope": _FRONT_END,
    "prim::TracedAttr": _FRONT_END,
    "prim::TracedFork": _FRONT_END,
    "prim::TracedModuleForward": _FRONT_END,
}
