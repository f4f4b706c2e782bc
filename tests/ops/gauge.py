"""Factors that mathematics leaves free: signs and phases of eigenvectors and singular vectors.

``settled`` makes results comparable: pairs of singular vectors and eigenvectors get the phase that makes their product with
a fixed vector positive, and the vectors of a null space, of which any basis will do, are left out.  Eigenvalues of general
matrices are sorted.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_SINGULAR = {"aten::svd": False, "aten::linalg_svd": True, "aten::_linalg_svd": True}
_EIGEN = ("aten::linalg_eigh", "aten::_linalg_eigh")
_GENERAL = ("aten::linalg_eig", "aten::linalg_eigvals", "aten::_linalg_eigvals")


def settled(operator: str, result: Any) -> Any:
    """The results of the operator called ``operator`` without what it is free to choose."""
    if operator in _GENERAL:
        return _sorted(result)
    if operator in _EIGEN and result[1].ndim > 1:
        return [result[0], result[1] * _phases(result[1])]
    if operator in _SINGULAR and result[0].ndim > 1 and result[0].any():
        u, values, v = result
        v = np.conj(v.swapaxes(-1, -2)) if _SINGULAR[operator] else v
        count = values.shape[-1]
        u, v = u[..., :count], v[..., :count]
        phases = _phases(u)
        return [u * phases, values, v * phases]
    return result


def _sorted(result: Any) -> Any:
    """Eigenvalues of general matrices come in no order; sorted here by their first digits."""
    values = result if isinstance(result, np.ndarray) else result[0]
    order = np.lexsort((values.imag, np.round(values.real, 4)), axis=-1)
    ordered = np.take_along_axis(values, order, -1)
    if values is result:
        return ordered
    vectors = np.take_along_axis(result[1], order[..., None, :], -1)
    return [ordered, vectors * _phases(vectors)]


def _phases(vectors: Any) -> Any:
    products = (vectors * (1 + np.arange(vectors.shape[-2]) ** 2)[:, None]).sum(-2, keepdims=True)
    size = np.abs(products)
    return np.where(size > 0, np.conj(products) / np.where(size > 0, size, 1), 1).astype(vectors.dtype)
