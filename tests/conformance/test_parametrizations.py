"""Parametrized weights have PyTorch's text, state, values and errors."""

from __future__ import annotations

import copy
import re
import warnings
from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.reference

from transpile import torch as bundled  # noqa: E402


def _values(tensor: Any) -> Any:
    return tensor.detach().numpy().tolist()


def _shapes(module: Any) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in module.state_dict().items()}


def _shown(module: Any, name: str = "weight") -> list[Any]:
    """What can be seen of a module, before and after evaluation mode and a call."""
    x = module.weight.new_ones(1, 3)
    first = _values(getattr(module, name))
    return [repr(module), _shapes(module), first, _values(module(x)), _values(module.eval()(x))]


def _symmetric(nn: Any) -> Any:
    class Symmetric(nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return x.triu() + x.triu(1).transpose(-1, -2)

        def right_inverse(self, x: Any) -> Any:
            return x.triu()

    return Symmetric()


def _mapped(nn: Any, function: Callable[[Any], Any], inverse: Callable[[Any], Any] | None = None) -> Any:
    class Mapped(nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return function(x)

    if inverse is not None:
        Mapped.right_inverse = lambda self, x: inverse(x)
    return Mapped()


def _assigned(lib: Any) -> list[Any]:
    made = lib.nn.Linear(3, 3)
    tools = lib.nn.utils.parametrize
    tools.register_parametrization(made, "weight", _symmetric(lib.nn))
    made.weight = lib.ones(3, 3)
    seen = [_values(made.weight), _values(made.parametrizations.weight.original)]
    plain = tools.remove_parametrizations(made, "weight", leave_parametrized=False)
    return [*seen, type(plain).__name__, _values(plain.weight)]


def _several(lib: Any) -> list[Any]:
    made = lib.nn.Linear(3, 3)
    tools = lib.nn.utils.parametrize
    for name in ("weight", "weight", "bias"):
        parametrization = lib.nn.Identity() if name == "bias" else _symmetric(lib.nn)
        tools.register_parametrization(made, name, parametrization)
    copied = copy.deepcopy(made)
    with tools.cached():
        once = copied.weight is copied.weight
    return [repr(made), tools.is_parametrized(made), tools.is_parametrized(made, "x"), type(copied) is type(made), once]


def _register(lib: Any, *arguments: Any) -> Any:
    return lib.nn.utils.parametrize.register_parametrization(lib.nn.Linear(3, 3), *arguments)


_CASES: dict[str, Callable[[Any], Any]] = {
    "weight norm": lambda lib: _shown(lib.nn.utils.parametrizations.weight_norm(lib.nn.Linear(3, 4))),
    "weight norm of all": lambda lib: _shown(lib.nn.utils.parametrizations.weight_norm(lib.nn.Linear(3, 4), dim=None)),
    "spectral norm": lambda lib: _shown(lib.nn.utils.parametrizations.spectral_norm(lib.nn.Linear(3, 4))),
    "spectral norm of a vector": lambda lib: _shown(
        lib.nn.utils.parametrizations.spectral_norm(lib.nn.Linear(3, 4), "bias"), "bias"
    ),
    "spectral norm of a transposed convolution": lambda lib: _values(
        lib.nn.utils.parametrizations.spectral_norm(lib.nn.ConvTranspose2d(3, 4, 2)).weight
    ),
    "orthogonal, tall": lambda lib: _shown(lib.nn.utils.parametrizations.orthogonal(lib.nn.Linear(3, 4))),
    "orthogonal, wide": lambda lib: _shown(lib.nn.utils.parametrizations.orthogonal(lib.nn.Linear(3, 2))),
    "orthogonal, cayley": lambda lib: _shown(
        lib.nn.utils.parametrizations.orthogonal(lib.nn.Linear(3, 4), orthogonal_map="cayley")
    ),
    "orthogonal, not trivialized": lambda lib: _shown(
        lib.nn.utils.parametrizations.orthogonal(lib.nn.Linear(3, 4), use_trivialization=False)
    ),
    "older weight norm": lambda lib: _shown(lib.nn.utils.weight_norm(lib.nn.Linear(3, 4))),
    "older spectral norm": lambda lib: _shown(lib.nn.utils.spectral_norm(lib.nn.Linear(3, 4))),
    "removed": lambda lib: [
        _shown(lib.nn.utils.remove_weight_norm(lib.nn.utils.weight_norm(lib.nn.Linear(3, 4)))),
        _shown(lib.nn.utils.remove_spectral_norm(lib.nn.utils.spectral_norm(lib.nn.Linear(3, 4)))),
    ],
    "old state": lambda lib: str(
        lib.nn.utils.parametrizations.weight_norm(lib.nn.Linear(3, 4)).load_state_dict(
            lib.nn.utils.weight_norm(lib.nn.Linear(3, 4)).state_dict()
        )
    ),
    "assigned": _assigned,
    "several": _several,
    "other shape": lambda lib: _register(lib, "weight", _mapped(lib.nn, lambda x: x[:1])),
    "no tensor": lambda lib: _register(lib, "weight", _mapped(lib.nn, lambda x: 3)),
    "other dtype": lambda lib: _register(lib, "weight", _mapped(lib.nn, lambda x: x.double())),
    "no tensor back": lambda lib: _register(lib, "weight", _mapped(lib.nn, lambda x: x, lambda x: 3)),
    "no such name": lambda lib: _register(lib, "other", _symmetric(lib.nn)),
    "not parametrized": lambda lib: lib.nn.utils.parametrize.remove_parametrizations(lib.nn.Linear(3, 3), "weight"),
    "unknown map": lambda lib: lib.nn.utils.parametrizations.orthogonal(lib.nn.Linear(3, 3), orthogonal_map="x"),
    "vector": lambda lib: lib.nn.utils.parametrizations.orthogonal(lib.nn.Linear(3, 3), "bias"),
    "no iterations": lambda lib: lib.nn.utils.parametrizations.spectral_norm(lib.nn.Linear(3, 3), "weight", 0),
    "not normalised": lambda lib: lib.nn.utils.remove_weight_norm(lib.nn.Linear(3, 3)),
    "normalised twice": lambda lib: lib.nn.utils.spectral_norm(lib.nn.utils.spectral_norm(lib.nn.Linear(3, 3))),
    "fused convolution": lambda lib: _values(
        lib.nn.utils.fuse_conv_bn_eval(lib.nn.Conv2d(2, 3, 2).eval(), lib.nn.BatchNorm2d(3).eval())(
            lib.ones(1, 2, 3, 3)
        )
    ),
    "fused linear map": lambda lib: _values(
        lib.nn.utils.fuse_linear_bn_eval(lib.nn.Linear(2, 3).eval(), lib.nn.BatchNorm1d(3).eval())(lib.ones(1, 2))
    ),
    "fused while training": lambda lib: lib.nn.utils.fuse_linear_bn_eval(lib.nn.Linear(2, 3), lib.nn.BatchNorm1d(3)),
    "not drawn": lambda lib: [repr(lib.nn.utils.skip_init(lib.nn.Linear, 3, 2)), _values(lib.rand(2))],
}


def _run(lib: Any, case: Callable[[Any], Any]) -> Any:
    lib.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return case(lib)
        except Exception as error:
            return type(error).__name__, re.sub(r"<.*?>", "", str(error))


def _same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, (list, tuple)):
        return len(ours) == len(theirs) and all(_same(a, b) for a, b in zip(ours, theirs, strict=True))
    return abs(ours - theirs) < 1e-5 if isinstance(ours, float) else bool(ours == theirs)


@pytest.mark.parametrize("name", _CASES)
def test_agrees(name: str) -> None:
    ours, theirs = _run(bundled, _CASES[name]), _run(torch, _CASES[name])
    assert _same(ours, theirs), f"{ours} instead of {theirs}"
