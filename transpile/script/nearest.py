"""Which signatures of a name come nearest to the arguments of a call that none of them accepts.

PyTorch lists them all, nineteen for ``+``; what helps are the few that the fewest arguments keep from fitting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from transpile.core import types as T
from transpile.core.schema import Argument, Schema

# How many signatures a message shows.
SHOWN = 3


def without_out(schemas: Sequence[Schema], keywords: Sequence[str | None]) -> list[int]:
    """The positions of the schemas that a message counts: a call that gives no ``out`` means none of an operator's
    overloads that write to one, unless there are no others."""
    kept = [i for i, schema in enumerate(schemas) if "out" in keywords or not _writes_to_out(schema)]
    return kept or list(range(len(schemas)))


def _writes_to_out(schema: Schema) -> bool:
    """Of operators alone: a user's function may call any parameter so."""
    return "::" in schema.name and any(a.kwarg_only and a.alias is not None and a.alias.write for a in schema.arguments)


def in_order_of_nearness(
    schemas: Sequence[Schema],
    given: Sequence[T.Type],
    keywords: Sequence[str | None],
    fits: Callable[[Schema, Argument, int], int],
) -> list[int]:
    """The positions of ``schemas``, those first that come nearest to a call with arguments of the types ``given``, the
    last of which are ``keywords``.

    ``fits`` says of a schema, its parameter and the position of an argument how well they go together: 2 if the type is the
    same or a part of it, 1 if the value is converted, 0 if it is refused.  Among equals those come first whose parameters
    are of one type; what asks for a complex number comes after what does not, unless one is given.
    """
    positional = len(given) - len(keywords)

    def distance(index: int) -> tuple[int, int, bool, int]:
        schema = schemas[index]
        by_position = [a for a in schema.arguments if not a.kwarg_only][:positional]
        by_name = {a.name: a for a in schema.arguments if a not in by_position}
        formals = [*by_position, *[None] * (positional - len(by_position)), *(by_name.get(k or "") for k in keywords)]
        grades = [fits(schema, formal, i) if formal is not None else 0 for i, formal in enumerate(formals)]
        types = {formal.type for formal in by_position}
        missing = sum(not a.has_default for a in schema.arguments) - sum(
            f is not None and not f.has_default for f in formals
        )
        return grades.count(0) + missing, grades.count(1), T.COMPLEX in types and T.COMPLEX not in given, len(types)

    return sorted(range(len(schemas)), key=distance)
