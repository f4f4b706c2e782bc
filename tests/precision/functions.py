"""The operators that are measured: where their arguments lie, and what they are to more digits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath as mp

Range = tuple[float, float]


@dataclass(frozen=True)
class Measured:
    """An operator, the ranges of its tensors, further arguments, and its reference for single elements.

    Without a reference it is measured in float32 only, against PyTorch's float64; so is what works along a dimension,
    for which a row has so many elements as ``row`` says.
    """

    name: str
    ranges: tuple[Range, ...]
    reference: Callable[..., Any] | None = None
    arguments: tuple[Any, ...] = ()
    row: int = 0


def _softplus(x: Any) -> Any:
    return mp.log1p(mp.exp(x)) if x <= 20 else x


def _ndtr(x: Any) -> Any:
    return mp.erfc(-x / mp.sqrt(2)) / 2


def _igamma(a: Any, x: Any) -> Any:
    return mp.gammainc(a, 0, x, regularized=True)


def _igammac(a: Any, x: Any) -> Any:
    return mp.gammainc(a, x, mp.inf, regularized=True)


def _gelu(x: Any) -> Any:
    return x * _ndtr(x)


_ELEMENTARY: tuple[tuple[str, Range, Any], ...] = (
    ("exp", (-20, 20), mp.exp), ("exp2", (-20, 20), lambda x: mp.mpf(2) ** x), ("expm1", (-3, 5), mp.expm1),
    ("log", (1e-3, 50), mp.log), ("log2", (1e-3, 50), lambda x: mp.log(x, 2)), ("log10", (1e-3, 50), mp.log10),
    ("log1p", (-0.9, 20), mp.log1p), ("sqrt", (0, 50), mp.sqrt), ("rsqrt", (1e-3, 50), lambda x: 1 / mp.sqrt(x)),
    ("reciprocal", (0.1, 50), lambda x: 1 / x), ("square", (-5, 5), lambda x: x * x), ("sin", (-30, 30), mp.sin),
    ("cos", (-30, 30), mp.cos), ("tan", (-1.5, 1.5), mp.tan), ("asin", (-1, 1), mp.asin), ("acos", (-1, 1), mp.acos),
    ("atan", (-10, 10), mp.atan), ("sinh", (-5, 5), mp.sinh), ("cosh", (-5, 5), mp.cosh), ("tanh", (-5, 5), mp.tanh),
    ("asinh", (-10, 10), mp.asinh), ("acosh", (1, 20), mp.acosh), ("atanh", (-0.99, 0.99), mp.atanh),
    ("sigmoid", (-15, 15), lambda x: 1 / (1 + mp.exp(-x))), ("erf", (-4, 4), mp.erf), ("erfc", (-4, 8), mp.erfc),
    ("erfinv", (-0.999, 0.999), mp.erfinv), ("lgamma", (0.05, 30), mp.loggamma), ("digamma", (0.05, 30), mp.digamma),
    ("sinc", (-5, 5), mp.sincpi), ("logit", (0.01, 0.99), lambda x: mp.log(x / (1 - x))),
    ("deg2rad", (-360, 360), mp.radians), ("rad2deg", (-6, 6), mp.degrees), ("i0", (-20, 20), lambda x: mp.besseli(0, x)),
)  # fmt: skip
_SPECIAL: tuple[tuple[str, Range, Any], ...] = (
    ("i0e", (-20, 20), lambda x: mp.besseli(0, x) * mp.exp(-abs(x))), ("i1", (-20, 20), lambda x: mp.besseli(1, x)),
    ("i1e", (-20, 20), lambda x: mp.besseli(1, x) * mp.exp(-abs(x))), ("bessel_j0", (-20, 20), lambda x: mp.besselj(0, x)),
    ("bessel_j1", (-20, 20), lambda x: mp.besselj(1, x)), ("bessel_y0", (0.05, 20), lambda x: mp.bessely(0, x)),
    ("bessel_y1", (0.05, 20), lambda x: mp.bessely(1, x)), ("modified_bessel_k0", (0.05, 20), lambda x: mp.besselk(0, x)),
    ("modified_bessel_k1", (0.05, 20), lambda x: mp.besselk(1, x)), ("airy_ai", (-8, 10), mp.airyai),
    ("scaled_modified_bessel_k0", (0.05, 20), lambda x: mp.besselk(0, x) * mp.exp(x)),
    ("scaled_modified_bessel_k1", (0.05, 20), lambda x: mp.besselk(1, x) * mp.exp(x)),
    ("spherical_bessel_j0", (-10, 10), lambda x: mp.sin(x) / x), ("erfcx", (-5, 30), lambda x: mp.exp(x * x) * mp.erfc(x)),
    ("ndtr", (-4, 4), _ndtr), ("log_ndtr", (-30, 5), lambda x: mp.log(_ndtr(x))), ("entr", (0.01, 5), lambda x: -x * mp.log(x)),
    ("ndtri", (0.001, 0.999), lambda p: mp.sqrt(2) * mp.erfinv(2 * p - 1)),
)  # fmt: skip
_ACTIVATIONS: tuple[tuple[str, Range, Any], ...] = (
    ("silu", (-10, 10), lambda x: x / (1 + mp.exp(-x))), ("gelu", (-4, 5), _gelu), ("softplus", (-10, 25), _softplus),
    ("mish", (-8, 10), lambda x: x * mp.tanh(mp.log1p(mp.exp(x)))),
    ("log_sigmoid", (-15, 15), lambda x: -mp.log1p(mp.exp(-x))),
    ("elu", (-8, 5), lambda x: x if x > 0 else mp.expm1(x)), ("hardswish", (-4, 4), None), ("selu", (-8, 5), None),
    ("celu", (-8, 5), None), ("softshrink", (-2, 2), None),
)  # fmt: skip
_PAIRS: tuple[tuple[str, Range, Range, Any], ...] = (
    ("atan2", (-5, 5), (-5, 5), mp.atan2), ("hypot", (-5, 5), (-5, 5), mp.hypot),
    ("pow.Tensor_Tensor", (0.1, 5), (-5, 5), mp.power),
    ("logaddexp", (-10, 10), (-10, 10), lambda a, b: mp.log(mp.exp(a) + mp.exp(b))),
    ("logaddexp2", (-10, 10), (-10, 10), lambda a, b: mp.log(mp.mpf(2) ** a + mp.mpf(2) ** b, 2)),
    ("xlogy.Tensor", (-5, 5), (0.01, 9), lambda a, b: a * mp.log(b)),
    ("special_xlog1py", (-5, 5), (-0.9, 9), lambda a, b: a * mp.log1p(b)),
    ("special_zeta", (1.1, 12), (0.1, 20), mp.zeta), ("igamma", (0.1, 30), (0.1, 30), _igamma),
    ("igammac", (0.1, 30), (0.1, 30), _igammac), ("div.Tensor", (-5, 5), (0.1, 5), lambda a, b: a / b),
    ("remainder.Tensor", (-9, 9), (0.1, 3), None), ("fmod.Tensor", (-9, 9), (0.1, 3), None),
    ("floor_divide", (-9, 9), (0.1, 3), None),
)  # fmt: skip
_ROWS: tuple[tuple[str, Range, tuple[Any, ...]], ...] = (
    ("softmax.int", (-9, 9), (1,)), ("log_softmax.int", (-9, 9), (1,)), ("logsumexp", (-9, 9), ([1],)),
    ("sum.dim_IntList", (0, 5), ([1],)), ("mean.dim", (0, 5), ([1],)), ("var.dim", (-5, 5), ([1],)),
    ("std.dim", (-5, 5), ([1],)), ("prod.dim_int", (0.9, 1.1), (1,)), ("cumsum", (0, 5), (1,)), ("logcumsumexp", (-9, 9), (1,)),
    ("norm.ScalarOpt_dim", (-5, 5), (2, [1])),
)  # fmt: skip

MEASURED: tuple[Measured, ...] = (
    *(Measured(name, (range_,), f) for name, range_, f in _ELEMENTARY),
    *(Measured(f"special_{name}", (range_,), f) for name, range_, f in _SPECIAL),
    *(Measured(name, (range_,), f) for name, range_, f in _ACTIVATIONS),
    *(Measured(name, (first, second), f) for name, first, second, f in _PAIRS),
    *(Measured(name, (range_,), None, arguments, 300) for name, range_, arguments in _ROWS),
)
