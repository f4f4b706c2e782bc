"""Pointwise operators inside other loops: how one element is written in C++, and which functions a layer may apply.

Both follow from the declarations in the registry: ``scalar_cpp`` and its variants say how an operator is written for one
element, the tag ``epilogue`` that convolutions and linear layers can apply it to their results.  An epilogue is called
like the scalar function: ``math::leaky_relu({0}, {1})`` makes it ``leaky_relu``, and ``{1}`` its parameter.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from transpile.core import types as T
from transpile.cpp import tree as C
from transpile.cpp.spelling import Argument, Spelling
from transpile.cpp.spelling import parse as parse_spelling
from transpile.ops.registry import Operator, all_operators


def scalar_spelling(operator: Operator, settings: Mapping[str, Any]) -> Spelling | None:
    """The spelling of one element, or ``None`` if the operator has none for these settings.

    ``settings`` are the values of arguments that are constants.  An argument that the spelling leaves out must be one of
    them and have its default value, or the value that the variant is for.
    """
    if "limited" in operator.tags and not _takes(operator, settings):
        return None
    chosen_by, spelling = "", operator.scalar_spelling
    for (name, value), variant in operator.scalar_variants.items():
        if name in settings and settings[name] == value:
            chosen_by, spelling = name, parse_spelling(variant)
            break
    if spelling is None:
        return None
    for position, argument in enumerate(a for a in operator.schema.arguments if not a.ignored):
        if position in spelling.arguments:
            if argument.name in settings and settings[argument.name] is None:
                return None
        elif argument.name not in (chosen_by, "alpha") and argument.type != T.TENSOR:  # for alpha see ``scale_of``
            if argument.name not in settings or settings[argument.name] != argument.default:
                return None
    return spelling


def _takes(operator: Operator, settings: Mapping[str, Any]) -> bool:
    """Whether all settings of an operator of one tensor are constants that it does not refuse: a loop checks nothing."""
    names = [a.name for a in operator.schema.arguments[1:] if not a.ignored]
    if not all(name in settings for name in names):
        return False
    try:
        operator(np.zeros(0, np.float32), *(settings[name] for name in names))
    except Exception:
        return False
    return True


def takes_number(operator: Operator, position: int) -> bool:
    """Whether the spelling holds for a number in place of the tensor at ``position``: ``{0} + {1}`` does.

    Functions of two elements want both of one type, and there is none for a number divided by an element.
    """
    match operator.scalar_spelling:
        case Spelling(C.Binary("+" | "-" | "*", Argument(), Argument())):
            return True
        case Spelling(C.Binary("/", Argument(), Argument(right))):
            return position == right
    return False


def scale_of(operator: Operator, spelling: Spelling) -> int | None:
    """The position of the ``alpha`` that sums and differences leave out while it is one: ``math::add({0}, {1}, alpha)``."""
    for position, argument in enumerate(operator.schema.arguments):
        if argument.name == "alpha":
            return None if position in spelling.arguments else position
    return None


_COMPARISONS = frozenset(("eq", "ne", "lt", "le", "gt", "ge"))
_LOGIC = frozenset(("logical_and", "logical_or", "logical_xor", "logical_not"))


def gives_truth(operator: Operator) -> bool:
    """Whether one element of the result is a truth value: true of comparisons and logic that have a spelling."""
    spelling = operator.scalar_spelling
    return spelling is not None and _function(spelling) in _COMPARISONS | _LOGIC


def truth_positions(operator: Operator) -> range:
    """The arguments that are truth values in a loop over numbers: the condition of a choice, the operands of logic."""
    spelling = operator.scalar_spelling
    match _function(spelling) if spelling is not None else None:
        case "where":
            return range(1)
        case "masked_fill":
            return range(1, 2)
        case name if name in _LOGIC:
            return range(len(operator.schema.arguments))
    return range(0)


def _function(spelling: Spelling) -> str:
    return spelling.function.name if spelling.function is not None else ""


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
        for setting, text in spellings.items():
            spelling = parse_spelling(text)
            parameters = tuple(a.name for i, a in enumerate(shown) if i in spelling.arguments and i > 0)
            fixed = {k: v for k, v in (defaults | dict(setting)).items() if k not in parameters}
            name = function_name(spelling)
            found.setdefault(name, Epilogue(name, operator, parameters, fixed))
    return found


def function_name(spelling: Spelling) -> str:
    """The function of ``math::`` that a spelling calls; epilogues are called like theirs."""
    function = spelling.function
    assert function is not None, f"{spelling.expression.text()} calls no function"
    return function.name
