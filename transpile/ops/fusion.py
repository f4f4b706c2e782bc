"""Pointwise operators inside other loops: how one element is written in C++, and which functions a layer may apply.

Both follow from the declarations in the registry: ``scalar_cpp`` and its variants say how an operator is written for one
element, the tag ``epilogue`` that convolutions and linear layers can apply it to their results.  An epilogue is called
like the scalar function: ``math::leaky_relu({0}, {1})`` makes it ``leaky_relu``, and ``{1}`` its parameter.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from transpile.core import types as T
from transpile.ops.registry import Operator, all_operators

_PLACEHOLDER = re.compile(r"\{(\d+)\}")
_ARITHMETIC = re.compile(r"\{\d\} ([-+*/]) \{\d\}")
_FUNCTION = re.compile(r"math::(\w+)\(")


def scalar_spelling(operator: Operator, settings: Mapping[str, Any]) -> str:
    """The spelling of one element, or the empty text if the operator has none for these settings.

    ``settings`` are the values of arguments that are constants.  An argument that the spelling leaves out must be one of
    them and have its default value, or the value that the variant is for.
    """
    if not operator.scalar_cpp:
        return ""
    for (name, value), spelling in operator.scalar_variants.items():
        if name in settings and settings[name] == value:
            return spelling if _leaves_out_defaults(operator, spelling, settings, name) else ""
    return operator.scalar_cpp if _leaves_out_defaults(operator, operator.scalar_cpp, settings) else ""


def _leaves_out_defaults(operator: Operator, spelling: str, settings: Mapping[str, Any], chosen_by: str = "") -> bool:
    written = _written(spelling)
    for position, argument in enumerate(a for a in operator.schema.arguments if not a.ignored):
        if position in written:
            if argument.name in settings and settings[argument.name] is None:
                return False
            continue
        if argument.name in (chosen_by, "alpha") or argument.type == T.TENSOR:
            continue  # for ``alpha`` see ``scale_of``
        if argument.name not in settings or settings[argument.name] != argument.default:
            return False
    return True


def _written(spelling: str) -> set[int]:
    return {int(number) for number in _PLACEHOLDER.findall(spelling)}


def takes_number(operator: Operator, position: int) -> bool:
    """Whether the spelling holds for a number in place of the tensor at ``position``: ``{0} + {1}`` does.

    Functions of two elements want both of one type, and there is none for a number divided by an element.
    """
    symbol = _ARITHMETIC.fullmatch(operator.scalar_cpp)
    return symbol is not None and (symbol.group(1) != "/" or position == 1)


def scale_of(operator: Operator, spelling: str) -> int | None:
    """The position of the ``alpha`` that sums and differences leave out while it is one: ``math::add({0}, {1}, alpha)``."""
    for position, argument in enumerate(operator.schema.arguments):
        if argument.name == "alpha":
            return None if position in _written(spelling) else position
    return None


@dataclass(frozen=True)
class Epilogue:
    """A function that a layer applies to its result: ``ops::NAME_epilogue`` of the runtime.

    ``parameters`` are the arguments of the operator that it takes; ``fixed`` has the values of those that its name stands
    for (``gelu_tanh`` is ``gelu`` with ``approximate="tanh"``).
    """

    name: str
    operator: Operator
    parameters: tuple[str, ...]
    fixed: Mapping[str, Any]

    def __call__(self, result: Any, settings: Mapping[str, Any]) -> Any:
        """The operator on ``result``."""
        values = {**self.fixed, **settings}
        return self.operator(result, *(values[a.name] for a in self.operator.schema.arguments[1:] if not a.ignored))


@functools.cache
def epilogues() -> Mapping[str, Epilogue]:
    """The epilogues by name."""
    found: dict[str, Epilogue] = {}
    for operator in all_operators():
        if "epilogue" not in operator.tags:
            continue
        shown = [a for a in operator.schema.arguments if not a.ignored]
        defaults = {a.name: a.default for a in shown[1:]}
        spellings = {(): operator.scalar_cpp} | {(setting,): s for setting, s in operator.scalar_variants.items()}
        for setting, spelling in spellings.items():
            written = _written(spelling)
            parameters = tuple(a.name for i, a in enumerate(shown) if i in written and i > 0)
            fixed = {k: v for k, v in (defaults | dict(setting)).items() if k not in parameters}
            name = function_name(spelling)
            found.setdefault(name, Epilogue(name, operator, parameters, fixed))
    return found


def function_name(spelling: str) -> str:
    """The function of ``math::`` that a spelling calls; epilogues are called like theirs."""
    match = _FUNCTION.match(spelling)
    assert match is not None, f"{spelling} does not call a function of math::"
    return match.group(1)
