"""The operator registry: one place per operator.

An operator is declared by its PyTorch schema beside its NumPy kernel::

    FAMILY = Family("linear")

    @FAMILY.op("aten::linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor")
    def linear(input, weight, bias=None): ...

(``Family`` is in ``ops/families.py``.)

Kernels take and return plain NumPy arrays (tensors), Python scalars, lists, tuples, dicts and ``DType`` objects, so one
kernel serves eager mode, the interpreter and constant folding.  A kernel receives the arguments of the schema without
those that mean nothing for strided CPU tensors (``Argument.ignored``): positional ones by position, keyword-only ones
by keyword.  Tensor results must be arrays (0-d ones too); views must share the memory of their base.
"""

from __future__ import annotations

import functools
from bisect import insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.core import types as T
from transpile.core.schema import Schema
from transpile.cpp.spelling import Spelling
from transpile.cpp.spelling import parse as parse_spelling
from transpile.ops import foreign_errors
from transpile.ops.overload_order import ORDER

Kernel = Callable[..., Any]


@dataclass(frozen=True)
class NoCpp:
    """Why C++ has no counterpart of an overload, and what to write instead: both are shown to the user."""

    reason: str
    instead: str = ""


@dataclass(eq=False)
class Operator:
    """One overload of one operator.

    ``cpp`` is the C++ spelling: an expression over ``{0}``, ``{1}``... (arguments that are not ignored, in schema order), or
    empty for the default ``ops::name(arguments...)``.  ``spelling`` is the same parsed, and ``scalar_spelling`` goes with
    ``scalar_cpp``, the per-element spelling of a fusible pointwise operator (``math::sigmoid({0})``); ``scalar_variants`` has
    others, for certain values of an argument (``gelu`` with ``approximate="tanh"``), see ``ops/fusion.py``.  ``tags`` are
    what passes ask for, see ``TAGS``.  ``family`` is the stem of the Python module.

    ``header`` declares the functions of ``ts2cpp::ops`` that the spelling calls (``ts2cpp/ops/linear.hpp``); it is empty
    if the spelling calls none.  ``no_cpp`` says why C++ has no counterpart, and is ``None`` if it has one.
    ``out_of`` is the functional overload of one that writes its results into given tensors.
    """

    schema: Schema
    kernel: Kernel | None = None
    cpp: str = ""
    scalar_cpp: str = ""
    tags: frozenset[str] = frozenset()
    family: str = ""
    header: str = ""
    no_cpp: NoCpp | None = None
    scalar_variants: Mapping[tuple[str, Any], str] = field(default_factory=dict)
    out_of: Operator | None = field(default=None, repr=False)
    call_plan: tuple[tuple[int, str, str], ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        plan = []
        for index, argument in enumerate(self.schema.arguments):
            if not argument.ignored:
                convert = "dtype" if argument.special == "ScalarType" else ""
                plan.append((index, argument.name if argument.kwarg_only else "", convert))
        self.call_plan = tuple(plan)

    @functools.cached_property
    def spelling(self) -> Spelling | None:
        return parse_spelling(self.cpp, self.header) if self.cpp else None

    @functools.cached_property
    def scalar_spelling(self) -> Spelling | None:
        return parse_spelling(self.scalar_cpp, self.header) if self.scalar_cpp else None

    @property
    def name(self) -> str:
        return self.schema.name

    @functools.cached_property
    def is_out(self) -> bool:
        """Whether it writes its results into tensors that are given by name (``out=``)."""
        return self.out_of is not None

    @property
    def is_pure(self) -> bool:
        """No writes, no randomness, no other effect: may be removed, shared or folded as far as aliasing allows."""
        return not self.schema.is_mutable and not self.tags & {"random", "effect"}

    @property
    def is_in_place(self) -> bool:
        """Whether it writes to its first argument, to no other, and gives that back."""
        arguments, returns = self.schema.arguments, self.schema.returns
        if len(returns) != 1 or [i for i, a in enumerate(arguments) if a.writes] != [0]:
            return False
        first, returned = arguments[0].alias, returns[0].alias
        return first is not None and returned is not None and bool(first.before & returned.before)

    def __call__(self, *arguments: Any) -> Any:
        """Run the kernel on one value per argument of the schema; tensor results are always arrays."""
        if self.kernel is None:
            raise NotImplementedError(f"{self.schema.qualified_name} has no kernel")
        positional: list[Any] = []
        keywords: dict[str, Any] = {}
        for index, keyword, convert in self.call_plan:
            value = arguments[index]
            if convert and isinstance(value, int):
                value = D.from_code(value)
            if keyword:
                keywords[keyword] = value
            else:
                positional.append(value)
        if self.schema.is_vararg:
            positional += arguments[len(self.schema.arguments) :]
        try:
            with np.errstate(all="ignore"):
                result = self.kernel(*positional, **keywords)
        except MemoryError as error:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory") from error
        except foreign_errors.TRANSLATED as error:
            instead = foreign_errors.translated(error)
            if instead is error:
                raise
            raise instead from error
        if isinstance(result, np.generic):
            return np.asarray(result) if self._returns_tensor() else result.item()
        if isinstance(result, tuple) and len(self.schema.returns) > 1:
            return tuple(np.asarray(r) if isinstance(r, np.generic) else r for r in result)
        return result

    def _returns_tensor(self) -> bool:
        return len(self.schema.returns) == 1 and self.schema.returns[0].type == T.TENSOR


TAGS = {
    "pointwise": "elementwise over broadcast inputs; fusible when it has a scalar_cpp",
    "limited": "refuses some values of its settings: fused where these are constants that it takes",
    "epilogue": "convolutions and linear layers can apply it to their results, see ops/fusion.py",
    "view": "the result shares the memory of the first argument",
    "reduction": "folds dimensions",
    "factory": "makes a tensor out of no tensor",
    "random": "draws from the generator: never folded, shared, reordered or removed",
    "effect": "has an effect outside its arguments (print, warn): never folded, shared, reordered or removed",
    "scalar": "works on Python numbers, strings or containers only",
    "nofold": "pure, but not worth or not allowed to be evaluated at compile time",
    "total": "never raises",
    "infallible": "raises for no values, given that they have the types that it takes",
    "nonzero_last": "raises only if its last argument is zero",
    "template": "which arguments it takes depends on a string that is its first one",
    "one_error": "whenever it raises, the error is the same (but for the axis of a size)",
    "metadata": "of a tensor, reads only what never changes: its dtype, its device",
    "sizes": "of a tensor, reads its sizes only",
    "resizes": "may change the sizes of an argument that it writes to",
    "statistics": "also writes to `running_mean` and `running_var`, which the schema does not say, unless its flag is false",
    "dropout": "draws from the generator unless its `dropout` or `dropout_p` is zero, or its `train` false",
    "same_rank": "the result has as many axes as the first argument",
    "same_dtype": "the result has the dtype of the first argument",
    "floating": "the result is floating or complex: integers become floats, or are refused",
    "like_weight": "the result has the dtype of the argument `weight`",
    "itself": "a view that is its argument, not another tensor, where there is nothing to do",
    "nograd": "no gradient flows through it, although it takes and gives floating point tensors",
    "lends": "the result may be an argument or a view of one, although the schema does not say so",
    "call": "runs code of the program that the graph does not show",
    "reflexive": "true of a value and itself",
    "irreflexive": "false of a value and itself",
}

_OPERATORS: dict[str, list[Operator]] = {}


def register(operator: Operator) -> Operator:
    """Add an operator; ``ValueError`` if its qualified name is taken, or its rank among the overloads is not declared."""
    known = _OPERATORS.setdefault(operator.name, [])
    if any(o.schema.overload == operator.schema.overload for o in known):
        raise ValueError(f"{operator.schema.qualified_name} is registered twice")
    if operator.name in ORDER:
        if operator.schema.overload not in ORDER[operator.name]:
            raise ValueError(f"{operator.schema.qualified_name} has no place in ops/overload_order.py")
    elif any(o.family != operator.family for o in known):
        raise ValueError(
            f"{operator.name} is in several families: its overloads need an order in ops/overload_order.py"
        )
    unknown = operator.tags - TAGS.keys()
    if unknown:
        raise ValueError(f"{operator.schema.qualified_name}: unknown tags {sorted(unknown)}")
    insort(known, operator, key=_rank)
    return operator


def register_out(name: str, operators: Sequence[Operator]) -> None:
    """Add the overloads of ``name`` that write into given tensors: they stand after those that dispatch on tensors."""
    known = [o for o in _OPERATORS[name] if not o.is_out]
    last = max((i for i, o in enumerate(known) if "scalar" not in o.tags), default=-1)
    _OPERATORS[name] = [*known[: last + 1], *operators, *known[last + 1 :]]


def _rank(operator: Operator) -> int:
    """The place of an overload in ``ORDER``; 0 for all overloads of a name that is not listed there."""
    listed = ORDER.get(operator.name)
    return listed.index(operator.schema.overload) if listed is not None else 0


def overloads(name: str) -> Sequence[Operator]:
    """All overloads of ``aten::add``, in the order in which they are tried; empty if unknown.

    That order is the one declared in ``ops/overload_order.py`` or, for a name that is not listed there, the order in the
    text of its one module.
    """
    return _OPERATORS.get(name, ())


def find(qualified_name: str) -> Operator | None:
    """The operator called ``aten::add.Tensor``, or ``None``."""
    name, _, overload = qualified_name.partition(".")
    for operator in _OPERATORS.get(name, ()):
        if operator.schema.overload == overload:
            return operator
    return None


def get(qualified_name: str) -> Operator:
    """The operator called ``aten::add.Tensor``; ``KeyError`` if there is none."""
    operator = find(qualified_name)
    if operator is None:
        raise KeyError(qualified_name)
    return operator


def functional_twin(operator: Operator) -> Operator | None:
    """What an in-place operator computes without writing: ``relu`` for ``relu_``; ``None`` if there is no such operator."""
    if not operator.name.endswith("_") or operator.name.endswith("__"):
        return None
    overload = operator.schema.overload
    twin = find(operator.name[:-1] + (f".{overload}" if overload else ""))
    same = twin is not None and len(twin.schema.arguments) == len(operator.schema.arguments)
    return twin if same else None


def names() -> Iterator[str]:
    """The names of all operators (``aten::add``), without overloads."""
    return iter(_OPERATORS)


def all_operators() -> Iterator[Operator]:
    """Every overload of every operator that is declared; those that write into given tensors follow from them."""
    for group in _OPERATORS.values():
        yield from (o for o in group if not o.is_out)


def out_overloads() -> Iterator[Operator]:
    """The overloads that write their results into given tensors (``ops/out_overloads.py``)."""
    for group in _OPERATORS.values():
        yield from (o for o in group if o.is_out)
