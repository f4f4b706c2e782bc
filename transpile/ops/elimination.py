"""Factorizations that NumPy lacks, on batches of shape [count, rows, columns]: LU with pivots, LDL, reflectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from transpile.ops.matrices import adjoint
from transpile.ops.promotion import Array


def _sizes(a: Array) -> Array:
    """What pivots are chosen by: |re| + |im|."""
    return np.abs(a.real) + np.abs(a.imag) if np.iscomplexobj(a) else np.abs(a)


def factor_lu(a: Array) -> tuple[Array, Array, Array]:
    """LU with partial pivoting: (LU, pivots from 1, position of the first pivot that is zero or 0)."""
    count, rows, cols = a.shape
    steps = min(rows, cols)
    pivots = np.zeros((count, steps), np.int32)
    info = np.zeros(count, np.int32)
    each = np.arange(count)
    width = steps if steps <= 64 else 32
    for start in range(0, steps, max(width, 1)):
        end = min(start + width, steps)
        for j in range(start, end):
            pivot = j + np.argmax(_sizes(a[:, j:, j]), axis=1)
            pivots[:, j] = pivot + 1
            moved = a[each, pivot].copy()
            a[each, pivot] = a[:, j]
            a[:, j] = moved
            head = a[:, j, j]
            singular = head == 0
            info[singular & (info == 0)] = j + 1
            a[:, j + 1 :, j] /= np.where(singular, 1, head)[:, None]
            a[:, j + 1 :, j + 1 : end] -= a[:, j + 1 :, j, None] * a[:, j, None, j + 1 : end]
        if end < cols:
            block = solve_triangle(a[:, start:end, start:end], a[:, start:end, end:], upper=False, unit=True)
            a[:, start:end, end:] = block
            a[:, end:, end:] -= a[:, end:, start:end] @ block
    return a, pivots, info


def solve_triangle(a: Array, b: Array, *, upper: bool, unit: bool = False) -> Array:
    """x of a x = b; of ``a`` one triangle is read, with ``unit`` not the diagonal."""
    n = a.shape[-1]
    if n > 32:
        half = n // 2
        top, bottom = b[..., :half, :], b[..., half:, :]
        if upper:
            bottom = solve_triangle(a[..., half:, half:], bottom, upper=True, unit=unit)
            top = top - a[..., :half, half:] @ bottom
            top = solve_triangle(a[..., :half, :half], top, upper=True, unit=unit)
        else:
            top = solve_triangle(a[..., :half, :half], top, upper=False, unit=unit)
            bottom = bottom - a[..., half:, :half] @ top
            bottom = solve_triangle(a[..., half:, half:], bottom, upper=False, unit=unit)
        return np.concatenate([top, bottom], axis=-2)
    x = np.array(b)
    for k in range(n - 1, -1, -1) if upper else range(n):
        known = slice(k + 1, n) if upper else slice(0, k)
        row = x[..., k, :]
        if known.start < known.stop:
            row = row - (a[..., k, None, known] @ x[..., known, :])[..., 0, :]
        # A zero stays one, also over a zero on the diagonal.
        x[..., k, :] = row if unit else np.where(row == 0, row, row / a[..., k, k, None])
    return x


def row_order(pivots: Array, rows: int) -> Array:
    """The order of rows that exchanges one after the other lead to."""
    count, steps = pivots.shape
    order = np.broadcast_to(np.arange(rows), (count, rows)).copy()
    each = np.arange(count)
    for i in range(steps):
        pivot = pivots[:, i] - 1
        moved = order[each, pivot].copy()
        order[each, pivot] = order[:, i]
        order[:, i] = moved
    return order


def solve_with_lu(lu: Array, pivots: Array, b: Array, *, adjoint_of_matrix: bool) -> Array:
    """x of a x = b, or of a^H x = b, from the LU factorization of a."""
    if not b.size:
        return b
    order = row_order(pivots, lu.shape[-1])[:, :, None]
    if not adjoint_of_matrix:
        x = np.take_along_axis(b, order, axis=1)
        return solve_triangle(lu, solve_triangle(lu, x, upper=False, unit=True), upper=True)
    turned = adjoint(lu)
    x = solve_triangle(turned, solve_triangle(turned, b, upper=False), upper=True, unit=True)
    result = np.empty_like(x)
    np.put_along_axis(result, np.broadcast_to(order, x.shape), x, axis=1)
    return result


def reflect(v: Array, tau: Array, c: Array) -> None:
    """c = (1 - tau v v^H) c in place for a batch of vectors."""
    factor = tau[..., None, None] * (np.conj(v)[..., None, :] @ c)
    c -= v[..., :, None] * factor


def reflector(a: Array, i: int) -> Array:
    """The vector of reflector ``i`` out of what a QR factorization left below the diagonal, from row ``i`` on."""
    v = np.array(a[..., i:, i])
    v[..., 0] = 1
    return v


def apply_reflectors(a: Array, tau: Array, c: Array, *, adjoint_of_product: bool) -> Array:
    """Q c or Q^H c for the product Q of the reflectors in ``a``."""
    steps = tau.shape[-1]
    for i in range(steps) if adjoint_of_product else range(steps - 1, -1, -1):
        reflect(reflector(a, i), np.conj(tau[..., i]) if adjoint_of_product else tau[..., i], c[..., i:, :])
    return c


def factor_ldl(a: Array, *, hermitian: bool) -> tuple[Array, Array, int]:
    """Bunch and Kaufman's factorization of one matrix, whose lower triangle is given: (LD, pivots, code)."""
    n = a.shape[0]
    pivots = np.zeros(n, np.int32)
    alpha = (1 + np.sqrt(17)) / 8
    code = 0

    def mirrored(x: Any) -> Any:
        return np.conj(x) if hermitian else x

    def diagonal(i: int) -> float:
        return float(abs(a[i, i].real) if hermitian else _sizes(a[i, i]))

    k = 0
    while k < n:
        here = diagonal(k)
        row, top = k, 0.0
        if k + 1 < n:
            sizes = _sizes(a[k + 1 :, k])
            row = k + 1 + int(np.argmax(sizes))
            top = float(sizes.max())
        pivot, pair = k, False
        regular = max(here, top) > 0
        if not regular and not code:
            code = k + 1
        if regular and here < alpha * top:
            row_top = float(max(_sizes(a[row, k:row]).max(), _sizes(a[row + 1 :, row]).max(initial=0.0)))
            if here < alpha * top * (top / row_top):
                pivot = row
                pair = diagonal(row) < alpha * row_top
        last = k + 1 if pair else k
        if pivot != last:
            if pair:
                a[[k + 1, pivot], k] = a[[pivot, k + 1], k]
            below = a[pivot + 1 :, last].copy()
            a[pivot + 1 :, last] = a[pivot + 1 :, pivot]
            a[pivot + 1 :, pivot] = below
            middle = a[last + 1 : pivot, last].copy()
            a[last + 1 : pivot, last] = mirrored(a[pivot, last + 1 : pivot])
            a[pivot, last + 1 : pivot] = mirrored(middle)
            a[pivot, last] = mirrored(a[pivot, last])
            a[last, last], a[pivot, pivot] = a[pivot, pivot], a[last, last]
        if hermitian:
            for i in range(k, last + 1):
                a[i, i] = a[i, i].real
        rest = slice(last + 1, n)
        if regular and not pair:
            column = a[rest, k].copy()
            a[rest, rest] -= np.tril(np.outer(column / a[k, k], mirrored(column)))
            a[rest, k] = column / a[k, k]
        elif pair:
            d21 = a[k + 1, k]
            d12 = mirrored(d21)
            d11, d22 = a[k + 1, k + 1] / d21, a[k, k] / d12
            unit = 1 / (d11 * d22 - 1)
            first, second = a[rest, k].copy(), a[rest, k + 1].copy()
            x = unit * (d11 * first - second) / d12
            y = unit * (d22 * second - first) / d21
            a[rest, rest] -= np.tril(np.outer(first, mirrored(x)) + np.outer(second, mirrored(y)))
            a[rest, k], a[rest, k + 1] = x, y
        if hermitian:
            a[range(last + 1, n), range(last + 1, n)] = np.diagonal(a[rest, rest]).real
        pivots[k : last + 1] = -(pivot + 1) if pair else pivot + 1
        k = last + 1
    return a, pivots, code


