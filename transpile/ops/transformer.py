"""What PyTorch's transformer layers call in evaluation mode: attention with its projections, a whole encoder layer.

A batch of sequences of different lengths is a padded tensor here, ``(N, L, D)``, in which the rows behind the end of a
sequence are absent: filled with one certain NaN.  The operators of this family skip such rows; any other operator makes
NaN of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from transpile.core import dtype as D
from transpile.ops.activation import gelu, relu
from transpile.ops.families import Family
from transpile.ops.linear import addmm, bmm, linear
from transpile.ops.normalization import layer_norm
from transpile.ops.promotion import Array, cast, compute_dtype, dtype_of, shape_text
from transpile.ops.softmax import softmax

FAMILY = Family("transformer")
op = FAMILY.op

# The bits of an element of an absent row.
_ABSENT: dict[D.DType, tuple[Any, int]] = {
    D.float64: (np.uint64, 0x7FFAB5E7AB5E7AB5),
    D.float32: (np.uint32, 0x7FDAB5E7),
    D.float16: (np.uint16, 0x7EB5),
    D.bfloat16: (np.uint16, 0x7FDB),
}


def _absent_rows(x: Array) -> Array | None:
    """Which rows ``(N, L)`` of ``(N, L, D)`` are absent; ``None`` if all are there."""
    if x.ndim != 3 or not x.size or dtype_of(x) not in _ABSENT:
        return None
    kind, bits = _ABSENT[dtype_of(x)]
    found = np.ascontiguousarray(x[..., 0]).view(kind) == kind(bits)
    return np.asarray(found) if found.any() else None


def _without_rows(x: Array, absent: Array | None) -> Array:
    """A copy of ``x`` that lacks the rows ``absent``."""
    if absent is None:
        return x
    kind, bits = _ABSENT[dtype_of(x)]
    result = np.array(x, order="C")
    result.view(kind)[absent] = kind(bits)
    return result


def _filled(x: Array, absent: Array | None) -> Array:
    return x if absent is None else np.where(absent[..., None], x.dtype.type(0), x)


# --- attention ---------------------------------------------------------------------------------------------------


def _check_attention(
    query: Array, key: Array, value: Array, width: int, heads: int, weight: Array, bias: Array
) -> None:
    for name, x in (("query", query), ("key", key), ("value", value)):
        if x.ndim != 3:
            raise RuntimeError(f"expected 3-D `{name}`, got {x.ndim}-D tensor")
        if name == "query" and x.shape[2] != width:
            raise RuntimeError(f"passed-in embed_dim {width} didn't match last dim of query {x.shape[2]}")
    if not query.shape == key.shape == value.shape:
        raise RuntimeError("expected `query`/`key`/`value` shapes to match")
    if weight.ndim != 2:
        raise RuntimeError(f"expected 2-D `qkv_weight`, got {weight.ndim}-D tensor")
    if weight.shape[0] != 3 * width:
        raise RuntimeError("expected `qkv_weight` first dim to be 3x embed_dim")
    if weight.shape[1] != width:
        raise RuntimeError("expected `qkv_weight` second dim to be embed_Dim")
    if bias.ndim != 1:
        raise RuntimeError(f"expected 1-D `qkv_bias`, got {bias.ndim}-D tensor")
    if bias.shape[0] != 3 * width:
        raise RuntimeError("expected `qkv_bias` first dim and first dim of query to be equal")
    if heads == 0 or width % heads:
        raise RuntimeError("`embed_dim` must divide evenly by `num_heads`")


def _in_heads(x: Array, heads: int) -> Array:
    """``(N, L, D)`` to ``(N, heads, L, D / heads)``."""
    batch, length, width = x.shape
    if heads < 0:
        each = int(width / heads)
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {heads}: {shape_text((3, batch, heads, length, each))}"
        )
    return x.reshape(batch, length, heads, width // heads).swapaxes(1, 2)


def _biased(x: Array, bias: Array, factor: float) -> Array:
    dtype = dtype_of(x)
    if dtype not in _ABSENT:
        raise NotImplementedError(f"\"transform_bias_rescale_qkv\" not implemented for '{dtype.graph_name}'")
    wide = compute_dtype(dtype)
    return cast(np.asarray((cast(x, wide) + cast(bias, wide)) * wide.numpy.type(factor)), dtype)


def _excluded(mask: Array, mask_type: int | None, scores: tuple[int, ...]) -> Array:
    """Which scores ``(N, heads, L, L)`` a mask excludes; 0: of ``(L, L)``, 1: of keys ``(N, L)``, 2: of all."""
    batch, _, length, _ = scores
    excluded = np.asarray(mask != 0)
    if mask.shape == scores:
        return excluded
    if mask.ndim == 2 and mask_type != 2:
        if mask_type is None:
            raise RuntimeError("Mask Type should be defined")
        if mask_type not in (0, 1):
            raise RuntimeError("Mask Type should be 0 (src_mask) or 1 (src_key_padding_mask), or 2 (default_mask)")
        if mask_type == 0:
            if mask.shape != (length, length):
                raise RuntimeError("For mask_type == 0 mask shape should be (L, L)")
            return excluded
        if mask.shape != (batch, length):
            raise RuntimeError("For mask_type == 1 mask shape should be (B, L)")
        return excluded[:, None, None, :]
    raise RuntimeError("For mask_type == 2 mask shape should match input shape")


@op(
    "aten::_native_multi_head_attention(Tensor query, Tensor key, Tensor value, int embed_dim, int num_head, "
    "Tensor qkv_weight, Tensor qkv_bias, Tensor proj_weight, Tensor proj_bias, Tensor? mask=None, "
    "bool need_weights=True, bool average_attn_weights=True, int? mask_type=None) -> (Tensor, Tensor)",
    tags=("nofold",),
)
def native_multi_head_attention(
    query: Array, key: Array, value: Array, embed_dim: int, num_head: int, qkv_weight: Array, qkv_bias: Array,
    proj_weight: Array, proj_bias: Array, mask: Array | None = None, need_weights: bool = True,
    average_attn_weights: bool = True, mask_type: int | None = None,
) -> tuple[Array, Array]:  # fmt: skip
    """The attended values and the weights of the attention, which are empty unless asked for."""
    absent = _absent_rows(query)
    if mask is not None and absent is not None:
        raise RuntimeError("NestedTensor with mask is not supported yet")
    _check_attention(query, key, value, embed_dim, num_head, qkv_weight, qkv_bias)
    none = np.zeros(0, query.dtype)
    if not query.size:
        return np.empty_like(query), none
    q, k, v = (
        _in_heads(_biased(linear(_filled(x, absent), qkv_weight[part], None), qkv_bias[part], factor), num_head)
        for x, part, factor in (
            (query, slice(embed_dim), 1 / math.sqrt(embed_dim // num_head) if num_head > 0 else 1.0),
            (key, slice(embed_dim, 2 * embed_dim), 1.0),
            (value, slice(2 * embed_dim, None), 1.0),
        )
    )
    batch, _, length, each = q.shape
    scores = bmm(q.reshape(-1, length, each), k.reshape(-1, length, each).swapaxes(1, 2))
    scores = scores.reshape(batch, num_head, length, length)
    excluded = None if mask is None else _excluded(mask, mask_type, scores.shape)
    if absent is not None:
        excluded = absent[:, None, None, :]
    if excluded is not None:
        scores = np.where(excluded, scores.dtype.type(-math.inf), scores)
    weights = softmax(scores, 3, None)
    attended = bmm(weights.reshape(-1, length, length), v.reshape(-1, length, each))
    merged = attended.reshape(batch, num_head, length, each).swapaxes(1, 2).reshape(batch, length, embed_dim)
    result = _without_rows(linear(merged, proj_weight, proj_bias), absent)
    if not need_weights:
        return result, none
    if average_attn_weights:
        wide = compute_dtype(dtype_of(weights))
        total = cast(np.asarray(cast(weights, wide).sum(axis=1)), dtype_of(weights))
        weights = cast(np.asarray(cast(total, wide) / wide.numpy.type(num_head)), dtype_of(weights))
    return result, weights


# --- an encoder layer --------------------------------------------------------------------------------------------


@op(
    "aten::_transformer_encoder_layer_fwd(Tensor src, int embed_dim, int num_heads, Tensor qkv_weight, "
    "Tensor qkv_bias, Tensor proj_weight, Tensor proj_bias, bool use_gelu, bool norm_first, float eps, "
    "Tensor norm_weight_1, Tensor norm_bias_1, Tensor norm_weight_2, Tensor norm_bias_2, Tensor ffn_weight_1, "
    "Tensor ffn_bias_1, Tensor ffn_weight_2, Tensor ffn_bias_2, Tensor? mask=None, int? mask_type=None) -> Tensor",
    tags=("nofold",),
)
def transformer_encoder_layer(
    src: Array, embed_dim: int, num_heads: int, qkv_weight: Array, qkv_bias: Array, proj_weight: Array,
    proj_bias: Array, use_gelu: bool, norm_first: bool, eps: float, norm_weight_1: Array, norm_bias_1: Array,
    norm_weight_2: Array, norm_bias_2: Array, ffn_weight_1: Array, ffn_bias_1: Array, ffn_weight_2: Array,
    ffn_bias_2: Array, mask: Array | None = None, mask_type: int | None = None,
) -> Array:  # fmt: skip
    """``TransformerEncoderLayer`` without dropout: attention and two linear layers, each added to what it is given."""
    absent = _absent_rows(src)
    if mask is not None and absent is not None:
        raise RuntimeError("NestedTensor with mask is not supported yet")
    source = _filled(src, absent)

    def normed(x: Array, weight: Array, bias: Array) -> Array:
        return layer_norm(x, [embed_dim], weight, bias, eps, False)

    def added(a: Array, b: Array) -> Array:
        wide = compute_dtype(dtype_of(a))
        return cast(np.asarray(cast(a, wide) + cast(b, wide)), dtype_of(a))

    x = _without_rows(normed(source, norm_weight_1, norm_bias_1) if norm_first else source, absent)
    attended = native_multi_head_attention(
        x, x, x, embed_dim, num_heads, qkv_weight, qkv_bias, proj_weight, proj_bias, mask, False, True, mask_type
    )[0]
    x = added(_filled(attended, absent), source)
    if not norm_first:
        x = normed(x, norm_weight_1, norm_bias_1)
    inner = linear(normed(x, norm_weight_2, norm_bias_2) if norm_first else x, ffn_weight_1, ffn_bias_1)
    inner = gelu(inner, "none") if use_gelu else relu(inner)
    x = added(linear(inner, ffn_weight_2, ffn_bias_2), x)
    return _without_rows(x if norm_first else normed(x, norm_weight_2, norm_bias_2), absent)


@op(
    "aten::_addmm_activation(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1, "
    "bool use_gelu=False) -> Tensor",
    tags=("nofold",),
)
def addmm_activation(
    self: Array, mat1: Array, mat2: Array, *, beta: Any = 1, alpha: Any = 1, use_gelu: bool = False
) -> Array:
    product = addmm(self, mat1, mat2, beta, alpha)
    return gelu(product, "none") if use_gelu else relu(product)


# --- sequences of different lengths ------------------------------------------------------------------------------


def _lengths(t: Array, mask: Array) -> tuple[Array, bool]:
    """How long the sequences are, and whether their elements come first in the mask."""
    if mask.dtype != np.bool_:
        raise RuntimeError(f"Expected mask to be of ScalarType Bool, but got {dtype_of(mask).graph_name} instead.")
    if mask.ndim != 2:
        raise RuntimeError("Padding mask should be 2D")
    if t.ndim != 3:
        raise RuntimeError("Input should be a 3D tensor, N * L * D")
    if mask.shape != t.shape[:2]:
        raise RuntimeError("Mask size should match input size")
    lengths = mask.sum(1)
    return lengths, bool((mask == (np.arange(mask.shape[1]) < lengths[:, None])).all())


@op("aten::_nested_tensor_from_mask_left_aligned(Tensor t, Tensor mask) -> bool")
def nested_tensor_from_mask_left_aligned(t: Array, mask: Array) -> bool:
    return _lengths(t, mask)[1]


@op("aten::_nested_tensor_from_mask(Tensor t, Tensor mask, bool mask_check=True) -> Tensor", tags=("nofold",))
def nested_tensor_from_mask(t: Array, mask: Array, mask_check: bool = True) -> Array:
    """The sequences of ``t`` as long as the mask says: the rows behind their ends are absent."""
    lengths, aligned = _lengths(t, mask)
    if mask_check and not aligned:
        raise RuntimeError("Mask must be left-aligned without gaps")
    absent = np.arange(t.shape[1]) >= lengths[:, None]
    if dtype_of(t) not in _ABSENT and absent.any():
        raise NotImplementedError(f"\"sequences of different lengths\" not implemented for '{dtype_of(t).graph_name}'")
    return _without_rows(t, absent) if absent.any() else t.copy()


def _to_padded_tensor(self: Array, padding: float, output_size: Sequence[int] | None = None) -> Array:
    """A tensor with ``padding`` in the place of absent rows, as long as the longest sequence or of a given size."""
    if self.ndim != 3:
        raise NotImplementedError("to_padded_tensor takes sequences of different lengths")
    absent = _absent_rows(self)
    lengths = (self.shape[1] if absent is None else (~absent).sum(1)) * np.ones(self.shape[0], np.int64)
    longest = int(lengths.max(initial=0))
    if not longest * self.shape[2]:
        raise RuntimeError("to_padded_tensor: at least one constituent tensor should have non-zero numel")
    sizes = [self.shape[0], longest, self.shape[2]]
    if output_size is not None:
        if len(output_size) != 3:
            raise RuntimeError("Length of output_size does not match NestedTensor dims. Broadcasting is not supported.")
        if any(given < own for given, own in zip(output_size, sizes, strict=True)):
            raise RuntimeError(
                "Value in output_size is less than NestedTensor padded size. Truncation is not supported."
            )
        sizes = list(output_size)
    result = cast(np.full(sizes, padding), dtype_of(self))
    for number, length in enumerate(lengths):
        result[number, :length, : self.shape[2]] = self[number, :length]
    return result


for _name, _size in (("to_padded_tensor", "SymInt[]?"), ("nested_to_padded_tensor", "int[]?")):
    op(
        f"aten::{_name}(Tensor self, float padding, {_size} output_size=None) -> Tensor",
        tags=("nofold",),
        cpp="ops::to_padded_tensor({0}, {1}, {2})",
    )(_to_padded_tensor)
