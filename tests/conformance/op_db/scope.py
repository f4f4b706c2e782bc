"""Which entries of PyTorch's database are judged, and what those that do not pass lack.  Names are the database's own.

``docs/operators.md`` is made from these tables.
"""

from __future__ import annotations

import fnmatch

_SPARSE = "its arguments or results are sparse"
_CUDA = "it exists for CUDA only"
_TRAINING = "it belongs to the backward pass"

EXCLUDED = {
    "sparse_sampled_addmm": _SPARSE,
    "sparse_mm_reduce": _SPARSE,
    "to_sparse": _SPARSE,
    "jiterator_*": _CUDA,
    "bmm_triton_optimized": _CUDA,
    "torch__scaled_mm*": "its arguments are float8, for GPUs",
    "torch_ops_aten__flash_attention_forward": _CUDA,
    "torch_ops_aten__efficient_attention_forward": _CUDA,
    "nn_functional_batch_norm_without_cudnn": _CUDA,
    "_softmax_backward_data": _TRAINING,
    "native_dropout_backward": _TRAINING,
    "max_pool2d_with_indices_backward": _TRAINING,
}

_ORDER = "equal elements of ints and bools come in another order"
_EMPTY = "views that reach beyond the memory of an empty tensor are refused"
_MISSING = "the function is missing"

# Entries that do not pass, in eager mode and therefore in C++.
LACKING: dict[str, str] = {
    "_segment_reduce_lengths": "`torch._segment_reduce` is not among the functions; `torch.segment_reduce` is",
    "_segment_reduce_offsets": "`torch._segment_reduce` is not among the functions; `torch.segment_reduce` is",
    "argsort": _ORDER,
    "as_strided": _EMPTY,
    "as_strided_copy": _EMPTY,
    "as_strided_partial_views": _EMPTY,
    "as_strided_scatter": _EMPTY,
    "kthvalue": _ORDER,
    "sort": _ORDER,
    "topk": _ORDER,
    "histogramdd": "the edges are a list, not a tuple",
    "linalg_tensorsolve": "empty operands are refused",
    "pca_lowrank": _MISSING,
    "svd_lowrank": _MISSING,
    "take_along_dim": "strided operands without `dim` are accepted where PyTorch asks for a view",
    "tensor_split": "places in a tensor are not accepted",
    "chalf": "its result is complex32, a type that no tensor here has",
    "hash_tensor": "its result is uint64, a type that no tensor here has",
}

# Entries that pass in eager mode and not as compiled C++.
LACKING_IN_CPP: dict[str, str] = {
    "allclose": "complex numbers are refused",
    "isclose": "complex numbers are refused",
    "isreal": "it has no C++ counterpart",
    "mode": "it has no C++ counterpart",
    "nn_functional_bilinear": "ints are refused",
    "nn_functional_rms_norm": "complex numbers are refused",
}


def excluded(name: str) -> str | None:
    """Why an entry is not judged."""
    return next((why for pattern, why in EXCLUDED.items() if fnmatch.fnmatchcase(name, pattern)), None)
