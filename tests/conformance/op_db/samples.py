"""The samples of an entry, and more of them: strided, of one element, without elements, without dimensions."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from tests.conformance.op_db.calls import recorded_arguments
from tests.conformance.op_db.values import mapped, tensors_in

DTYPES = (torch.float32, torch.float64, torch.int64, torch.bool, torch.complex64)
SEED = 20
_MOST_VARIANTS = 24  # samples of an entry that are varied
# PyTorch does not look at these operators' indices and lengths: what it gives for wrong ones is what was in memory.
_UNCHECKED = frozenset(
    (
        "take_along_dim",
        "nn.functional.multi_margin_loss",
        "nn.functional.multilabel_margin_loss",
        "_segment_reduce",
        "_chunk_cat",
        "lu_solve",
        "linalg.lu_solve",
        "lu_unpack",
        "ormqr",
        "linalg.ldl_solve",
    )
)


@dataclass
class Sample:
    """A call: arguments in PyTorch's tensors.  ``kind`` says how it was made from the database's sample."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    kind: str = "sample"
    origin: Any = None

    def __repr__(self) -> str:
        shown = [described(a) for a in self.args] + [f"{k}={described(v)}" for k, v in self.kwargs.items()]
        return f"{'' if self.kind == 'sample' else self.kind + ': '}({', '.join(shown)})"


def seed() -> None:
    """The same samples and the same random results in every run."""
    torch.manual_seed(SEED)
    random.seed(SEED)
    np.random.seed(SEED)


def dtypes_of(entry: Any, dtypes: Sequence[torch.dtype] = DTYPES) -> list[torch.dtype]:
    """Those of the dtypes that PyTorch's CPU supports."""
    supported = entry.supported_dtypes("cpu")
    return [d for d in dtypes if d in supported]


def samples_of(entry: Any, dtype: Any, most: int | None = None) -> Iterator[Sample]:
    """The samples of the database; at most the first ``most``, if that is given."""
    seed()
    for number, found in enumerate(_given(entry, dtype)):
        if most is not None and number >= most:
            return
        sample = Sample((found.input, *found.args), dict(found.kwargs), origin=found)
        if all(t.layout == torch.strided for t in tensors_in([sample.args, sample.kwargs])):
            yield sample


def _given(entry: Any, dtype: Any) -> Iterator[Any]:
    with recorded_arguments():
        yield from entry.sample_inputs("cpu", dtype, requires_grad=False)


def variants_of(entry: Any, dtype: Any) -> Iterator[Sample]:
    """Samples made strided, of size one, empty and 0-d; PyTorch may refuse such a call."""
    for number, sample in enumerate(samples_of(entry, dtype, _MOST_VARIANTS)):
        yield Sample(*_varied(sample, _strided), "strided")
        if entry.name in _UNCHECKED:
            continue
        if number < 6:
            yield Sample(*_varied(sample, lambda t: t[(slice(0, 1),) * t.dim()]), "size 1")
            yield Sample(*_varied(sample, lambda t: t[:0] if t.dim() else t), "empty")
            yield Sample(*_varied(sample, lambda t: t.reshape(-1)[0] if t.numel() else t), "0-d")


def _strided(tensor: Any) -> Any:
    """The same elements, every second one of a larger memory along each dimension."""
    if tensor.dim() == 0 or tensor.numel() == 0:
        return tensor
    larger = tensor.new_zeros([2 * n for n in tensor.shape])
    view = larger[(slice(None, None, 2),) * tensor.dim()]
    view.copy_(tensor)
    return view


def _varied(sample: Sample, change: Any) -> tuple[Any, Any]:
    def leaf(value: Any) -> Any:
        return change(value.detach()) if isinstance(value, torch.Tensor) else value

    return mapped(sample.args, leaf), mapped(sample.kwargs, leaf)


def described(value: Any) -> str:
    """A value in a few characters."""
    if isinstance(value, torch.Tensor):
        kind = str(value.dtype).removeprefix("torch.")
        small = value.numel() <= 6 and value.dim() <= 1
        return f"{kind}{list(value.shape)}" + (f"={value.tolist()}" if small and value.numel() else "")
    if type(value) in (list, tuple):
        inner = ", ".join(map(described, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    return repr(value)
