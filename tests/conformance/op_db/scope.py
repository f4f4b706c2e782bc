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

# Entries that do not pass with all samples, in eager mode; what differs there is not run as C++.
LACKING: dict[str, str] = {
    "chalf": "its result is complex32, a type that no tensor here has",
    "hash_tensor": "its result is uint64, a type that no tensor here has",
    "fft_hfft2": "one sample of ints differs by 1.4e-5 where 1e-5 is allowed: sums in another order",
    "nn_functional_multi_head_attention_forward": "scores in the thousands: softmax makes 8e-5 of a rounding error",
}

# Entries that pass in eager mode and not as compiled C++.
LACKING_IN_CPP: dict[str, str] = {
    "svd_lowrank": "2 of 76 samples differ by 2.6e-6 of a value where 1.3e-6 is allowed: sums in another order",
}


def excluded(name: str) -> str | None:
    """Why an entry is not judged."""
    return next((why for pattern, why in EXCLUDED.items() if fnmatch.fnmatchcase(name, pattern)), None)
