"""Whether two results are the same: types, dtypes, shapes, and values within the tolerances of ``torch.testing``."""

from __future__ import annotations

import math
from typing import Any

import torch

# Memory that nobody has written.
UNINITIALISED = frozenset(
    "empty empty_like new_empty new_empty_strided empty_strided empty_permuted resize_ resize_as_".split()
)


def difference(name: str, sample: Any, ours: Any, theirs: Any) -> str:
    """How our result (in PyTorch's tensors) differs from PyTorch's; nothing if it does not."""
    found = _difference(ours, theirs, values=name not in UNINITIALISED)
    if found and name in _INVARIANTS and not _difference(ours, theirs, values=False):
        invariants = _INVARIANTS[name]
        if isinstance(ours, list) and len(ours) == 1:  # a compiled function gives its only result in a list
            ours, theirs = ours[0], theirs[0]
        found = _difference(invariants(sample, ours), invariants(sample, theirs), values=True)
    return found


def same_kind(ours: Any, theirs: Any) -> bool:
    """Whether results agree in all but their values."""
    return not _difference(ours, theirs, values=False)


def _difference(ours: Any, theirs: Any, *, values: bool, where: str = "") -> str:
    if isinstance(theirs, torch.Tensor):
        if not isinstance(ours, torch.Tensor):
            return f"{where}{type(ours).__name__} instead of a tensor"
        if ours.dtype != theirs.dtype or ours.shape != theirs.shape:
            return f"{where}{ours.dtype}{list(ours.shape)} instead of {theirs.dtype}{list(theirs.shape)}"
        return _unequal(ours, theirs.detach(), where) if values else ""
    if isinstance(theirs, (list, tuple)):
        kind = "tuple" if isinstance(theirs, tuple) else "list"
        if type(ours).__name__ != kind and not isinstance(theirs, torch.Size):
            return f"{where}{type(ours).__name__} instead of a {kind}"
        if len(ours) != len(theirs):
            return f"{where}{len(ours)} values instead of {len(theirs)}"
        pairs = enumerate(zip(ours, theirs, strict=True))
        return next(filter(None, (_difference(a, b, values=values, where=f"{where}[{i}] ") for i, (a, b) in pairs)), "")
    if isinstance(theirs, dict):
        if not isinstance(ours, dict) or list(ours) != list(theirs):
            return f"{where}{ours!r} instead of {theirs!r}"
        found = (_difference(ours[k], theirs[k], values=values, where=f"{where}[{k!r}] ") for k in theirs)
        return next(filter(None, found), "")
    if isinstance(theirs, (float, complex)) and type(ours) is type(theirs):
        a, b = complex(ours), complex(theirs)
        same = all(x == y or (x != x and y != y) or math.isclose(x, y, rel_tol=1e-6, abs_tol=1e-7)
                   for x, y in ((a.real, b.real), (a.imag, b.imag)))  # fmt: skip
        return "" if same or not values else f"{where}{ours!r} instead of {theirs!r}"
    if type(ours) is not type(theirs):
        return f"{where}{type(ours).__name__} instead of {type(theirs).__name__}"
    return "" if ours == theirs or not values else f"{where}{ours!r} instead of {theirs!r}"


def _unequal(ours: Any, theirs: Any, where: str) -> str:
    try:
        torch.testing.assert_close(ours, theirs.resolve_conj().resolve_neg().contiguous(), equal_nan=True)
    except AssertionError as problem:
        return where + "; ".join(line.strip() for line in str(problem).splitlines() if line.strip())[:300]
    return ""


# ---- results that are not unique: what they have in common


def _as_singular(sample: Any, result: Any) -> Any:
    u, s, vh = result
    k = s.shape[-1]
    # Of the size of the matrix is the error of each of its elements.
    scaled = s / s[..., :1] if k and bool((s[..., 0] > 0).all()) else s
    product = (u[..., :, :k] * scaled.unsqueeze(-2)) @ vh[..., :k, :] if u.numel() or vh.numel() else u
    return [s, product, u.mH @ u, vh @ vh.mH]


def _as_eigen(sample: Any, result: Any) -> Any:
    values, vectors = result
    a = sample.args[0].to(vectors.dtype)
    return [_sorted(values), a @ vectors - vectors * values.unsqueeze(-2), vectors.abs().square().sum(-2)]


def _as_symmetric(sample: Any, result: Any) -> Any:
    values, vectors = result
    return [values, (vectors * values.unsqueeze(-2)) @ vectors.mH, vectors.mH @ vectors]


def _as_product(sample: Any, result: Any) -> Any:
    q, r = result
    return [q @ r, q.mH @ q] if q.numel() else [r.abs()]


def _sorted(values: Any) -> Any:
    """Complex numbers by real part, then by imaginary part; nearly equal ones count as equal."""
    key = torch.round(values.real, decimals=3) * 1e6 + torch.round(values.imag, decimals=3)
    return torch.gather(values, -1, key.argsort(-1))


def _as_elements(sample: Any, dim: int, values: Any, indices: Any) -> Any:
    """What indices along a dimension point to, and that none is there twice.

    Which of several equal elements comes first depends on PyTorch's processor: only a stable sort says it.
    """
    a = sample.args[0]
    if not a.ndim:
        return [values, indices]
    whole = indices if indices.ndim == a.ndim else indices.unsqueeze(dim)
    ordered = whole.sort(dim)[0]
    pointed = torch.gather(a, dim, whole).reshape(values.shape)
    return [values, pointed, (ordered.diff(dim=dim) == 0).any() if ordered.numel() else ordered]


def _given(sample: Any, position: int, name: str, default: Any) -> Any:
    return sample.args[position] if len(sample.args) > position else sample.kwargs.get(name, default)


def _as_sorted(sample: Any, values: Any, indices: Any) -> Any:
    if sample.kwargs.get("stable"):
        return [values, indices]
    return _as_elements(sample, _given(sample, 1, "dim", -1), values, indices)


def _as_argsorted(sample: Any, indices: Any) -> Any:
    a, dim = sample.args[0], _given(sample, 1, "dim", -1)
    return _as_sorted(sample, torch.gather(a, dim, indices) if a.ndim else a, indices)


_INVARIANTS: dict[str, Any] = {
    "sort": lambda sample, result: _as_sorted(sample, *result),
    "argsort": _as_argsorted,
    "topk": lambda sample, result: _as_elements(sample, _given(sample, 2, "dim", -1), *result),
    "kthvalue": lambda sample, result: _as_elements(sample, _given(sample, 2, "dim", -1), *result),
    "mode": lambda sample, result: _as_elements(sample, _given(sample, 1, "dim", -1), *result),
    "svd": lambda sample, result: _as_singular(sample, (result[0], result[1], result[2].mH)),
    "linalg.svd": _as_singular,
    "svd_lowrank": lambda sample, result: _as_singular(sample, (result[0], result[1], result[2].mH)),
    "pca_lowrank": lambda sample, result: _as_singular(sample, (result[0], result[1], result[2].mH)),
    "linalg.eig": _as_eigen,
    "linalg.eigvals": lambda sample, result: [_sorted(result)],
    "linalg.eigh": _as_symmetric,
    "qr": _as_product,
    "linalg.qr": _as_product,
}
