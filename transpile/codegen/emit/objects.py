"""Objects of user classes: making one, reading and writing its attributes, calling its methods, ``with``.

An object is a ``ts2cpp::Ref`` to a struct.  Inside a method, attributes and methods of ``self`` are named as they are, and
``self`` as a value is ``ts2cpp::self(this)``.
"""

from __future__ import annotations

from transpile.codegen.emit.building import Build
from transpile.codegen.plan.managers import exit_parameters
from transpile.core import types as T
from transpile.cpp import tree as C
from transpile.ir.graph import Node, Value


def member(build: Build, object: Value, name: str) -> C.Expr:
    """The attribute or method ``name`` of an object."""
    assert isinstance(object.type, (T.ClassType, T.InterfaceType))
    spelled = build.surroundings.member_name(object.type, name)
    if build.surroundings.is_this(object):
        return C.Name(spelled)
    return C.Member(C.Unary("*", build.value(object)), spelled)


def new(build: Build, node: Node) -> C.Expr:
    """``ts2cpp::make<Counter>(start)``."""
    name = build.surroundings.class_namer(node.output.type)
    return C.Call(C.runtime("make", name), build.operands(node))


def create(build: Build, node: Node) -> C.Expr:
    """An object whose ``__init__`` is called elsewhere."""
    return C.Call(C.runtime("blank", build.surroundings.class_namer(node.output.type)))


def enter(build: Build, node: Node) -> C.Expr:
    """What ``with`` does first."""
    return C.Call(member(build, node.input(), "__enter__"))


def guard(build: Build, node: Node, name: str) -> C.Stmt:
    """The declaration after a ``prim::Enter``: what calls ``__exit__`` if the block raises."""
    manager = node.input()
    assert isinstance(manager.type, T.ClassType)
    arguments: list[C.Expr] = [C.NULLOPT] * len(exit_parameters(manager.type))
    call = C.Call(member(build, manager, "__exit__"), arguments)
    leave = C.Lambda([C.Capture("&")], [], [C.Evaluate(call)])
    return C.Declare(C.runtime("With"), name, C.Construct([leave]))