def solve_ldl(a: Array, pivots: Array, b: Array, *, hermitian: bool) -> Array:
    """x of a x = b for one matrix that ``factor_ldl`` took apart."""
    n = a.shape[0]
    x = np.array(b)

    k = 0
    while k < n:
        pair = pivots[k] < 0 and k + 1 < n
        last = k + 1 if pair else k
        other = abs(int(pivots[k])) - 1
        x[[last, other]] = x[[other, last]]
        x[last + 1 :] -= a[last + 1 :, k : last + 1] @ x[k : last + 1]
        if pair:
            d21 = a[k + 1, k]
            d12 = np.conj(d21) if hermitian else d21
            d11, d22 = a[k, k] / d12, a[k + 1, k + 1] / d21
            unit = 1 / (d11 * d22 - 1)
            first, second = x[k] / d12, x[k + 1] / d21
            x[k], x[k + 1] = unit * (d22 * first - second), unit * (d11 * second - first)
        else:
            x[k] /= a[k, k]
        k = last + 1
    k = n - 1
    while k >= 0:
        first = k - 1 if pivots[k] < 0 and k > 0 else k
        block = a[k + 1 :, first : k + 1].T
        x[first : k + 1] -= (np.conj(block) if hermitian else block) @ x[k + 1 :]
        other = abs(int(pivots[k])) - 1
        x[[k, other]] = x[[other, k]]
        k = first - 1
    return x


