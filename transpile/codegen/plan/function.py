"""The plan of a function: everything that is decided before its C++ is written.  Nothing in it changes any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from transpile.codegen.plan.conversions import Conversion
from transpile.codegen.plan.nesting import Nesting
from transpile.codegen.plan.steps import Step, Variable
from transpile.core import types as T
from transpile.core.errors import UnsupportedOperatorError
from transpile.cpp.spelling import Spelling
from transpile.ir.graph import Graph, Node, Value


class Surroundings(Protocol):
    """What the plan of a function needs to know of the program around it."""

    def member_names(self, value: Value) -> tuple[str, ...] | None:
        """The names of the members that lead to a value which is an attribute of ``self`` and never changes."""

    def is_this(self, value: Value) -> bool:
        """Whether the value is the object whose method is planned."""

    def class_name(self, type: T.Type) -> str:
        """The C++ name of a class."""

    def changes(self, node: Node, index: int) -> bool:
        """Whether a node hands its input ``index`` to a function that changes it."""

    def changes_module(self, node: Node) -> bool:
        """Whether a node may change the attributes of a module that it is given."""

    def each_type(self, node: Node) -> str:
        """The class of the modules that a ``ts2cpp::CallEach`` node calls."""


@dataclass(frozen=True)
class Place:
    """Where code stands: the Python file, the function's name in tracebacks, the variable that knows the Python line."""

    file: str = ""
    label: str = ""
    line_marker: str = "at"


@dataclass(frozen=True)
class Parameter:
    """A parameter; ``is_assigned`` says that the function gives it other values or, a container, other elements."""

    variable: Variable
    type: T.Type
    is_assigned: bool
    is_used: bool


@dataclass(frozen=True)
class FunctionPlan:
    """One function, method or task.

    ``nesting`` says which nodes are written inside the statements of others, ``variables`` holds the variable of every value that
    has one, ``conversions`` what becomes of an input of a node (or block) where another type is expected.  ``this`` is the object
    of a method, ``constants`` are the inputs of a task that stand for constants of its caller.
    """

    graph: Graph
    result: T.Type
    place: Place
    parameters: tuple[Parameter, ...]
    body: tuple[Step, ...]
    needs_frame: bool
    nesting: Nesting
    variables: Mapping[Value, Variable]
    conversions: Mapping[tuple[Node, int], Conversion]
    this: Value | None = None
    constants: Mapping[Value, Value] = field(default_factory=dict)
    tasks: Mapping[Node, TaskPlan] = field(default_factory=dict)
    fusions: Mapping[Node, FusionPlan] = field(default_factory=dict)
    problems: tuple[UnsupportedOperatorError, ...] = ()

    def all_variables(self) -> dict[Value, Variable]:
        """The variables of the function and of the tasks that it starts."""
        found = dict(self.variables)
        for task in self.tasks.values():
            found |= task.function.all_variables()
        return found


@dataclass(frozen=True)
class Capture:
    """What a task or a fused loop takes along: a value under a name."""

    name: str
    value: Value


@dataclass(frozen=True)
class TaskPlan:
    """A ``prim::fork``: the body of a lambda, and what that captures."""

    captures_this: bool
    captures: tuple[Capture, ...]
    body: tuple[Step, ...]
    function: FunctionPlan
    has_frame: bool


@dataclass(frozen=True)
class FusionPlan:
    """A ``ts2cpp::FusionGroup``: a loop over tensors that runs a function of one element of each.

    ``elements`` are the function's parameters with the tensors they come from, ``captures`` the numbers that it takes along.
    ``constants`` are computed first, in this order; ``names`` has theirs and those of the graph's inputs, ``spellings`` says how
    each operator is written for one element.
    """

    elements: tuple[Capture, ...]
    captures: tuple[Capture, ...]
    names: Mapping[Value, str]
    spellings: Mapping[Node, Spelling]
    constants: tuple[Value, ...]
    result: Value
