"""Assignments that happen at once, as at the end of a turn of a loop, in an order in which none spoils another."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from transpile.codegen.plan.steps import Copy, Operand, Save, Step, Variable
from transpile.core import types as T


@dataclass(frozen=True)
class Assignment:
    """``variable = source``; ``reads`` are the names of the variables that the source's expression reads."""

    variable: Variable
    type: T.Type
    source: Operand | Variable
    reads: frozenset[str]


def in_order(assignments: Iterable[Assignment], unique: Callable[[str], str]) -> list[Step]:
    """The steps that make all assignments: a source that an earlier one would overwrite is saved first.

    ``unique`` gives the name of a saved value.
    """
    todo = list(assignments)
    out: list[Step] = []
    while todo:
        for position, row in enumerate(todo):
            others = (other.reads for place, other in enumerate(todo) if place != position)
            if not any(row.variable.name in reads for reads in others):
                out.append(Copy(row.variable, row.type, row.source))
                del todo[position]
                break
        else:
            # A cycle: free the first source that still reads a variable.
            place = next(i for i, row in enumerate(todo) if row.reads)
            row = todo[place]
            assert isinstance(row.source, Operand)
            saved = Variable(unique(f"next_{row.variable.name}"), is_mutable=False)
            out.append(Save(saved, row.source))
            todo[place] = Assignment(row.variable, row.type, saved, frozenset())
    return out
