"""Interfaces: what stands behind each, which of their methods are ``const`` in C++, and what of that has no counterpart.

A method of a module is ``const``, one of an object is not.  So the methods of an interface are ``const`` if modules alone stand
behind it.  Where objects do as well they are not, and a module overrides them by a twin that calls its own method.
"""

from __future__ import annotations

from collections.abc import Callable

from transpile.codegen.plan.program import FunctionSpec, Program
from transpile.core import types as T
from transpile.core.errors import UnsupportedOperatorError

MemberName = Callable[[T.InterfaceType, str], str]


def is_const(program: Program, interface: T.InterfaceType) -> bool:
    """Whether the methods of an interface change nothing: modules alone stand behind it."""
    if any(interface in c.interfaces for c in program.classes):
        return False
    return interface.is_module or any(interface in m.interfaces for m in program.modules)


def overridden(program: Program, spec: FunctionSpec) -> list[T.InterfaceType]:
    """The interfaces through which a method is called: it repeats the declaration of each exactly."""
    holder = spec.owner or spec.receiver
    name = spec.function.name
    return [i for i in holder.interfaces if name in program.interfaces[i]] if holder is not None else []


def problems_of_override(
    program: Program, spec: FunctionSpec, cpp_name: str, member_name: MemberName
) -> list[UnsupportedOperatorError]:
    """Why a method, called ``cpp_name`` in C++, cannot stand behind its interfaces there."""
    problems = []
    name, where = spec.function.name, spec.function.range
    for interface in overridden(program, spec):
        declared, given = interface.methods[name], spec.function.schema
        what = f"method {name!r} of {interface.annotation().rpartition('.')[2]}"
        if [a.type for a in declared.arguments[1:]] != [a.type for a in given.arguments[1:]] or (
            [r.type for r in declared.returns] != [r.type for r in given.returns]
        ):
            text = f"{what} is declared with other types than it has here: C++ has no counterpart for that"
            problems.append(UnsupportedOperatorError(text, where, hint="give both the same types"))
        elif spec.mutates and spec.owner is not None:
            text = f"{what} changes its module and is called through the interface: that has no C++ counterpart yet"
            hint = "keep what changes in an object of a script class, or call the module without the interface"
            problems.append(UnsupportedOperatorError(text, where, hint=hint))
        elif member_name(interface, name) != cpp_name:
            text = f"{what} needs another name in C++"
            problems.append(UnsupportedOperatorError(text, where, hint="rename the method"))
    return problems
