"""``torch.svd_lowrank`` and ``torch.pca_lowrank``: the largest singular values by random projection.

They are written in the TorchScript language, as ``eager/functional.py`` is.  The method is that of Halko, Martinsson and Tropp
(Finding structure with randomness, 2011): algorithms 4.4 and 5.1.
"""

from transpile.eager.operator_function import operator_function
from transpile.eager.tensor import Tensor

_qr = operator_function("qr", "aten::linalg_qr")
_svd = operator_function("svd", "aten::linalg_svd")
_matmul = operator_function("matmul")


def _adjoint_product(a: Tensor, shift: Tensor | None, b: Tensor) -> Tensor:
    """``(a - shift)ᴴ b`` without the difference."""
    product: Tensor = _matmul(a.mH, b)
    if shift is not None:
        product = product - _matmul(shift.mH, b)
    return product


def _product(a: Tensor, shift: Tensor | None, b: Tensor) -> Tensor:
    """``(a - shift) b`` without the difference."""
    product: Tensor = _matmul(a, b)
    if shift is not None:
        product = product - _matmul(shift, b)
    return product


def _approximate_basis(a: Tensor, q: int, niter: int, shift: Tensor | None) -> Tensor:
    """``q`` orthonormal columns whose span holds most of the range of ``a - shift``."""
    basis: Tensor = _qr(_product(a, shift, a.new_empty([a.shape[-1], q]).normal_()))[0]
    for _ in range(niter):
        basis = _qr(_adjoint_product(a, shift, basis))[0]
        basis = _qr(_product(a, shift, basis))[0]
    return basis


def svd_lowrank(
    A: Tensor, q: int | None = 6, niter: int | None = 2, M: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """``U``, ``S`` and ``V`` with the ``q`` largest singular values of matrices ``A - M`` ``(..., m, n)``, approximately.

    ``niter`` counts the subspace iterations.  The method is random; it asks for ``q`` a little above the rank.
    """
    rank = 6 if q is None else q
    steps = 2 if niter is None else niter
    shift = M
    if shift is not None:
        shift = shift.broadcast_to(A.size())
    wide = A.shape[-2] < A.shape[-1]
    if wide:
        A = A.mH
        if shift is not None:
            shift = shift.mH
    basis = _approximate_basis(A, rank, steps, shift)
    small = _matmul(basis.mH, A)
    if shift is not None:
        small = small - _matmul(basis.mH, shift)
    left, values, right = _svd(small, full_matrices=False)
    U, V = _matmul(basis, left), right.mH
    if wide:
        U, V = V, U
    return U, values, V


def pca_lowrank(A: Tensor, q: int | None = None, center: bool = True, niter: int = 2) -> tuple[Tensor, Tensor, Tensor]:
    """The principal components of samples ``A`` ``(..., m, n)``: ``U``, ``S`` and, in the columns of ``V``, the directions.

    The mean of the samples is taken off first unless ``center`` is false; ``q`` is min(6, m, n) if it is not given.
    """
    m, n = A.shape[-2:]
    if q is None:
        q = min(6, m, n)
    elif not (q >= 0 and q <= min(m, n)):
        raise ValueError(f"q(={q}) must be non-negative integer and not greater than min(m, n)={min(m, n)}")
    if not (niter >= 0):
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    if not center:
        return svd_lowrank(A, q, niter)
    return svd_lowrank(A - A.mean(dim=[-2], keepdim=True), q, niter)
