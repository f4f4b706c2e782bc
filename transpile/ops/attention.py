"""Operators of the attention family."""

from __future__ import annotations

import math

import numpy as np

from transpile.core import dtype as D
from transpile.ops import generator
from transpile.ops.families import Family
from transpile.ops.promotion import Array, cast, compute_dtype, dtype_of
from transpile.ops.softmax import softmax_along

FAMILY = Family("attention")
op = FAMILY.op


def drop(values: Array, probability: float) -> Array:
    """Floating ``values`` after dropout: some become 0, the others grow by ``1 / (1 - probability)``."""
    if probability >= 1:
        return np.zeros_like(values)
    kept = generator.default_generator.bernoulli(values.size, 1 - probability).reshape(values.shape)
    return values * (kept.astype(values.dtype) / values.dtype.type(1 - probability))


def _check(query: Array, key: Array, value: Array, mask: Array | None, is_causal: bool) -> None:
    if not query.dtype == key.dtype == value.dtype:
        names = [dtype_of(x).cpp_name for x in (query, key, value)]
        raise RuntimeError(
            f"Expected query, key, and value to have the same dtype, but got query.dtype: {names[0]} key.dtype: "
            f"{names[1]} and value.dtype: {names[2]} instead."
        )
    if min(query.ndim, key.ndim, value.ndim) < 2:
        raise RuntimeError(
            "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: "
            f"{query.ndim} key.dim: {key.ndim} and value.dim: {value.ndim} instead."
        )
    if mask is not None:
        kind = dtype_of(mask)
        if kind not in (D.bool_, D.float32, dtype_of(query)):
            raise RuntimeError(
                f"Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: "
                f"{kind.cpp_name} and  query.dtype: {dtype_of(query).cpp_name} instead."
            )
        if is_causal:
            raise RuntimeError(
                "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True"
            )


@op(
    "aten::scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, "
    "float dropout_p=0., bool is_causal=False, *, float? scale=None, bool enable_gqa=False) -> Tensor",
    tags=("nofold", "dropout"),
)
def scaled_dot_product_attention(
    query: Array, key: Array, value: Array, attn_mask: Array | None = None, dropout_p: float = 0.0,
    is_causal: bool = False, *, scale: float | None = None, enable_gqa: bool = False,
) -> Array:  # fmt: skip
    _check(query, key, value, attn_mask, is_causal)
    dtype = dtype_of(query)
    compute = compute_dtype(dtype)
    q, k, v = (cast(x, compute) for x in (query, key, value))
    if enable_gqa:
        k = np.repeat(k, q.shape[-3] // k.shape[-3], axis=-3)
        v = np.repeat(v, q.shape[-3] // v.shape[-3], axis=-3)
    if q.shape[-1] != k.shape[-1]:
        count = math.prod(q.shape[:-2])
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{count}, {q.shape[-1]}] but got: "
            f"[{count}, {k.shape[-1]}]."
        )
    factor = 1.0 / math.sqrt(q.shape[-1]) if scale is None else scale
    scores = np.matmul(q * compute.numpy.type(factor), k.swapaxes(-1, -2))
    if is_causal:
        allowed = np.tri(q.shape[-2], k.shape[-2], dtype=np.bool_)
        scores = np.where(allowed, scores, compute.numpy.type(-math.inf))
    elif attn_mask is not None:
        if dtype_of(attn_mask) is D.bool_:
            scores = np.where(attn_mask, scores, compute.numpy.type(-math.inf))
        else:
            scores = scores + cast(attn_mask, compute)
    weights = softmax_along(scores, scores.ndim - 1)
    if is_causal or attn_mask is not None:
        # A query that may look at nothing gets zeros, not NaN.
        weights = np.where((scores == -math.inf).all(axis=-1, keepdims=True), compute.numpy.type(0), weights)
    if dropout_p != 0:
        if not 0 <= dropout_p <= 1:
            raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {dropout_p:g}")
        weights = drop(weights, dropout_p)
    result = cast(np.asarray(np.matmul(weights, v)), dtype)
    return _laid_out_like(query, result) if dropout_p == 0 and _is_fused(query, key, value) else result


def _is_fused(query: Array, key: Array, value: Array) -> bool:
    """Whether PyTorch has one kernel for it, whose result lies in memory as the query does."""
    packed = all(x.size and x.strides[-1] == x.itemsize for x in (query, key, value))
    return query.ndim == 4 and packed and query.shape[-1] == value.shape[-1]


def _laid_out_like(query: Array, result: Array) -> Array:
    if result.shape != query.shape:
        return result
    made = np.empty_like(query)
    made[...] = result
    return made
