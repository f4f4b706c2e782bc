"""What the plan of a function is made of: its variables, and one step for every C++ statement, in the order of writing."""

from __future__ import annotations

from dataclasses import dataclass

from transpile.codegen.plan.conversions import Conversion
from transpile.core import types as T
from transpile.ir.graph import Node, Value


@dataclass(frozen=True, eq=False)
class Variable:
    """A C++ variable: it holds one value, or several one after the other, and then it is mutable.

    ``is_changed`` says that what it holds, a container, gets other elements here.
    """

    name: str
    is_mutable: bool
    is_changed: bool = False


@dataclass(frozen=True)
class Operand:
    """A value where a ``wanted`` is expected, of which its type is a subtype, and what makes one of it."""

    value: Value
    wanted: T.Type
    conversion: Conversion


@dataclass(frozen=True)
class Step:
    """Base of steps."""


@dataclass(frozen=True)
class Mark(Step):
    """Errors of the statements that follow come from this Python line; ``text`` is shown beside it."""

    line: int
    text: str


@dataclass(frozen=True)
class Remark(Step):
    """A comment line."""

    text: str


@dataclass(frozen=True)
class Run(Step):
    """A node that is run for what it does."""

    node: Node


@dataclass(frozen=True)
class Define(Step):
    """An output of a node goes into a variable; ``declares`` says that the variable begins here."""

    value: Value
    variable: Variable
    declares: bool

    @property
    def node(self) -> Node:
        return self.value.node


@dataclass(frozen=True)
class Bind(Step):
    """All outputs of a node get a variable each, declared together."""

    node: Node
    variables: tuple[Variable, ...]
    all_used: bool


@dataclass(frozen=True)
class Declare(Step):
    """A variable that control flow writes to begins here, empty or with a first value."""

    variable: Variable
    type: T.Type
    initial: Operand | None = None


@dataclass(frozen=True)
class Copy(Step):
    """A variable takes over what another one, or an expression, holds."""

    variable: Variable
    type: T.Type
    source: Operand | Variable


@dataclass(frozen=True)
class Save(Step):
    """A constant that keeps what a copy is about to overwrite."""

    variable: Variable
    source: Operand


@dataclass(frozen=True)
class SetAttribute(Step):
    """``prim::SetAttr``."""

    node: Node
    source: Operand


@dataclass(frozen=True)
class Guard(Step):
    """The object that ends the block of a ``prim::Enter`` when an error passes through."""

    node: Node
    name: str


@dataclass(frozen=True)
class EndGuard(Step):
    """``prim::Exit``: the block ends."""

    name: str


@dataclass(frozen=True)
class Branch(Step):
    """An ``if``; ``negated`` says that ``then`` is run when the condition does not hold."""

    condition: Value
    negated: bool
    then: tuple[Step, ...]
    otherwise: tuple[Step, ...] = ()


@dataclass(frozen=True)
class While(Step):
    """``while``; with ``first``, these steps are run before the condition is looked at, again in every turn."""

    condition: Value
    first: tuple[Step, ...]
    body: tuple[Step, ...]


@dataclass(frozen=True)
class CountRange(Step):
    """``for`` over a ``range``."""

    variable: Variable
    start: Value
    stop: Value
    step: int
    body: tuple[Step, ...]


@dataclass(frozen=True)
class CountTurns(Step):
    """``for`` from 0; ``limit`` is the constant that holds the number of turns, where that is worth a name."""

    variable: Variable
    count: Value
    limit: Variable | None
    body: tuple[Step, ...]


@dataclass(frozen=True)
class CountModules(Step):
    """``for`` over the places of an array of modules, ``container``, and of others as long."""

    variable: Variable
    container: Value
    body: tuple[Step, ...]


@dataclass(frozen=True)
class ForEach(Step):
    """``for`` over the elements of a list, which are numbers (taken by value) or anything else (by reference), over the rows of
    a tensor, or over modules, which the body may change.  Several variables take each element apart."""

    variables: tuple[Variable, ...]
    source: Value
    by_value: bool
    is_used: bool
    body: tuple[Step, ...]
    changes: bool = False


@dataclass(frozen=True)
class CallEach(Step):
    """``for`` over the modules of a container, each taking what the one before it gave; ``counter`` counts the turns."""

    node: Node
    variable: Variable
    item: str
    marks: tuple[Step, ...]
    counter: Variable | None = None


@dataclass(frozen=True)
class Return(Step):
    """``return``; ``spelled`` is the type that must be written out in front of the value, if any."""

    source: Operand | None = None
    spelled: T.Type | None = None


@dataclass(frozen=True)
class Break(Step):
    """``break``."""


@dataclass(frozen=True)
class Continue(Step):
    """``continue``."""