def factor_pivoted_qr(a: Array) -> tuple[Array, Array, Array]:
    """a P = Q R of one matrix: (reflectors and R, tau, the order of the columns), R's diagonal falling."""
    rows, cols = a.shape
    order = np.arange(cols)
    tau = np.zeros(min(rows, cols), a.dtype)
    for i in range(min(rows, cols)):
        pivot = i + int(np.argmax(np.linalg.norm(a[i:, i:], axis=0)))
        a[:, [i, pivot]] = a[:, [pivot, i]]
        order[[i, pivot]] = order[[pivot, i]]
        turned, scales = np.linalg.qr(a[i:, i : i + 1], mode="raw")
        a[i:, i], tau[i] = turned[0], scales[0]
        reflect(reflector(a, i), np.conj(tau[i]), a[i:, i + 1 :])
    return a, tau, order


def triangle_rank(r: Array, rcond: float) -> int:
    """The size of the largest leading part of R whose estimated condition is at most 1 / rcond."""
    count = min(r.shape)
    if not count or r[0, 0] == 0:
        return 0
    low = high = np.ones(1, r.dtype)
    least = greatest = abs(r[0, 0])
    for i in range(1, count):
        column, corner = r[:i, i], r[i, i]
        grown_low, smaller = _grown(least, low, column, corner, smallest=True)
        grown_high, larger = _grown(greatest, high, column, corner, smallest=False)
        if larger * rcond > smaller:
            return i
        low, high, least, greatest = grown_low, grown_high, smaller, larger
    return count


def _grown(size: Any, x: Array, column: Array, corner: Any, *, smallest: bool) -> tuple[Array, float]:
    """An approximate left singular vector of a triangle with one more column, and its singular value."""
    product = np.vdot(x, column)
    u, values, _ = np.linalg.svd(np.array([[size, 0], [product, corner]]))
    which = 1 if smallest else 0
    return np.append(x * u[0, which], u[1, which]), float(values[which])
