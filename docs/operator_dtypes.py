"""The element types that an operator's NumPy kernel takes, found by calling it.

A call that the tests make is repeated with its main tensors in every type; what is not refused is taken.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tests.ops.agreement import ERRORS, complete
from tests.ops.samples import Sample, samples_for
from transpile.core import dtype as D
from transpile.ops.registry import Operator

_GROUPS = (
    ("bool", (D.bool_,)),
    ("ints", (D.uint8, D.int8, D.int16, D.int32, D.int64)),
    ("halfs", (D.float16, D.bfloat16)),
    ("floats", (D.float32, D.float64)),
    ("complex", (D.complex64, D.complex128)),
)
_MOST_CALLS = 4  # that are tried until one runs


def taken(operator: Operator) -> str:
    """The types in a few words: ``all``, or groups (``ints, floats``) and single names; nothing without tensors."""
    call = next((s for s in _calls(operator) if _runs(operator, s)), None)
    if call is None:
        return ""
    main = next((v.dtype for v in _arrays([*call.args, *call.kwargs.values()])), None)
    if main is None:
        return ""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = {d for d in D.ALL_DTYPES if d.numpy == main or _runs(operator, _in_type(call, main, d))}
    if len(found) == len(D.ALL_DTYPES):
        return "all"
    shown = []
    for name, group in _GROUPS:
        have = [d.name for d in group if d in found]
        shown += [name] if len(have) == len(group) else have
    return ", ".join(shown)


def _calls(operator: Operator) -> list[Sample]:
    samples = samples_for(operator.schema.qualified_name)
    with_floats = [s for s in samples if any(a.dtype == np.float32 for a in _arrays(s.args))]
    return [*with_floats[:_MOST_CALLS], *samples[:_MOST_CALLS]]


def _runs(operator: Operator, sample: Sample) -> bool:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            operator(*complete(operator, sample))
        except ERRORS:
            return False
    return True


def _in_type(sample: Sample, main: Any, dtype: D.DType) -> Sample:
    def changed(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return value.astype(dtype.numpy) if value.dtype == main else value
        return [changed(v) for v in value] if isinstance(value, list) else value

    return Sample(*map(changed, sample.args), **{k: changed(v) for k, v in sample.kwargs.items()})


def _arrays(values: Any) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if isinstance(value, np.ndarray):
            found.append(value)
        elif isinstance(value, list):
            found += _arrays(value)
    return found
