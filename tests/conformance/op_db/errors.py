"""What the database knows to be refused: the same exception with the same words."""

from __future__ import annotations

from typing import Any

import torch

import transpile.torch as bundled
from tests.conformance.op_db.calls import MissingError, function_of
from tests.conformance.op_db.eager import Verdict, called, first_line
from tests.conformance.op_db.samples import Sample, seed
from tests.conformance.op_db.values import tensors_in

MOST_DIFFERENT = 0.15  # of the refusals, in type or wording


def judge(entry: Any) -> Verdict:
    """All error inputs of an entry that PyTorch's CPU refuses."""
    verdict = Verdict(entry.formatted_name)
    if entry.error_inputs_func is None:
        return verdict
    try:
        function = function_of(entry)
    except MissingError as lacks:
        verdict.miss(lacks)
        function = None
    seed()
    for wrong in entry.error_inputs("cpu"):
        found = wrong.sample_input
        sample = Sample((found.input, *found.args), dict(found.kwargs))
        if not all(map(_has_counterpart, tensors_in([sample.args, sample.kwargs]))):
            continue
        _, error = called(entry.op, sample, torch)
        if error is None:
            continue
        if function is None:
            verdict.calls += 1
            verdict.failed += 1
            continue
        _, mine = called(function, sample, bundled)
        verdict.note(_difference(mine, error), sample)
    return verdict


def _has_counterpart(tensor: Any) -> bool:
    known = hasattr(bundled, str(tensor.dtype).removeprefix("torch."))
    return (
        known and tensor.layout == torch.strided and tensor.device.type == "cpu" and tensor.dim() <= 64
    )  # NumPy's limit


def _difference(mine: Exception | None, wanted: Exception) -> str:
    if mine is None:
        return f"no error instead of {type(wanted).__name__}: {first_line(wanted)}"
    if type(mine).__name__ == type(wanted).__name__ and first_line(mine) == first_line(wanted):
        return ""
    return f"{type(mine).__name__}: {first_line(mine)} INSTEAD OF {type(wanted).__name__}: {first_line(wanted)}"
