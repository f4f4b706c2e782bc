"""``torch.signal.windows``: window functions of ``M`` points, symmetric unless ``sym`` is false.

All take ``sym``, ``dtype`` (float32 or float64), ``layout``, ``device`` and ``requires_grad`` by name.  They raise
``ValueError`` for a negative ``M``, for another dtype or layout, and for a parameter that makes no window.  A window that
is not symmetric is one of a point more without its last.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from transpile.eager import torch_namespace

torch: Any = torch_namespace

__all__ = [
    "bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine", "general_hamming", "hamming", "hann",
    "kaiser", "nuttall",
]  # fmt: skip


def _options(name: str, M: int, dtype: Any, layout: Any, device: Any, requires_grad: bool) -> dict[str, Any]:
    """The options of the tensors that a window is made of, checked."""
    if dtype is None:
        dtype = torch.get_default_dtype()
    if M < 0:
        raise ValueError(f"{name} requires non-negative window length, got M={M}")
    if layout is not torch.strided:
        raise ValueError(f"{name} is implemented for strided tensors only, got: {layout}")
    if dtype not in (torch.float32, torch.float64):
        raise ValueError(f"{name} expects float32 or float64 dtypes, got: {dtype}")
    return {"dtype": dtype, "layout": layout, "device": device, "requires_grad": requires_grad}


def _spaced(first: Any, last: Any, M: int, options: dict[str, Any]) -> Any:
    return torch.linspace(start=first, end=last, steps=M, **options)


def _intervals(M: int, sym: bool) -> int:
    return M - 1 if sym else M


def _middle(M: int, sym: bool) -> float:
    return (M if not sym and M > 1 else M - 1) / 2.0


def exponential(
    M: int, *, center: float | None = None, tau: float = 1.0, sym: bool = True, dtype: Any = None,
    layout: Any = torch.strided, device: Any = None, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """``exp(-|n - center| / tau)``; only a window that is not symmetric may have a ``center`` of its own."""
    options = _options("exponential", M, dtype, layout, device, requires_grad)
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError("Center must be None for symmetric windows")
    if M == 0:
        return torch.empty((0,), **options)
    middle = _middle(M, sym) if center is None else center
    rate = 1 / tau
    return torch.exp(-torch.abs(_spaced(-middle * rate, (-middle + (M - 1)) * rate, M, options)))


def cosine(
    M: int, *, sym: bool = True, dtype: Any = None, layout: Any = torch.strided, device: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Half a wave, ``sin(pi (n + 1/2) / M)``."""
    options = _options("cosine", M, dtype, layout, device, requires_grad)
    if M == 0:
        return torch.empty((0,), **options)
    rate = torch.pi / (M + 1 if not sym and M > 1 else M)
    return torch.sin(_spaced(0.5 * rate, (0.5 + (M - 1)) * rate, M, options))


def gaussian(
    M: int, *, std: float = 1.0, sym: bool = True, dtype: Any = None, layout: Any = torch.strided, device: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """``exp(-(n / std)^2 / 2)``, n counted from the middle."""
    options = _options("gaussian", M, dtype, layout, device, requires_grad)
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")
    if M == 0:
        return torch.empty((0,), **options)
    first = -_middle(M, sym)
    rate = 1 / (std * math.sqrt(2))
    return torch.exp(-(_spaced(first * rate, (first + (M - 1)) * rate, M, options) ** 2))


def kaiser(
    M: int, *, beta: float = 12.0, sym: bool = True, dtype: Any = None, layout: Any = torch.strided, device: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """``I0(beta sqrt(1 - x^2)) / I0(beta)``, x going from -1 to 1."""
    options = _options("kaiser", M, dtype, layout, device, requires_grad)
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")
    if M < 2:
        return torch.ones((M,), **options)
    rounded = torch.tensor(beta, dtype=options["dtype"], device=device)
    first = -rounded
    last = torch.minimum(rounded, first + (M - 1) * (2.0 * rounded / _intervals(M, sym)))
    at = _spaced(first, last, M, options)
    return torch.i0(torch.sqrt(rounded * rounded - torch.pow(at, 2))) / torch.i0(rounded)


def bartlett(
    M: int, *, sym: bool = True, dtype: Any = None, layout: Any = torch.strided, device: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """A triangle."""
    options = _options("bartlett", M, dtype, layout, device, requires_grad)
    if M < 2:
        return torch.ones((M,), **options)
    return 1 - torch.abs(_spaced(-1, -1 + (M - 1) * (2 / _intervals(M, sym)), M, options))


def general_cosine(
    M: int, *, a: Iterable[float], sym: bool = True, dtype: Any = None, layout: Any = torch.strided, device: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Cosines weighted by ``a``, with signs in turn: ``a[0] - a[1] cos(x) + a[2] cos(2x) - ...``."""
    options = _options("general_cosine", M, dtype, layout, device, requires_grad)
    if M < 2:
        return torch.ones((M,), **options)
    if not isinstance(a, Iterable):
        raise TypeError("Coefficients must be a list/tuple")
    if not a:
        raise ValueError("Coefficients cannot be empty")
    phase = _spaced(0, (M - 1) * (2 * torch.pi / _intervals(M, sym)), M, options)
    weights = torch.tensor(
        [(-1) ** i * w for i, w in enumerate(a)], device=device, dtype=options["dtype"], requires_grad=requires_grad
    )
    order = torch.arange(weights.shape[0], dtype=weights.dtype, device=weights.device, requires_grad=requires_grad)
    return (weights.unsqueeze(-1) * torch.cos(order.unsqueeze(-1) * phase)).sum(0)


def general_hamming(M: int, *, alpha: float = 0.54, sym: bool = True, **options: Any) -> Any:
    """``alpha - (1 - alpha) cos(x)``."""
    return general_cosine(M, a=[alpha, 1.0 - alpha], sym=sym, **options)


def hamming(M: int, *, sym: bool = True, **options: Any) -> Any:
    return general_hamming(M, sym=sym, **options)


def hann(M: int, *, sym: bool = True, **options: Any) -> Any:
    """A raised cosine."""
    return general_hamming(M, alpha=0.5, sym=sym, **options)


def blackman(
    M: int, *, sym: bool = True, dtype: Any = None, layout: Any = torch.strided, device: Any = None,
    requires_grad: bool = False,
) -> Any:  # fmt: skip
    options = _options("blackman", M, dtype, layout, device, requires_grad)  # its errors bear its own name
    return general_cosine(M, a=[0.42, 0.5, 0.08], sym=sym, **options)


def nuttall(M: int, *, sym: bool = True, **options: Any) -> Any:
    """Four terms (Nuttall, "Some windows with very good sidelobe behavior", 1981)."""
    return general_cosine(M, a=[0.3635819, 0.4891775, 0.1365995, 0.0106411], sym=sym, **options)
