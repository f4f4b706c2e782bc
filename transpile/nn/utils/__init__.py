"""``torch.nn.utils``: parameters as one vector, gradient clipping (nothing to clip), fusion of batch normalisation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from transpile.eager import torch_namespace as torch
from transpile.eager.tensor import Tensor
from transpile.nn.utils import rnn as rnn


def parameters_to_vector(parameters: Iterable[Tensor]) -> Any:
    """All parameters as one flat tensor."""
    return torch.cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Write the parts of a flat tensor back into the parameters."""
    at = 0
    for parameter in parameters:
        count = parameter.numel()
        parameter.data = vec[at : at + count].view(parameter.shape).data
        at += count


def clip_grad_norm_(parameters: Any, max_norm: float, norm_type: float = 2.0, **_: Any) -> Any:
    """Nothing has a gradient: the norm is zero."""
    return torch.tensor(0.0)
