"""What the parts that write C++ ask of each other: the program around a function, and the expressions of its nodes."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from transpile.codegen.plan.function import FunctionPlan, TaskPlan
from transpile.core import types as T
from transpile.core.schema import Argument
from transpile.cpp import tree as C
from transpile.ir.graph import Node, Value
from transpile.ops.registry import Operator


class Surroundings(Protocol):
    """What an expression needs to know of the program around its function."""

    def class_namer(self, type: T.Type) -> C.Named:
        """The C++ name of a class."""

    def borrowed(self, value: Value, interface: T.InterfaceType) -> C.Expr:
        """A module as a value of an interface; it stays where it is."""

    def modules_of(self, container: Value) -> list[tuple[str, C.Expr]]:
        """The names and members of the modules in a container."""

    def member_name(self, type: T.TupleType | T.EnumType | T.ClassType | T.InterfaceType, name: str) -> str:
        """The C++ name of a named tuple's field, an enum's member, or a class's attribute or method."""

    def path(self, value: Value) -> C.Expr | None:
        """The member access that an attribute of ``self`` becomes, or ``None`` for other values."""

    def member(self, value: Value) -> C.Expr | None:
        """The member access that a ``prim::GetAttr`` becomes, also of an attribute that changes."""

    def is_this(self, value: Value) -> bool:
        """Whether the value is the object whose method is being written."""

    def function(self, node: Node) -> C.Expr:
        """The C++ name of the function that a ``prim::CallFunction`` or ``prim::fork`` node calls."""

    def method(self, node: Node) -> C.Expr:
        """The callee of a ``prim::CallMethod`` node: ``features.forward``."""

    def each(self, node: Node) -> tuple[C.Expr, str, bool]:
        """The modules that a ``ts2cpp::CallEach`` node calls, or the addresses of a run of them, the method, and whether it
        changes them."""

    def tensor_constant(self, value: np.ndarray[Any, Any], node: Node) -> C.Expr:
        """A constant tensor."""

    def use_operator(self, operator: Operator, node: Node) -> None:
        """Called for every operator that ``node`` needs; raises if C++ has no counterpart of it."""


class Build(Protocol):
    """The expressions of one function."""

    @property
    def surroundings(self) -> Surroundings:
        """The program around the function."""

    @property
    def plan(self) -> FunctionPlan:
        """What has been decided."""

    def value(self, value: Value) -> C.Expr:
        """How code refers to a value: its variable, member, literal, or the expression that computes it."""

    def node(self, node: Node) -> C.Expr:
        """The expression that computes a node; for several outputs, their tuple."""

    def operand(self, node: Node, index: int) -> C.Expr:
        """An input of a node as what the node expects there."""

    def operands(self, node: Node, first: int = 0) -> list[C.Expr]:
        """All inputs of a node, from the ``first`` on, as what the node expects."""

    def constant(self, node: Node) -> C.Expr:
        """A ``prim::Constant``."""

    def operator(self, node: Node) -> C.Expr:
        """A call of a registered operator."""

    def argument(self, value: Value, formal: Argument, *, spans: bool = True) -> C.Expr:
        """One argument, converted to the C++ type that the schema's type maps to."""

    def deduced(self, values: list[Value], *, strings: bool = False) -> list[C.Expr]:
        """Arguments of a C++ template: literals have their exact type."""

    def element(self, value: C.Expr, type: T.TupleType, index: int) -> C.Expr:
        """An element of a tuple."""

    def task(self, task: TaskPlan) -> list[C.Stmt]:
        """The body of a task that the function starts."""
