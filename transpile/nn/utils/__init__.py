"""``torch.nn.utils``: sequences, parametrized weights, fusion, parameters as one vector, gradients (nothing to clip)."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

from transpile.eager import torch_namespace as torch
from transpile.eager.tensor import Tensor
from transpile.nn.modules.module import Module
from transpile.nn.utils import parametrizations as parametrizations
from transpile.nn.utils import parametrize as parametrize
from transpile.nn.utils import rnn as rnn
from transpile.nn.utils.fusion import fuse_conv_bn_eval as fuse_conv_bn_eval
from transpile.nn.utils.fusion import fuse_conv_bn_weights as fuse_conv_bn_weights
from transpile.nn.utils.fusion import fuse_linear_bn_eval as fuse_linear_bn_eval
from transpile.nn.utils.fusion import fuse_linear_bn_weights as fuse_linear_bn_weights
from transpile.nn.utils.spectral_norm import remove_spectral_norm as remove_spectral_norm
from transpile.nn.utils.spectral_norm import spectral_norm as spectral_norm
from transpile.nn.utils.weight_norm import remove_weight_norm as remove_weight_norm
from transpile.nn.utils.weight_norm import weight_norm as weight_norm


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


def clip_grad_norm_(
    parameters: Any,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Any:
    """Nothing has a gradient: the norm is zero."""
    return torch.tensor(0.0)


def clip_grad_value_(parameters: Any, clip_value: float, foreach: bool | None = None) -> None:
    """Nothing has a gradient: nothing is clipped."""


def skip_init(module_cls: Any, *args: Any, **kwargs: Any) -> Any:
    """A layer whose weights are not drawn: the generator stays where it is."""
    if not (isinstance(module_cls, type) and issubclass(module_cls, Module)):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    state = torch.get_rng_state()
    try:
        return module_cls(*args, **kwargs)
    finally:
        torch.set_rng_state(state)
